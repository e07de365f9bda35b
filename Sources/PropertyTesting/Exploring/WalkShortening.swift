/// The name of the verdict on freedom from deadlock.
let noDeadlock = "no deadlock"

extension Walker {
  /// A path to the same violation with as few of the steps as leaving out finds.
  ///
  /// Stretches are left out, long ones first, and the rest is walked again; a step that cannot be
  /// taken any more is skipped. A try that breaks the property, perhaps earlier, is the new path.
  func shortened(_ path: ExploredPath<System>, _ property: Property) -> ExploredPath<System> {
    var best = path
    var replays = 0
    var length = max(path.moves.count / 2, 1)
    while replays < options.maximumReplays {
      var isShorter = false
      var start = 0
      while start < best.moves.count, replays < options.maximumReplays {
        var steps = best.steps
        steps.removeSubrange(start..<min(start + length, steps.count))
        replays += 1
        if let shorter = replay(best.initial, steps, property),
          shorter.moves.count < best.moves.count
        {
          best = shorter
          isShorter = true
        } else {
          start += length
        }
      }
      if length == 1 && !isShorter { break }
      length = max(length / 2, 1)
    }
    return best
  }

  /// Takes those of the steps that are possible, up to the violation; nil where there is none.
  private func replay(
    _ initial: System.State, _ steps: [System.Step], _ property: Property
  ) -> ExploredPath<System>? {
    var scratch = ExplorationCounters(names: system.counterNames)
    var moves: [Move] = []
    var state = initial
    for step in steps {
      var found: Move?
      system.successors(of: state, counting: &scratch) { candidate, next in
        if found == nil && candidate == step { found = (candidate, next) }
      }
      guard let move = found else { continue }
      moves.append(move)
      if brokenProperty(state, move) == property {
        return ExploredPath(initial: initial, moves: moves)
      }
      state = move.state
    }
    guard property == .deadlock, isDead(state) else { return nil }
    return ExploredPath(initial: initial, moves: moves)
  }

  private func isDead(_ state: System.State) -> Bool {
    var scratch = ExplorationCounters(names: system.counterNames)
    var hasSuccessor = false
    system.successors(of: state, counting: &scratch) { _, _ in hasSuccessor = true }
    return !hasSuccessor && !system.isTerminal(state)
  }
}
