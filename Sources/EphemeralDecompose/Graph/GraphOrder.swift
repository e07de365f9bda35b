/// Which nodes of a graph matter, and in which order they can run.
struct GraphOrder {
  /// Indices of the nodes that the outputs need, each after what it uses.
  private(set) var order: [Int] = []
  /// Names that live nodes or the outputs use.
  private(set) var used: Set<String> = []

  /// Orders `graph`, whose nodes are found by `producers`; errors: cycle.
  init(_ graph: ONNXGraph, producers: [String: Int], path: String) throws(DecomposeError) {
    let uses = graph.nodes.map { Self.namesUsed(by: $0) }
    var isLive = [Bool](repeating: false, count: graph.nodes.count)
    var pending: [Int] = []
    func need(_ name: String) {
      if let index = producers[name], !isLive[index] {
        isLive[index] = true
        pending.append(index)
      }
    }
    for output in graph.outputs {
      used.insert(output.name)
      need(output.name)
    }
    while let index = pending.popLast() {
      for name in uses[index] {
        used.insert(name)
        need(name)
      }
    }
    try sort(graph, uses: uses, isLive: isLive, producers: producers, path: path)
  }

  /// The file's own order where it is one, otherwise breadth first from what is ready.
  private mutating func sort(
    _ graph: ONNXGraph, uses: [Set<String>], isLive: [Bool], producers: [String: Int],
    path: String
  ) throws(DecomposeError) {
    let live = isLive.indices.filter { isLive[$0] }
    let inOrder = live.allSatisfy { index in
      uses[index].allSatisfy { (producers[$0] ?? -1) < index }
    }
    if inOrder {
      order = live
      return
    }
    var waiting = [Int](repeating: 0, count: isLive.count)
    var followers = [[Int]](repeating: [], count: isLive.count)
    for index in live {
      for producer in Set(uses[index].compactMap { producers[$0] }) {
        waiting[index] += 1
        followers[producer].append(index)
      }
    }
    order = live.filter { waiting[$0] == 0 }
    var next = 0
    while next < order.count {
      for follower in followers[order[next]] {
        waiting[follower] -= 1
        if waiting[follower] == 0 { order.append(follower) }
      }
      next += 1
    }
    if order.count < live.count, let stuck = live.first(where: { waiting[$0] > 0 }) {
      throw DecomposeError(file: path, problem: .cycle(node: graph.nodes[stuck].label))
    }
  }

  /// The names that a node uses: its inputs, and what its subgraphs take from outside.
  static func namesUsed(by node: ONNXNode) -> Set<String> {
    var names = Set(node.inputs)
    for attribute in node.attributes {
      if case .graph(let graph) = attribute.value { names.formUnion(freeNames(of: graph)) }
    }
    names.remove("")
    return names
  }

  private static func freeNames(of graph: ONNXGraph) -> Set<String> {
    var free = Set(graph.outputs.map(\.name))
    for node in graph.nodes { free.formUnion(namesUsed(by: node)) }
    free.subtract(graph.inputs.map(\.name))
    free.subtract(graph.initializers.map(\.name))
    for node in graph.nodes { free.subtract(node.outputs) }
    return free
  }
}
