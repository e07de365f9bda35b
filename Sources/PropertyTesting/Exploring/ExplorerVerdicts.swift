extension Explorer {
  /// The result, with all paths made again.
  @usableFromInline
  func exploration() throws(ExplorationError) -> Exploration<System> {
    var verdicts: [Verdict<System>] = []
    for (invariant, node) in zip(invariants, brokenBy) {
      let broken = try node.map(path(to:))
      verdicts.append(verdict(invariant.name, .invariant, broken))
    }
    for (invariant, place) in zip(stepInvariants, brokenByStep) {
      let broken = try place.map { (place) throws(ExplorationError) in
        try path(along: tree.route(to: place.node) + [place.ordinal])
      }
      verdicts.append(verdict(invariant.name, .stepInvariant, broken))
    }
    if options.forbidsDeadlocks {
      let dead = try firstDeadlock.map(path(to:))
      verdicts.append(verdict(noDeadlock, .noDeadlock, dead))
    }
    for (goal, node) in zip(sometimes, reachedBy) {
      let outcome: Verdict<System>.Outcome
      if let node {
        outcome = .holds(witness: try path(to: node))
      } else {
        let isJudged = ending == .complete && !isBroken("harness-ignores-sometimes")
        outcome = isJudged ? .violated(nil) : .undecided
      }
      verdicts.append(Verdict(name: goal.name, kind: .sometimes, outcome: outcome))
    }
    if let graph {
      for (index, promise) in liveness.enumerated() {
        let broken = try counterexample(to: promise, index, graph)
        verdicts.append(verdict(promise.name, .liveness(promise.kind), broken))
      }
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

  /// A behaviour that breaks a promise; nil where none was found.
  private func counterexample(
    to promise: Liveness<System.State>, _ index: Int, _ graph: StateGraph
  ) throws(ExplorationError) -> ExploredPath<System>? {
    let startsAtRoots: Bool
    switch promise.kind {
    case .alwaysReachable:
      // A state that was not expanded may yet lead to a goal.
      guard ending == .complete else { return nil }
      return try graph.firstWithoutWay(toGoal: index).map(path(to:))
    case .eventually: startsAtRoots = true
    case .leadsTo: startsAtRoots = false
    }
    var fairness: UInt64 = 0
    for (number, name) in system.fairnessClasses.enumerated()
    where promise.fairness.contains(name) && !isBroken("harness-ignores-fairness") {
      fairness |= 1 << UInt64(number)
    }
    var search = LassoSearch(
      graph: graph, tree: tree, property: index, fairness: fairness,
      mayStop: promise.mayStop, startsAtRoots: startsAtRoots)
    guard let lasso = search.run() else { return nil }
    let path = try path(along: lasso.route, cycleStart: lasso.cycleStart)
    if let start = lasso.cycleStart {
      guard number(of: path.states[start]) == number(of: path.last) else {
        throw .notDeterministic
      }
    }
    return path
  }

  /// The shortest path to a state, which must end in that very state.
  private func path(to node: UInt32) throws(ExplorationError) -> ExploredPath<System> {
    let path = try path(along: tree.route(to: node))
    guard number(of: path.last) == Int(node) else { throw .notDeterministic }
    return path
  }

  private func path(
    along route: [UInt32], cycleStart: Int? = nil
  ) throws(ExplorationError) -> ExploredPath<System> {
    guard let path = system.path(along: route, cycleStart: cycleStart) else {
      throw .notDeterministic
    }
    return path
  }

  private func number(of state: System.State) -> Int? {
    visited.number(of: print(of: state, system))
  }
}
