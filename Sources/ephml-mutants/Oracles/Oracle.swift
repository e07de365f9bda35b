import PropertyTesting

/// Something that must notice when the product is wrong: it throws what it noticed.
struct Oracle: Sendable {
  /// What the oracle expects from; two oracles of one family are not independent.
  enum Family: String, CaseIterable, Sendable {
    /// The tables, read by an interpreter of their own.
    case tables
    /// Answers that were written down once.
    case answers
    /// Lists of what must be accepted and what refused.
    case refusals
    /// What must hold of whole sessions.
    case sessions
    /// Invariants over all reachable states.
    case exploration
  }

  let name: String
  let family: Family
  let run: @Sendable () throws -> Void

  /// All oracles.
  static let all: [Oracle] = [
    Oracle(name: "cells", family: .tables, run: TableOracles.cells),
    Oracle(name: "walks", family: .tables, run: TableOracles.walks),
    Oracle(name: "vectors", family: .answers, run: VectorOracle.run),
    Oracle(name: "refusals", family: .refusals, run: RefusalOracle.run),
    Oracle(name: "sessions", family: .sessions, run: SessionOracle.run),
    Oracle(name: "exploration", family: .exploration, run: ExplorationOracle.run),
    Oracle(name: "simulation", family: .sessions, run: SimulationOracle.run),
  ]

  static func named(_ name: String) -> Oracle? { all.first { $0.name == name } }
}

/// What an oracle noticed.
struct Finding: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Throws unless a condition holds.
func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws(Finding) {
  guard condition else { throw Finding(what()) }
}

/// Throws unless two values are equal.
func expect<Value: Equatable>(
  _ what: String, _ found: Value, _ wanted: Value
) throws(Finding) {
  guard found == wanted else { throw Finding("\(what): \(found) and not \(wanted)") }
}
