import Foundation

/// What came of all mutants.
struct Results {
  /// Mutants that there have to be, of each kind: fewer means that some were lost.
  static let floor: [Mutant.Kind: Int] = [.fault: 107, .table: 8400, .step: 4800, .harness: 17]

  var baseline: [(oracle: String, verdict: Verdict)] = []
  var faults: [(mutant: Mutant, verdicts: [(oracle: String, verdict: Verdict)])] = []
  var mechanical: [Mutant.Kind: [(id: String, verdict: Verdict)]] = [:]
  /// What a run of the model's mutants wrote, where one is given.
  var model: (killed: Int, survived: Int)?

  /// The families that killed a fault.
  static func families(
    _ verdicts: [(oracle: String, verdict: Verdict)]
  ) -> [Oracle.Family] {
    Oracle.Family.allCases.filter { family in
      verdicts.contains { $0.verdict.isKill && Oracle.named($0.oracle)?.family == family }
    }
  }

  /// What keeps the gate closed; empty where it opens.
  func complaints(isWhole: Bool) -> [String] {
    var all: [String] = []
    for (oracle, verdict) in baseline where verdict != .survived {
      all.append("the right product fails \(oracle): \(verdict)")
    }
    for (mutant, verdicts) in faults {
      let killers = Self.families(verdicts)
      if killers.isEmpty {
        all.append("\(mutant.id) survived")
      } else if killers.count < 2, isWhole {
        all.append("\(mutant.id) was killed by \(killers[0].rawValue) alone")
      }
    }
    for kind in Mutant.Kind.allCases {
      for (id, verdict) in mechanical[kind] ?? [] where !verdict.isKill {
        all.append("\(kind.rawValue) \(id): \(verdict.word)")
      }
    }
    if let model, model.survived > 0 || model.killed == 0 {
      all.append("of the model's mutants \(model.survived) survived, \(model.killed) were killed")
    }
    guard isWhole else { return all }
    for kind in Mutant.Kind.allCases {
      let count = kind == .fault ? faults.count : (mechanical[kind] ?? []).count
      if count < Self.floor[kind] ?? 1 {
        all.append("\(count) mutants of kind \(kind.rawValue), at least \(Self.floor[kind] ?? 1)")
      }
    }
    return all
  }

  /// The table for people.
  func text() -> String {
    var lines: [String] = []
    let width = (faults.map(\.mutant.id.count).max() ?? 0) + 2
    for (mutant, verdicts) in faults {
      let id = mutant.id.padding(toLength: width, withPad: " ", startingAt: 0)
      let words = verdicts.filter(\.verdict.isKill).map {
        $0.verdict.word == "killed" ? $0.oracle : "\($0.oracle) (\($0.verdict.word))"
      }
      lines.append(id + (words.isEmpty ? "SURVIVED" : words.joined(separator: ", ")))
      lines.append("    \(mutant.statement) (\(mutant.section))")
    }
    lines.append("")
    lines.append(totals("faults", faults.map { Self.whole($0.verdicts.map(\.verdict)) }))
    for kind in [Mutant.Kind.table, .step, .harness] {
      if let all = mechanical[kind] { lines.append(totals(kind.rawValue, all.map(\.verdict))) }
    }
    if let model { lines.append("model: \(model.killed) killed, \(model.survived) survived") }
    return lines.joined(separator: "\n")
  }

  private static func whole(_ verdicts: [Verdict]) -> Verdict {
    verdicts.first { $0.word == "killed" } ?? verdicts.first { $0.isKill }
      ?? (verdicts.contains(.survived) ? .survived : .unreached)
  }

  private func totals(_ name: String, _ verdicts: [Verdict]) -> String {
    let words = ["killed", "crashed", "timed out", "survived", "unreached"]
    let counts = words.map { word in "\(verdicts.count { $0.word == word }) \(word)" }
    return "\(name): \(verdicts.count) mutants, \(counts.joined(separator: ", "))"
  }

  /// The same for programs.
  func json() throws -> String {
    struct Row: Encodable {
      var id: String
      var statement: String
      var section: String
      var families: [String]
      var oracles: [String: String]
    }
    struct Whole: Encodable {
      var baseline: [String: String]
      var faults: [Row]
      var mechanical: [String: [String: Int]]
    }
    func word(_ pairs: [(oracle: String, verdict: Verdict)]) -> [String: String] {
      Dictionary(pairs.map { ($0.oracle, $0.verdict.word) }, uniquingKeysWith: { $1 })
    }
    var counts: [String: [String: Int]] = [:]
    for (kind, all) in mechanical {
      for (_, verdict) in all { counts[kind.rawValue, default: [:]][verdict.word, default: 0] += 1 }
    }
    let rows = faults.map {
      Row(
        id: $0.mutant.id, statement: $0.mutant.statement, section: $0.mutant.section,
        families: Self.families($0.verdicts).map(\.rawValue), oracles: word($0.verdicts))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data = try encoder.encode(
      Whole(baseline: word(baseline), faults: rows, mechanical: counts))
    return String(decoding: data, as: UTF8.self)
  }
}
