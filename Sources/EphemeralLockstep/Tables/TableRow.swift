/// One row of a table of transitions.
package struct TableRow: Equatable, Sendable, CustomStringConvertible {
  package var id: String
  package var state: String
  package var message: String
  package var guardName: String
  package var next: String
  /// The effects in their order, as the table writes them.
  package var effects: [String]
  package var claims: [String]
  /// The secrets that go, in the order in which the state lists them.
  package var wiped: [String]

  package var description: String { id }

  /// Whether the session goes on, or ends in order: none of the roles says why it stops.
  package var isHonest: Bool { !effects.contains { $0.hasPrefix("audit:aborted") } }

  /// Whether actions, as effect names, are what the row says: `+` is once or more, `*` any number
  /// of times, `(*)` the code `brought`.
  package func effects(match actions: [String], brought: String?) -> Bool {
    var rest = actions[...]
    for item in effects {
      if item.hasSuffix("(*)") {
        let whole = item.dropLast(2) + (brought ?? "") + ")"
        guard rest.first.map({ $0 == whole }) ?? false else { return false }
        rest = rest.dropFirst()
      } else if item.hasSuffix("+") || item.hasSuffix("*") {
        let name = String(item.dropLast())
        let count = rest.prefix { $0 == name }.count
        if item.hasSuffix("+"), count == 0 { return false }
        rest = rest.dropFirst(count)
      } else {
        guard rest.first == item else { return false }
        rest = rest.dropFirst()
      }
    }
    return rest.isEmpty
  }
}

/// One state of a table.
package struct TableState: Equatable, Sendable {
  package var name: String
  package var phase: String
  package var timer: String
  package var isKeyed: Bool
  package var held: [String]
}
