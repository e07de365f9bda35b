internal import EphemeralModel

/// A graph or subgraph made ready once: kernels with their attributes read, and the end of each
/// value.
struct PreparedBlock: Sendable {
  /// What a step does.
  enum Work: Sendable {
    /// One operator's kernel.
    case kernel(OperatorTable.Kernel)
    /// An operator that runs blocks of its own.
    case control(ControlFlow)
  }

  /// One node.
  struct Step: Sendable {
    let work: Work
    let inputs: [ValueID]
    let outputs: [ValueID]
    /// Values of this block that no later step and no output of it needs.
    let finished: [ValueID]
  }

  let inputs: [GraphValue]
  let outputs: [GraphValue]
  let constants: [GraphConstant]
  let steps: [Step]

  /// Looks every node up, reads its attributes, and works out lifetimes.
  ///
  /// - Throws: `unsupportedOperator`, `topologyInvalid`.
  init(_ graph: Graph) throws(EngineError) {
    (inputs, outputs, constants) = (graph.inputs, graph.outputs, graph.constants)
    var owned = Set(graph.inputs.map(\.id) + graph.constants.map(\.id))
    var lastUse: [ValueID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      owned.formUnion(node.outputs)
      for id in Self.used(by: node) { lastUse[id] = index }
    }
    // What stays is the caller's to take, or belongs to a graph around this one.
    owned.remove(0)
    owned.subtract(graph.outputs.map(\.id))
    var steps: [Step] = []
    steps.reserveCapacity(graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      let ending = Set(Self.used(by: node)).filter { owned.contains($0) && lastUse[$0] == index }
      steps.append(
        Step(
          work: try Self.work(node), inputs: node.inputs, outputs: node.outputs,
          finished: ending.sorted()))
    }
    self.steps = steps
  }

  /// Every value that a node or a graph inside it names.
  private static func used(by node: Node) -> [ValueID] {
    var used = node.inputs + node.outputs
    for attribute in node.attributes {
      guard case .graph(let graph) = attribute.value else { continue }
      used += graph.nodes.flatMap(Self.used) + graph.outputs.map(\.id)
    }
    return used
  }

  private static func work(_ node: Node) throws(EngineError) -> Work {
    if let flow = try ControlFlow(node) { return .control(flow) }
    guard node.domain.isEmpty, let factory = OperatorTable.factories[node.operation] else {
      throw .unsupportedOperator
    }
    let reader = NodeReader(node)
    let kernel = try factory(reader)
    guard reader.isExhausted else { throw .unsupportedOperator }
    return .kernel(kernel)
  }
}

/// A topology whose graph is ready to run.
struct PreparedGraph: Sendable {
  let topology: Topology
  let body: PreparedBlock

  /// Asks the catalogue about every node and makes the graph ready.
  ///
  /// - Throws: `unsupportedOperator`, `topologyInvalid`, `workExceeded`.
  init(_ topology: Topology, limits: EngineLimits) throws(EngineError) {
    let graph = topology.graph
    guard graph.nodes.count <= limits.maximumNodes, topology.valueCount <= limits.maximumValues,
      graph.inputs.count <= limits.maximumTensors, graph.outputs.count <= limits.maximumTensors
    else { throw .workExceeded }
    self.topology = topology
    var types = TypeCheck(topology)
    try types.check(graph)
    body = try PreparedBlock(graph)
  }
}

/// Asks the catalogue about every node, with the element types as far as they can be told.
private struct TypeCheck {
  private let tensors: [TensorEntry]
  private var types: [ElementType?]

  init(_ topology: Topology) {
    tensors = topology.tensors
    types = [ElementType?](repeating: nil, count: topology.valueCount + 1)
  }

  /// Checks a graph and the graphs inside its nodes.
  mutating func check(_ graph: Graph) throws(EngineError) {
    for input in graph.inputs { try set(input.id, input.elementType) }
    for constant in graph.constants {
      guard tensors.indices.contains(constant.tensor) else { throw .topologyInvalid }
      try set(constant.id, tensors[constant.tensor].elementType)
    }
    for node in graph.nodes { try check(node) }
    for output in graph.outputs where !types.indices.contains(output.id) {
      throw .topologyInvalid
    }
  }

  private mutating func check(_ node: Node) throws(EngineError) {
    for id in node.inputs + node.outputs where !types.indices.contains(id) {
      throw .topologyInvalid
    }
    for attribute in node.attributes {
      if case .graph(let graph) = attribute.value { try check(graph) }
    }
    let results = try Self.results(of: node, tensors, types)
    for (id, type) in zip(node.outputs, results) where id != 0 { types[id] = type }
  }

  /// The types of a node's outputs. It borrows the table: a copy for each node would cost more
  /// than all the rest.
  private static func results(
    of node: Node, _ tensors: [TensorEntry], _ types: [ElementType?]
  ) throws(EngineError) -> [ElementType?] {
    let refusal = SupportedOperators.refusal(of: node, tensors: tensors) { types[$0] }
    guard refusal == nil else { throw .unsupportedOperator }
    return node.outputs.indices.map { index in
      SupportedOperators.resultType(of: node, at: index, tensors: tensors) { types[$0] }
    }
  }

  private mutating func set(_ id: ValueID, _ type: ElementType?) throws(EngineError) {
    guard types.indices.contains(id) else { throw .topologyInvalid }
    types[id] = type
  }
}
