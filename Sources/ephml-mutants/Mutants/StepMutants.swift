import EphemeralLockstep
import FaultPoints

#if Mutants
  /// Machines whose transition of one row is wrong, made from the tables by rule.
  struct StepMutant: Sendable {
    let id: String
    let row: TableRow
    let mutation: StepMutation

    /// All mutants of a role's machine.
    static func all(of table: ProtocolTable) -> [StepMutant] {
      table.rows.flatMap { row in
        var made: [StepMutant] = []
        func add(_ what: String, _ change: StepMutation.Change) {
          made.append(
            StepMutant(
              id: "\(row.id): \(what)", row: row,
              mutation: StepMutation(row: row.id, change: change)))
        }
        for (index, effect) in row.effects.enumerated() where !effect.hasSuffix("*") {
          add("loses \(effect)", .dropEffect(index))
          if index + 1 < row.effects.count { add("\(effect) later", .swapEffects(index)) }
        }
        // A host's machine makes no claims.
        for (index, claim) in row.claims.enumerated() where table.role != .host {
          add("loses \(claim)", .dropClaim(index))
        }
        if row.next != "ended" { add("loses its state", .loseState) }
        return made
      }
    }

    /// What the comparison notices; nil where the mutant survives.
    func finding(_ table: ProtocolTable) -> String? {
      plant(mutation)
      do {
        try Lockstep.cell(table.role, row, table, paths: 1)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }
#endif
