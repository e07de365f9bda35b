import EphemeralLockstep

/// Tables that are wrong in one cell, made from the tables by rule.
struct TableMutant: Sendable {
  /// What is wrong.
  let id: String
  /// The row as the table has it.
  let original: TableRow
  /// The row as the mutant has it; nil where it is gone.
  let changed: TableRow?

  /// Other states that a row is led to.
  private static let retargets = 2

  /// All mutants of a table.
  static func all(of table: ProtocolTable) -> [TableMutant] {
    let states = table.states.map(\.name)
    return table.rows.enumerated().flatMap { number, row in
      var made = [TableMutant(id: "\(row.id): deleted", original: row, changed: nil)]
      func add(_ what: String, _ change: (inout TableRow) -> Void) {
        var changed = row
        change(&changed)
        if changed != row {
          made.append(TableMutant(id: "\(row.id): \(what)", original: row, changed: changed))
        }
      }
      let others = states.filter { $0 != row.next }
      for step in 0..<retargets {
        let target = others[(number * 5 + step * 3 + 1) % others.count]
        add("to \(target)") { $0.next = target }
      }
      let siblings = table.rows.filter {
        $0.state == row.state && $0.message == row.message && $0.guardName != row.guardName
      }
      if let sibling = siblings.first {
        add("under \(sibling.guardName)") { $0.guardName = sibling.guardName }
      }
      for index in row.effects.indices {
        add("without \(row.effects[index])") { $0.effects.remove(at: index) }
        guard index + 1 < row.effects.count else { continue }
        add("\(row.effects[index]) later") { $0.effects.swapAt(index, index + 1) }
      }
      // A host's machine makes no claims: that a blob is stored is its driver's word.
      for index in table.role == .host ? 0..<0 : row.claims.indices {
        add("without the claim \(row.claims[index])") { $0.claims.remove(at: index) }
      }
      for index in row.wiped.indices {
        add("without wiping \(row.wiped[index])") { $0.wiped.remove(at: index) }
      }
      return made
    }
  }

  /// What the comparison notices; nil where the mutant survives.
  func finding(_ table: ProtocolTable) -> String? {
    guard let index = table.rows.firstIndex(where: { $0.id == original.id }) else { return nil }
    var wrong = table
    // Where an effect may come any number of times, one path may well be one without it.
    let paths = original.effects.contains { $0.hasSuffix("*") } ? 8 : 1
    do {
      if let changed {
        wrong.rows[index] = changed
        try Lockstep.cell(wrong.role, changed, wrong, paths: paths)
      } else {
        wrong.rows.remove(at: index)
        try Lockstep.cell(wrong.role, original, wrong, paths: paths)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }
}
