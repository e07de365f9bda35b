import EphemeralModel

/// Replaces calls of the model's own functions by their nodes, and notes for each node the
/// operator-set version that was in force where it was written.
struct FunctionInliner {
  private let functions: [ONNXFunctionKey: ONNXFunction]
  private let path: String
  private var calls = 0
  private var nodeCount = 0

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
      for inner in instantiate(function, call: node) {
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

  private mutating func instantiate(_ function: ONNXFunction, call: ONNXNode) -> [ONNXNode] {
    calls += 1
    let prefix = "\(call.label)#\(calls)/"
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
