import EphemeralModel

/// Replaces calls of the model's own functions by their nodes, and notes for each node the
/// operator-set version that was in force where it was written.
struct FunctionInliner {
  private let functions: [ONNXFunctionKey: ONNXFunction]
  private let path: String
  private var calls = 0
  private var nodeCount = 0
  private var nameBytes = 0

  init(_ model: ONNXModel, path: String) {
    self.functions = model.functions
    self.path = path
  }

  /// The graph without calls.
  mutating func expand(
    _ graph: ONNXGraph, operatorSets: [String: Int], depth: Int = 0
  ) throws(DecomposeError) -> ONNXGraph {
    var result = graph
    result.nodes = []
    for node in graph.nodes {
      try expand(node, operatorSets: operatorSets, depth: depth, into: &result.nodes)
    }
    return result
  }

  private mutating func expand(
    _ node: ONNXNode, operatorSets: [String: Int], depth: Int, into result: inout [ONNXNode]
  ) throws(DecomposeError) {
    var node = node
    for index in node.attributes.indices {
      if case .graph(let graph) = node.attributes[index].value {
        let inner = try expand(graph, operatorSets: operatorSets, depth: depth)
        node.attributes[index].value = .graph(inner)
      }
    }
    let key = ONNXFunctionKey(domain: node.domain, name: node.operation, overload: node.overload)
    if let function = functions[key] {
      if depth >= ONNXBounds.functionDepth {
        throw DecomposeError(file: path, problem: .tooDeep)
      }
      let sets = operatorSets.merging(function.operatorSets) { _, own in own }
      for inner in try instantiate(function, call: node) {
        try expand(inner, operatorSets: sets, depth: depth + 1, into: &result)
      }
      return
    }
    nodeCount += 1
    if nodeCount > ModelBounds.nodes {
      throw DecomposeError(file: path, problem: .tooMany("nodes, functions expanded"))
    }
    node.operatorSet = operatorSets[node.domain] ?? 0
    result.append(node)
  }

  // MARK: One call

  private struct Renaming {
    var names: [String: String]
    let prefix: String
    let attributes: [String: ONNXAttributeValue]

    func name(_ name: String) -> String {
      if name.isEmpty { return "" }
      return names[name] ?? prefix + name
    }
  }

  private mutating func instantiate(
    _ function: ONNXFunction, call: ONNXNode
  ) throws(DecomposeError) -> [ONNXNode] {
    calls += 1
    if calls > ModelBounds.nodes {
      throw DecomposeError(file: path, problem: .tooMany("calls of functions"))
    }
    let prefix = "\(call.label)#\(calls)/"
    // Every call makes each name anew, so a short file could ask for any amount of memory.
    for node in function.nodes { nameBytes += Self.nameBytes(node, prefix.utf8.count) }
    if nameBytes > ONNXBounds.metadataBytes {
      throw DecomposeError(file: path, problem: .tooMany("names, functions expanded"))
    }
    var names: [String: String] = [:]
    for (index, formal) in function.inputs.enumerated() {
      names[formal] = index < call.inputs.count ? call.inputs[index] : ""
    }
    for (index, formal) in function.outputs.enumerated()
    where index < call.outputs.count && !call.outputs[index].isEmpty {
      names[formal] = call.outputs[index]
    }
    var attributes: [String: ONNXAttributeValue] = [:]
    for attribute in function.defaults { attributes[attribute.name] = attribute.value }
    for attribute in call.attributes { attributes[attribute.name] = attribute.value }
    let renaming = Renaming(names: names, prefix: prefix, attributes: attributes)
    return function.nodes.map { Self.rename($0, renaming) }
  }

  /// How long all names of a node are with a prefix of `prefix` bytes.
  private static func nameBytes(_ node: ONNXNode, _ prefix: Int) -> Int {
    var bytes = prefix + node.name.utf8.count
    for name in node.inputs + node.outputs { bytes += prefix + name.utf8.count }
    for attribute in node.attributes {
      guard case .graph(let graph) = attribute.value else { continue }
      for inner in graph.nodes { bytes += nameBytes(inner, prefix) }
      let names =
        graph.initializers.map(\.name) + (graph.inputs + graph.outputs).map(\.name)
        + graph.valueTypes.keys
      for name in names { bytes += prefix + name.utf8.count }
    }
    return bytes
  }

  private static func rename(_ node: ONNXNode, _ renaming: Renaming) -> ONNXNode {
    var node = node
    node.name = renaming.prefix + node.name
    node.inputs = node.inputs.map(renaming.name)
    node.outputs = node.outputs.map(renaming.name)
    node.attributes = node.attributes.compactMap { attribute in
      var attribute = attribute
      if !attribute.reference.isEmpty {
        guard let value = renaming.attributes[attribute.reference] else { return nil }
        attribute.value = value
        attribute.reference = ""
      } else if case .graph(let graph) = attribute.value {
        attribute.value = .graph(rename(graph, renaming))
      }
      return attribute
    }
    return node
  }

  private static func rename(_ graph: ONNXGraph, _ renaming: Renaming) -> ONNXGraph {
    var graph = graph
    graph.nodes = graph.nodes.map { rename($0, renaming) }
    for index in graph.initializers.indices {
      graph.initializers[index].name = renaming.name(graph.initializers[index].name)
    }
    for index in graph.inputs.indices {
      graph.inputs[index].name = renaming.name(graph.inputs[index].name)
    }
    for index in graph.outputs.indices {
      graph.outputs[index].name = renaming.name(graph.outputs[index].name)
    }
    graph.valueTypes = Dictionary(
      graph.valueTypes.map { (renaming.name($0.key), $0.value) },
      uniquingKeysWith: { first, _ in first })
    return graph
  }
}
