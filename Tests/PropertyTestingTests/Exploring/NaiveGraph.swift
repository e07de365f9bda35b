/// What holds of a small graph, found by trying everything.
struct NaiveGraph {
  let system: GraphSystem
  private static let far = 1 << 20

  /// The least number of steps between any two states along states that `isAllowed` holds for; no
  /// step at all between a state and itself.
  func distances(_ isAllowed: (Int) -> Bool = { _ in true }) -> [[Int]] {
    var distance = Array(
      repeating: Array(repeating: Self.far, count: system.states), count: system.states)
    for state in 0..<system.states where isAllowed(state) { distance[state][state] = 0 }
    for edge in system.edges where isAllowed(edge.from) && isAllowed(edge.to) {
      distance[edge.from][edge.to] = min(distance[edge.from][edge.to], 1)
    }
    for middle in 0..<system.states {
      for from in 0..<system.states {
        for to in 0..<system.states {
          let detour = distance[from][middle] + distance[middle][to]
          distance[from][to] = min(distance[from][to], detour)
        }
      }
    }
    return distance
  }

  /// The depth of each state; nil where it cannot be reached.
  var depths: [Int?] {
    let distance = distances()
    return (0..<system.states).map { state in
      let depth = system.initial.map { distance[$0][state] }.min() ?? Self.far
      return depth >= Self.far ? nil : depth
    }
  }

  func isOpen(_ state: Int) -> Bool { !system.goals.contains(state) }

  private func disabled(_ state: Int) -> Set<Int> {
    Set(system.relied).subtracting(
      system.edges.filter { $0.from == state }.compactMap(\.class))
  }

  /// Whether nobody is obliged to go on from a state.
  func canStop(at state: Int) -> Bool {
    let ahead = system.edges.filter { $0.from == state }
    guard system.mayStop else { return ahead.isEmpty }
    return !ahead.contains { edge in system.relied.contains { $0 == edge.class } }
  }

  /// The length of a shortest closed walk among open states that starts at a state and is weakly
  /// fair; nil where there is none.
  func fairCycle(at entry: Int) -> Int? {
    typealias Place = [Int]
    func place(_ state: Int, _ met: Set<Int>) -> Place { [state] + met.sorted() }
    var layer = [place(entry, disabled(entry))]
    var seen: Set<Place> = []
    var length = 0
    while !layer.isEmpty {
      length += 1
      var next: [Place] = []
      for here in layer {
        for edge in system.edges where edge.from == here[0] && isOpen(edge.to) {
          var met = Set(here.dropFirst()).union(disabled(edge.to))
          if let own = edge.class, system.relied.contains(own) { met.insert(own) }
          if edge.to == entry && met == Set(system.relied) { return length }
          let there = place(edge.to, met)
          if seen.insert(there).inserted { next.append(there) }
        }
      }
      layer = next
    }
    return nil
  }

  /// The least number of steps before a place to stop or a fair cycle among open states, from sources
  /// with their depths; nil where there is neither.
  func shortestStem(from sources: [(state: Int, depth: Int)]) -> Int? {
    let distance = distances(isOpen)
    var best: Int?
    for (source, depth) in sources where isOpen(source) {
      for end in 0..<system.states where distance[source][end] < Self.far {
        guard canStop(at: end) || fairCycle(at: end) != nil else { continue }
        best = min(best ?? .max, depth + distance[source][end])
      }
    }
    return best
  }

  /// Reachable states from which no goal can be reached.
  var statesWithoutWay: [Int] {
    let distance = distances()
    let depths = depths
    return (0..<system.states).filter { state in
      depths[state] != nil && !system.goals.contains { distance[state][$0] < Self.far }
    }
  }
}
