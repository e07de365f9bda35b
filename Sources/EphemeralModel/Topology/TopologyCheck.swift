/// Walks a topology once and refuses the first rule of Spec/Formats.md §3 that it breaks.
struct TopologyCheck {
  /// Where an id stands while the graphs are walked.
  private enum Standing: UInt8 {
    case undefined
    case visible
    case outOfScope
  }

  private let tensorCount: Int
  private var standing: [Standing] = [.visible]
  private var definitions = 0
  private var listElements = 0
  private(set) var nodeCount = 0

  init(tensorCount: Int) {
    self.tensorCount = tensorCount
  }

  /// Ids are dense: as many definitions as the largest id; returns their number.
  func finish() throws(TopologyError) -> Int {
    if standing.count - 1 != definitions { throw .badValue }
    return definitions
  }

  // MARK: Identity and policy

  func checkIdentity(
    name: String, version: String, lifetime: LifetimePolicy, maximumMessageBytes: Int?,
    operatorSets: [OperatorSet]
  ) throws(TopologyError) {
    try Self.checkName(name, maximum: ModelBounds.nameBytes, allowsEmpty: true)
    try Self.checkName(version, maximum: ModelBounds.nameBytes, allowsEmpty: true)
    if case .session(let inferences, let seconds) = lifetime {
      guard (1...ModelBounds.inferences).contains(inferences),
        (1...ModelBounds.sessionSeconds).contains(seconds)
      else { throw .badPolicy }
    }
    if let bytes = maximumMessageBytes {
      guard (4_096...ModelBounds.messageBytes).contains(bytes) else { throw .badPolicy }
    }
    if operatorSets.isEmpty || operatorSets.count > ModelBounds.operatorSets { throw .tooMany }
    var previous: String?
    for set in operatorSets {
      try Self.checkName(set.domain, maximum: ModelBounds.identifierBytes, allowsEmpty: true)
      if let previous, !Attribute.precedes(previous, set.domain) { throw .badName }
      if set.version < 1 || set.version > Int(UInt16.max) { throw .unsupportedVersion }
      previous = set.domain
    }
  }

  static func checkName(
    _ name: String, maximum: Int, allowsEmpty: Bool = false
  ) throws(TopologyError) {
    if name.utf8.count > maximum || (name.isEmpty && !allowsEmpty) { throw .badName }
  }

  // MARK: Blob and tensors

  static func checkBlob(_ blob: BlobReference) throws(TopologyError) {
    if blob.blobID.count != 32 || blob.weightsDigest.count != 32 { throw .badBlob }
  }

  static func checkTensors(
    _ tensors: [TensorEntry], within plaintextBytes: Int
  ) throws(TopologyError) {
    if tensors.count > ModelBounds.tensors { throw .tooMany }
    for tensor in tensors {
      if tensor.shape.count > ModelBounds.rank { throw .badShape }
      guard tensor.offset >= 0, tensor.offset % ModelBounds.tensorAlignment == 0,
        tensor.byteCount <= plaintextBytes, tensor.offset <= plaintextBytes - tensor.byteCount
      else { throw .badTensorLayout }
    }
    let ordered = tensors.filter { $0.byteCount > 0 }.sorted {
      ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount)
    }
    for (left, right) in zip(ordered, ordered.dropFirst()) {
      let equal = left.offset == right.offset && left.byteCount == right.byteCount
      if !equal && right.offset < left.offset + left.byteCount { throw .badTensorLayout }
    }
  }

  // MARK: Graphs

  mutating func checkOutermost(_ graph: Graph) throws(TopologyError) {
    for values in [graph.inputs, graph.outputs] {
      if values.count > ModelBounds.messageTensors { throw .tooMany }
      var names: Set<String> = []
      for value in values {
        try Self.checkName(value.name, maximum: ModelBounds.nameBytes)
        if !names.insert(value.name).inserted { throw .badName }
      }
    }
    for input in graph.inputs where input.elementType == nil { throw .badElementType }
    try checkGraph(graph, depth: 1)
  }

  private mutating func checkGraph(_ graph: Graph, depth: Int) throws(TopologyError) {
    if depth > ModelBounds.graphDepth { throw .tooDeep }
    guard graph.inputs.count <= ModelBounds.graphValues,
      graph.outputs.count <= ModelBounds.graphValues, graph.constants.count <= ModelBounds.tensors
    else { throw .tooMany }
    var defined: [ValueID] = []
    for input in graph.inputs {
      try checkValue(input, isNamed: depth == 1)
      try define(input.id, in: &defined)
    }
    for constant in graph.constants {
      try checkTensorReference(constant.tensor)
      try define(constant.id, in: &defined)
    }
    for node in graph.nodes { try checkNode(node, depth: depth, defined: &defined) }
    for output in graph.outputs {
      try checkValue(output, isNamed: depth == 1)
      if output.id == 0 { throw .badValue }
      try use(output.id)
    }
    for id in defined { standing[id] = .outOfScope }
  }

  private func checkValue(_ value: GraphValue, isNamed: Bool) throws(TopologyError) {
    if value.name.isEmpty == isNamed { throw .badName }
    guard let shape = value.shape else { return }
    if shape.count > ModelBounds.rank { throw .badShape }
    for dimension in shape {
      switch dimension {
      case .fixed(let size): if size < 0 { throw .badShape }
      case .symbol(let symbol):
        if symbol < 0 || symbol >= ModelBounds.values { throw .badShape }
      case .unknown: break
      }
    }
  }

  private mutating func checkNode(
    _ node: Node, depth: Int, defined: inout [ValueID]
  ) throws(TopologyError) {
    nodeCount += 1
    guard nodeCount <= ModelBounds.nodes, node.inputs.count <= ModelBounds.nodeValues,
      node.outputs.count <= ModelBounds.nodeValues,
      node.attributes.count <= ModelBounds.attributes
    else { throw .tooMany }
    try Self.checkName(node.operation, maximum: ModelBounds.identifierBytes)
    try Self.checkName(node.domain, maximum: ModelBounds.identifierBytes, allowsEmpty: true)
    if node.sinceVersion < 1 || node.sinceVersion > Int(UInt16.max) { throw .unsupportedVersion }
    for input in node.inputs { try use(input) }
    var previous: String?
    for attribute in node.attributes {
      try Self.checkName(attribute.name, maximum: ModelBounds.identifierBytes)
      if let previous, !Attribute.precedes(previous, attribute.name) { throw .badAttribute }
      previous = attribute.name
      try checkAttribute(attribute.value, depth: depth)
    }
    for output in node.outputs where output != 0 { try define(output, in: &defined) }
  }

  private mutating func checkAttribute(
    _ value: AttributeValue, depth: Int
  ) throws(TopologyError) {
    switch value {
    case .int, .float: break
    case .string(let bytes): if bytes.count > ModelBounds.stringBytes { throw .tooLarge }
    case .ints(let values): try checkList(values.count)
    case .floats(let values): try checkList(values.count)
    case .strings(let values):
      try checkList(values.count)
      for bytes in values where bytes.count > ModelBounds.stringBytes { throw .tooLarge }
    case .tensor(let index): try checkTensorReference(index)
    case .graph(let graph): try checkGraph(graph, depth: depth + 1)
    }
  }

  private mutating func checkList(_ elements: Int) throws(TopologyError) {
    listElements += min(elements, ModelBounds.attributeElements)
    guard elements <= ModelBounds.attributeElements,
      listElements <= ModelBounds.allAttributeElements
    else { throw .tooMany }
  }

  private func checkTensorReference(_ index: Int) throws(TopologyError) {
    if index < 0 || index >= tensorCount { throw .badTensorReference }
  }

  private mutating func define(
    _ id: ValueID, in defined: inout [ValueID]
  ) throws(TopologyError) {
    if id < 1 || id > ModelBounds.values { throw .badValue }
    while standing.count <= id { standing.append(.undefined) }
    if standing[id] != .undefined { throw .badValue }
    standing[id] = .visible
    defined.append(id)
    definitions += 1
  }

  private func use(_ id: ValueID) throws(TopologyError) {
    if id < 0 || id >= standing.count || standing[id] != .visible { throw .badValue }
  }
}
