internal import EphemeralModel

/// A graph made ready once: kernels with their attributes read, and the end of each value.
struct PreparedGraph: Sendable {
  /// One node.
  struct Step: Sendable {
    let kernel: OperatorTable.Kernel
    let inputs: [ValueID]
    let outputs: [ValueID]
    /// Values that no later step and no output of the graph needs.
    let finished: [ValueID]
  }

  let topology: Topology
  let steps: [Step]

  /// Looks every node up, reads its attributes, and works out lifetimes.
  ///
  /// - Throws: `unsupportedOperator`, `topologyInvalid`, `workExceeded`.
  init(_ topology: Topology, limits: EngineLimits) throws(EngineError) {
    let graph = topology.graph
    guard graph.nodes.count <= limits.maximumNodes, topology.valueCount <= limits.maximumValues,
      graph.inputs.count <= limits.maximumTensors, graph.outputs.count <= limits.maximumTensors
    else { throw .workExceeded }
    self.topology = topology
    try Self.checkTypes(topology)

    var lastUse = [Int](repeating: -1, count: topology.valueCount + 1)
    for (index, node) in graph.nodes.enumerated() {
      for id in node.inputs + node.outputs {
        guard lastUse.indices.contains(id) else { throw .topologyInvalid }
        lastUse[id] = index
      }
    }
    for output in graph.outputs {
      guard lastUse.indices.contains(output.id) else { throw .topologyInvalid }
      lastUse[output.id] = .max
    }
    var steps: [Step] = []
    steps.reserveCapacity(graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      let ending = Set(node.inputs + node.outputs).filter { $0 != 0 && lastUse[$0] == index }
      steps.append(
        Step(
          kernel: try Self.kernel(node), inputs: node.inputs, outputs: node.outputs,
          finished: ending.sorted()))
    }
    self.steps = steps
  }

  private static func kernel(_ node: Node) throws(EngineError) -> OperatorTable.Kernel {
    guard node.domain.isEmpty, let factory = OperatorTable.factories[node.operation] else {
      throw .unsupportedOperator
    }
    let reader = NodeReader(node)
    let kernel = try factory(reader)
    guard reader.isExhausted else { throw .unsupportedOperator }
    return kernel
  }

  /// Asks the catalogue about every node, with the element types as far as they can be told.
  private static func checkTypes(_ topology: Topology) throws(EngineError) {
    var types = [ElementType?](repeating: nil, count: topology.valueCount + 1)
    func set(_ id: ValueID, _ type: ElementType?) throws(EngineError) {
      guard types.indices.contains(id) else { throw .topologyInvalid }
      types[id] = type
    }
    for input in topology.graph.inputs { try set(input.id, input.elementType) }
    for constant in topology.graph.constants {
      guard topology.tensors.indices.contains(constant.tensor) else { throw .topologyInvalid }
      try set(constant.id, topology.tensors[constant.tensor].elementType)
    }
    for node in topology.graph.nodes {
      for id in node.inputs + node.outputs where !types.indices.contains(id) {
        throw .topologyInvalid
      }
      let refusal = SupportedOperators.refusal(of: node, tensors: topology.tensors) { types[$0] }
      guard refusal == nil else { throw .unsupportedOperator }
      for (index, id) in node.outputs.enumerated() where id != 0 {
        let type = SupportedOperators.resultType(
          of: node, at: index, tensors: topology.tensors
        ) { types[$0] }
        types[id] = type
      }
    }
  }
}
