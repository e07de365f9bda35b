extension StateGraph {
  /// The first state, in the order of discovery, from which no goal can be reached; nil where each
  /// can reach one. Right only for a graph all of whose states were expanded.
  func firstWithoutWay(toGoal property: Int) -> UInt32? {
    let bit: UInt64 = 1 << UInt64(property)
    // The transitions the other way round: where each state's sources begin, then the sources.
    var begins = Array(repeating: 0, count: expanded + 1)
    for target in targets { begins[Int(target) + 1] += 1 }
    for index in 0..<expanded { begins[index + 1] += begins[index] }
    var sources = Array(repeating: 0 as UInt32, count: targets.count)
    var fill = begins
    for node in 0..<expanded {
      for edge in edges(of: node) {
        let target = Int(targets[edge])
        sources[fill[target]] = UInt32(node)
        fill[target] += 1
      }
    }
    var canReach = goals.map { $0 & bit != 0 }
    var line = canReach.indices.filter { canReach[$0] }
    while let node = line.popLast() {
      for index in begins[node]..<begins[node + 1] where !canReach[Int(sources[index])] {
        canReach[Int(sources[index])] = true
        line.append(Int(sources[index]))
      }
    }
    return canReach.firstIndex(of: false).map { UInt32($0) }
  }
}
