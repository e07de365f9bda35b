import EphemeralSession
import EphemeralWire

/// Draws a number below a bound; throws where a case is over.
package typealias Dice = (Int) throws -> Int

/// A production machine beside the table: brings about rows and compares what the machine does.
package protocol Bench: AnyObject {
  /// Whose machine it is.
  static var role: ProtocolTable.Role { get }
  /// A machine at its beginning, set up as the dice say.
  init(_ dice: Dice, aim: TableRow?) throws
  /// The state by its name in the table.
  var stateName: String { get }
  /// Feeds an event that the table's row describes and gives what differs from it; nil where no
  /// event can bring the row about in this session.
  func play(_ row: TableRow, _ table: ProtocolTable, _ dice: Dice) throws -> [String]?
}

/// What a machine did with one event.
struct Step {
  var row: String
  var next: String
  var effects: [String]
  var claims: [String]
  var wiped: [String]
  var held: [String]
  var outcome: SessionOutcome?
}

/// What an event must lead to beyond what its row says.
struct Expectation {
  /// The row's claims with their digests.
  var claims: [String] = []
  /// The code that the event brought.
  var brought: AbortCode?
  /// How the session ends if this row ends it without a code.
  var ending: SessionOutcome?
}

/// Compares steps with rows; remembers how the session is to end.
struct Referee {
  private var ending: SessionOutcome?

  /// The end that was decided; nil while the session lives.
  var decided: SessionOutcome? { ending }

  /// What differs between a step and its row.
  mutating func judge(
    _ step: Step, _ row: TableRow, _ expected: Expectation, _ table: ProtocolTable
  ) -> [String] {
    var complaints: [String] = []
    func compare<Value: Equatable>(_ name: String, _ found: Value, _ wanted: Value) {
      if found != wanted { complaints.append("\(name) is \(found) and not \(wanted)") }
    }
    if ending == nil, let decided = decision(row, expected) { ending = decided }
    compare("the row", step.row, row.id)
    if !table.rows.contains(where: { $0.id == step.row }) {
      complaints.append("the table has no row \(step.row)")
    }
    compare("the next state", step.next, row.next)
    if !row.effects(match: step.effects, brought: expected.brought.map { "\($0)" }) {
      complaints.append("the effects are \(step.effects) and not \(row.effects)")
    }
    compare("the claims", step.claims, expected.claims)
    compare("the number of claims", step.claims.count, row.claims.count)
    compare("what is wiped", step.wiped.sorted(), row.wiped.sorted())
    compare("what is held", step.held.sorted(), (table.state(row.next)?.held ?? []).sorted())
    compare("the outcome", step.outcome, row.next == "ended" ? ending : nil)
    return complaints
  }

  private func decision(_ row: TableRow, _ expected: Expectation) -> SessionOutcome? {
    if let brought = expected.brought, row.guardName == "known" {
      return .aborted(brought, authenticated: row.message == "sealedAbort")
    }
    if row.effects.contains("audit:aborted(*)"), let brought = expected.brought {
      return .failed(brought)
    }
    for code in AbortCode.allCases where row.effects.contains("audit:aborted(\(code))") {
      return .failed(code)
    }
    return expected.ending
  }
}

extension Bench {
  /// Whether secrets are looked at after each step.
  ///
  /// In debug builds, where only some modules are optimised, the compiler leaves out the deinit of
  /// a secret that is dropped across a module's border; its memory is then overwritten only when
  /// nobody holds it any more.
  static var judgesSecrets: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  /// One of the values.
  static func pick<Value>(_ values: [Value], _ dice: Dice) throws -> Value {
    values[try dice(values.count)]
  }
}
