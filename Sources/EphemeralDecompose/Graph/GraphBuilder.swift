import EphemeralModel

/// Turns a read graph into the topology's: names become numbers, constants become places in the
/// blob, and every operator that the engine does not run is noted.
struct GraphBuilder {
  /// The tensors in the order of their first use, and where each will lie.
  private(set) var tensors: [ONNXTensor] = []
  private(set) var entries: [TensorEntry] = []
  private(set) var weightBytes = 0
  private(set) var unsupported = UnsupportedReport()
  private let path: String
  private var types: [ElementType?] = [nil]
  private var symbols: [String: Int] = [:]
  private var scopes: [[String: ValueID]] = []
  private var constantTensors: [ValueID: Int] = [:]

  init(path: String) { self.path = path }

  /// Everything about one graph that its nodes refer to by name.
  private struct Names {
    var constants: [String: ONNXTensor] = [:]
    var producers: [String: Int] = [:]
  }

  /// Builds a graph with all its subgraphs.
  mutating func build(_ graph: ONNXGraph, isOutermost: Bool) throws(DecomposeError) -> Graph {
    var graph = graph
    let names = try collect(&graph, isOutermost: isOutermost)
    let order = try GraphOrder(graph, producers: names.producers, path: path)
    scopes.append([:])
    defer { scopes.removeLast() }

    var inputs: [GraphValue] = []
    for input in graph.inputs { inputs.append(try define(input, isOutermost: isOutermost)) }
    var constants: [GraphConstant] = []
    func constantNames() -> [String] {
      order.order.flatMap { GraphOrder.namesUsed(by: graph.nodes[$0]).sorted() }
        + graph.outputs.map(\.name)
    }
    for name in constantNames() where scopes[scopes.count - 1][name] == nil {
      guard let tensor = names.constants[name] else { continue }
      let id = define(name, tensor.elementType)
      let index = try place(tensor)
      constantTensors[id] = index
      constants.append(GraphConstant(id: id, tensor: index))
    }
    var nodes: [Node] = []
    for index in order.order {
      nodes.append(
        try build(graph.nodes[index], used: order.used, valueTypes: graph.valueTypes))
    }
    var outputs: [GraphValue] = []
    for output in graph.outputs {
      let id = try resolve(output.name, for: "(graph output)")
      outputs.append(
        GraphValue(
          id: id, name: isOutermost ? output.name : "",
          elementType: types[id] ?? elementType(output), shape: shape(output)))
    }
    return Graph(inputs: inputs, outputs: outputs, constants: constants, nodes: nodes)
  }

  // MARK: Names

  /// Finds what defines each name and takes Constant nodes out of the graph.
  private func collect(
    _ graph: inout ONNXGraph, isOutermost: Bool
  ) throws(DecomposeError) -> Names {
    var names = Names()
    for tensor in graph.initializers {
      guard names.constants.updateValue(tensor, forKey: tensor.name) == nil else {
        throw error(.duplicateName(tensor.name))
      }
    }
    // An initializer that is also an input is that input's default: the value is fixed.
    graph.inputs.removeAll { names.constants[$0.name] != nil }
    var inputs: Set<String> = []
    for input in graph.inputs {
      guard inputs.insert(input.name).inserted else { throw error(.duplicateName(input.name)) }
    }
    var nodes: [ONNXNode] = []
    for node in graph.nodes {
      let constant = try ConstantNode.tensor(node, path: path)
      for output in node.outputs where !output.isEmpty {
        guard names.constants[output] == nil, names.producers[output] == nil,
          !inputs.contains(output)
        else { throw error(.duplicateName(output)) }
        if let constant {
          names.constants[output] = constant
        } else {
          names.producers[output] = nodes.count
        }
      }
      if constant == nil { nodes.append(node) }
    }
    graph.nodes = nodes
    return names
  }

  private mutating func define(_ name: String, _ type: ElementType?) -> ValueID {
    let id = types.count
    types.append(type)
    scopes[scopes.count - 1][name] = id
    return id
  }

  private mutating func define(
    _ input: ONNXValue, isOutermost: Bool
  ) throws(DecomposeError) -> GraphValue {
    let type = elementType(input)
    if isOutermost && type == nil { throw error(.notATensor(input.name)) }
    let shape = shape(input)
    let id = define(input.name, type)
    return GraphValue(
      id: id, name: isOutermost ? input.name : "", elementType: type, shape: shape)
  }

  private func resolve(_ name: String, for node: String) throws(DecomposeError) -> ValueID {
    if name.isEmpty { return 0 }
    for scope in scopes.reversed() {
      if let id = scope[name] { return id }
    }
    throw error(.undefinedValue(name: name, node: node))
  }

  private func elementType(_ value: ONNXValue) -> ElementType? {
    value.elementType.flatMap { UInt8(exactly: $0) }.flatMap { ElementType(rawValue: $0) }
  }

  private mutating func shape(_ value: ONNXValue) -> [Dimension]? {
    guard let dimensions = value.shape else { return nil }
    var shape: [Dimension] = []
    for dimension in dimensions {
      switch dimension {
      case .value(let size): shape.append(size < 0 ? .unknown : .fixed(Int(size)))
      case .unknown: shape.append(.unknown)
      case .symbol(let name):
        let symbol = symbols[name] ?? symbols.count
        symbols[name] = symbol
        shape.append(name.isEmpty ? .unknown : .symbol(symbol))
      }
    }
    return shape
  }

  // MARK: Nodes and tensors

  private mutating func build(
    _ node: ONNXNode, used: Set<String>, valueTypes: [String: ElementType]
  ) throws(DecomposeError) -> Node {
    var inputs: [ValueID] = []
    for name in node.inputs { inputs.append(try resolve(name, for: node.label)) }
    while inputs.last == 0 { inputs.removeLast() }
    let isKnown = SupportedOperators.rule(node.operation, domain: node.domain) != nil
    if node.domain.isEmpty {
      guard (SupportedOperators.oldest...SupportedOperators.newest).contains(node.operatorSet)
      else { throw error(.operatorSet(domain: "", version: node.operatorSet)) }
    }
    var attributes: [Attribute] = []
    for attribute in node.attributes {
      if attributes.contains(where: { $0.name == attribute.name }) {
        throw error(.attribute(name: attribute.name, node: node.label))
      }
      if let value = try convert(attribute.value) {
        attributes.append(Attribute(attribute.name, value))
      } else if isKnown {
        throw error(.attribute(name: attribute.name, node: node.label))
      }
    }
    let since = SupportedOperators.sinceVersion(
      node.operation, domain: node.domain, in: node.operatorSet)
    let first = types.count
    let outputs = node.outputs.map { used.contains($0) && !$0.isEmpty ? define($0, nil) : 0 }
    let result = Node(
      operation: node.operation, domain: node.domain,
      sinceVersion: since ?? min(max(node.operatorSet, 1), Int(UInt16.max)), inputs: inputs,
      outputs: outputs, attributes: attributes)
    let known = types
    for (index, id) in outputs.enumerated() where id >= first {
      types[id] =
        SupportedOperators.resultType(of: result, at: index, tensors: entries) { known[$0] }
        ?? valueTypes[node.outputs[index]]
    }
    if let reason = SupportedOperators.refusal(of: result, tensors: entries, type: { known[$0] }) {
      unsupported.note(node, reason)
    } else if try mayTrain(result) {
      unsupported.note(node, .inputValue(2))
    }
    return result
  }

  /// Whether a node is a Dropout whose training mode is anything but a constant and false.
  private func mayTrain(_ node: Node) throws(DecomposeError) -> Bool {
    guard node.operation == "Dropout", node.domain.isEmpty, node.inputs.count > 2,
      node.inputs[2] != 0
    else { return false }
    guard let index = constantTensors[node.inputs[2]] else { return true }
    return try TensorStream.truth(tensors[index], path: path)
  }

  /// The topology's form of an attribute, or nil for a kind that it does not carry.
  private mutating func convert(
    _ value: ONNXAttributeValue
  ) throws(DecomposeError) -> AttributeValue? {
    switch value {
    case .int(let number): .int(number)
    case .float(let number): .float(number)
    case .string(let bytes): .string(bytes)
    case .ints(let numbers): .ints(numbers)
    case .floats(let numbers): .floats(numbers)
    case .strings(let texts): .strings(texts)
    case .tensor(let tensor): .tensor(try place(tensor))
    case .graph(let graph): .graph(try build(graph, isOutermost: false))
    case .unsupported: nil
    }
  }

  /// Gives a tensor its place in the blob and returns its index in the table.
  private mutating func place(_ tensor: ONNXTensor) throws(DecomposeError) -> Int {
    let alignment = ModelBounds.tensorAlignment
    let offset = (weightBytes + alignment - 1) / alignment * alignment
    guard entries.count < ModelBounds.tensors, tensor.byteCount <= ModelBounds.weightBytes - offset,
      let entry = TensorEntry(
        elementType: tensor.elementType, shape: tensor.shape, offset: offset)
    else { throw error(.tooMany("weights")) }
    tensors.append(tensor)
    entries.append(entry)
    weightBytes = offset + entry.byteCount
    return entries.count - 1
  }

  private func error(_ problem: DecomposeError.Problem) -> DecomposeError {
    DecomposeError(file: path, problem: problem)
  }
}
