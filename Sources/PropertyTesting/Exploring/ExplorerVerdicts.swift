extension Explorer {
  /// The result, with all paths made again.
  @usableFromInline
  func exploration() throws(ExplorationError) -> Exploration<System> {
    var verdicts: [Verdict<System>] = []
    for (invariant, node) in zip(invariants, brokenBy) {
      let broken = try node.map(route(to:)).map(path(along:))
      verdicts.append(verdict(invariant.name, .invariant, broken))
    }
    for (invariant, place) in zip(stepInvariants, brokenByStep) {
      let broken = try place.map { route(to: $0.node) + [$0.ordinal] }.map(path(along:))
      verdicts.append(verdict(invariant.name, .stepInvariant, broken))
    }
    if options.forbidsDeadlocks {
      let dead = try firstDeadlock.map(route(to:)).map(path(along:))
      verdicts.append(verdict("no deadlock", .noDeadlock, dead))
    }
    for (goal, node) in zip(sometimes, reachedBy) {
      let outcome: Verdict<System>.Outcome
      if let node {
        outcome = .holds(witness: try path(along: route(to: node)))
      } else {
        outcome = ending == .complete ? .violated(nil) : .undecided
      }
      verdicts.append(Verdict(name: goal.name, kind: .sometimes, outcome: outcome))
    }
    return Exploration(
      ending: ending, distinctStates: visited.count, transitions: transitions, levels: levels,
      deadlocks: deadlocks, terminals: terminals, counters: counters, verdicts: verdicts)
  }

  /// The verdict on a property that some path may break.
  private func verdict(
    _ name: String, _ kind: Verdict<System>.Kind, _ broken: ExploredPath<System>?
  ) -> Verdict<System> {
    let outcome: Verdict<System>.Outcome
    if let broken {
      outcome = .violated(broken)
    } else {
      outcome = ending == .complete ? .holds(witness: nil) : .undecided
    }
    return Verdict(name: name, kind: kind, outcome: outcome)
  }

  private func route(to node: UInt32) -> [UInt32] { tree.route(to: node) }

  private func path(along route: [UInt32]) throws(ExplorationError) -> ExploredPath<System> {
    guard let path = system.path(along: route) else { throw .notDeterministic }
    return path
  }
}
