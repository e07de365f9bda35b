import PropertyTesting

/// Slow and obvious counterparts of what the explorer does.
enum Naive {
  /// All reachable states, by comparing whole states.
  static func states<System: ExplorableSystem>(of system: System) -> [System.State]
  where System.State: Equatable {
    var found: [System.State] = []
    for state in system.initialStates() where !found.contains(state) { found.append(state) }
    var counters = ExplorationCounters(names: system.counterNames)
    var index = 0
    while index < found.count {
      system.successors(of: found[index], counting: &counters) { _, next in
        if !found.contains(next) { found.append(next) }
      }
      index += 1
    }
    return found
  }

  /// All orders of the numbers below `count`.
  static func permutations(of count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(of: count - 1).flatMap { rest in
      (0...rest.count).map { place in
        var longer = rest
        longer.insert(count - 1, at: place)
        return longer
      }
    }
  }
}
