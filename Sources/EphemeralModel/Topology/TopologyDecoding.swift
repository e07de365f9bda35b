import EphemeralWire

extension Topology {
  /// Reads and checks a body (Spec/Formats.md §3).
  ///
  /// - Throws: `malformed` for anything but deterministic CBOR of the right shape, otherwise the
  ///   rule that is broken.
  public init(decoding bytes: Span<UInt8>) throws(TopologyError) {
    if bytes.count > ModelBounds.bodyBytes { throw .tooLarge }
    var decoder = TopologyDecoder()
    self = try decoder.topology(bytes)
  }
}

/// A cursor over a body; the bytes stay with the caller.
private struct TopologyDecoder {
  private var reader = CBORReader()
  /// Elements of attributes' lists so far.
  private var listElements = 0

  mutating func topology(_ bytes: Span<UInt8>) throws(TopologyError) -> Topology {
    try array(8, bytes)
    guard try number(bytes) == Int(Topology.bodyVersion) else { throw .unsupportedVersion }
    try array(2, bytes)
    let name = try text(ModelBounds.nameBytes, bytes)
    let version = try text(ModelBounds.nameBytes, bytes)
    let lifetime = try lifetime(bytes)
    let messageBytes = try null(bytes) ? nil : try number(bytes)
    var sets: [OperatorSet] = []
    for _ in 0..<(try count(ModelBounds.operatorSets, bytes)) {
      try array(2, bytes)
      let domain = try text(ModelBounds.identifierBytes, bytes)
      sets.append(OperatorSet(domain: domain, version: try number(bytes)))
    }
    let blob = try blob(bytes)
    var tensors: [TensorEntry] = []
    for _ in 0..<(try count(ModelBounds.tensors, bytes)) { tensors.append(try tensor(bytes)) }
    let graph = try graph(bytes, depth: 1)
    do { try reader.finish(in: bytes) } catch { throw .malformed }
    return try Topology(
      modelName: name, modelVersion: version, lifetime: lifetime,
      maximumMessageBytes: messageBytes, operatorSets: sets, blob: blob, tensors: tensors,
      graph: graph)
  }

  private mutating func lifetime(_ bytes: Span<UInt8>) throws(TopologyError) -> LifetimePolicy {
    let parts = try count(3, bytes)
    let kind = try number(bytes)
    switch (parts, kind) {
    case (1, 0): return .perInference
    case (3, 1):
      let inferences = try number(bytes)
      return .session(maximumInferences: inferences, maximumSeconds: try number(bytes))
    default: throw .badPolicy
    }
  }

  private mutating func blob(_ bytes: Span<UInt8>) throws(TopologyError) -> BlobReference {
    try array(5, bytes)
    let id = try data(32, bytes)
    let plaintextBytes = try number(bytes)
    let chunkBytes = try number(bytes)
    let chunkCount = try number(bytes)
    let digest = try data(32, bytes)
    guard
      let layout = WeightBlobLayout(plaintextBytes: plaintextBytes, chunkBytes: chunkBytes),
      layout.chunkCount == chunkCount
    else { throw .badBlob }
    return BlobReference(blobID: id, layout: layout, weightsDigest: digest)
  }

  private mutating func tensor(_ bytes: Span<UInt8>) throws(TopologyError) -> TensorEntry {
    try array(4, bytes)
    let type = try elementType(bytes)
    var shape: [Int] = []
    for _ in 0..<(try count(ModelBounds.rank, bytes, otherwise: .badShape)) {
      shape.append(try number(bytes))
    }
    let offset = try number(bytes)
    guard let entry = TensorEntry(elementType: type, shape: shape, offset: offset) else {
      throw .badShape
    }
    if try number(bytes) != entry.byteCount { throw .badTensorLayout }
    return entry
  }

  private mutating func graph(
    _ bytes: Span<UInt8>, depth: Int
  ) throws(TopologyError) -> Graph {
    if depth > ModelBounds.graphDepth { throw .tooDeep }
    try array(4, bytes)
    var inputs: [GraphValue] = []
    for _ in 0..<(try count(ModelBounds.graphValues, bytes)) { inputs.append(try value(bytes)) }
    var outputs: [GraphValue] = []
    for _ in 0..<(try count(ModelBounds.graphValues, bytes)) { outputs.append(try value(bytes)) }
    var constants: [GraphConstant] = []
    for _ in 0..<(try count(ModelBounds.tensors, bytes)) {
      try array(2, bytes)
      let id = try number(bytes)
      constants.append(GraphConstant(id: id, tensor: try number(bytes)))
    }
    var nodes: [Node] = []
    for _ in 0..<(try count(ModelBounds.nodes, bytes)) {
      nodes.append(try node(bytes, depth: depth))
    }
    return Graph(inputs: inputs, outputs: outputs, constants: constants, nodes: nodes)
  }

  private mutating func value(_ bytes: Span<UInt8>) throws(TopologyError) -> GraphValue {
    try array(4, bytes)
    let id = try number(bytes)
    let name = try text(ModelBounds.nameBytes, bytes)
    let type = try optionalElementType(bytes)
    if try null(bytes) { return GraphValue(id: id, name: name, elementType: type) }
    var shape: [Dimension] = []
    for _ in 0..<(try count(ModelBounds.rank, bytes, otherwise: .badShape)) {
      shape.append(try dimension(bytes))
    }
    return GraphValue(id: id, name: name, elementType: type, shape: shape)
  }

  private mutating func dimension(_ bytes: Span<UInt8>) throws(TopologyError) -> Dimension {
    if try null(bytes) { return .unknown }
    do {
      if try reader.peekMajor(in: bytes) == .negative {
        let symbol = try reader.negative(in: bytes)
        return .symbol(Int(clamping: symbol))
      }
    } catch { throw .malformed }
    return .fixed(try number(bytes))
  }

  private mutating func node(
    _ bytes: Span<UInt8>, depth: Int
  ) throws(TopologyError) -> Node {
    try array(6, bytes)
    let operation = try text(ModelBounds.identifierBytes, bytes)
    let domain = try text(ModelBounds.identifierBytes, bytes)
    let since = try number(bytes)
    let inputs = try numbers(ModelBounds.nodeValues, bytes)
    let outputs = try numbers(ModelBounds.nodeValues, bytes)
    var attributes: [Attribute] = []
    for _ in 0..<(try count(ModelBounds.attributes, bytes)) {
      try array(3, bytes)
      let name = try text(ModelBounds.identifierBytes, bytes)
      // The node sorts its attributes, so their order has to be judged here.
      if let last = attributes.last, !Attribute.precedes(last.name, name) { throw .badAttribute }
      attributes.append(Attribute(name, try attribute(bytes, depth: depth)))
    }
    return Node(
      operation: operation, domain: domain, sinceVersion: since, inputs: inputs, outputs: outputs,
      attributes: attributes)
  }

  private mutating func attribute(
    _ bytes: Span<UInt8>, depth: Int
  ) throws(TopologyError) -> AttributeValue {
    guard let raw = UInt8(exactly: try number(bytes)), let kind = AttributeValue.Kind(rawValue: raw)
    else { throw .badAttribute }
    switch kind {
    case .float:
      guard let bits = UInt32(exactly: try number(bytes)) else { throw .malformed }
      return .float(Float(bitPattern: bits))
    case .int: return .int(try integer(bytes))
    case .string: return .string(try string(bytes))
    case .tensor: return .tensor(try number(bytes))
    case .graph: return .graph(try graph(bytes, depth: depth + 1))
    case .floats: return .floats(try floats(bytes))
    case .ints:
      var numbers: [Int64] = []
      for _ in 0..<(try listCount(bytes)) {
        numbers.append(try integer(bytes))
      }
      return .ints(numbers)
    case .strings:
      var texts: [[UInt8]] = []
      for _ in 0..<(try listCount(bytes)) {
        texts.append(try string(bytes))
      }
      return .strings(texts)
    }
  }

  private mutating func floats(_ bytes: Span<UInt8>) throws(TopologyError) -> [Float] {
    let range: Range<Int>
    do {
      range = try reader.byteRange(in: bytes, maximum: 4 * ModelBounds.attributeElements)
    } catch { throw Self.translate(error) }
    if range.count % 4 != 0 { throw .malformed }
    try countElements(range.count / 4)
    return stride(from: range.lowerBound, to: range.upperBound, by: 4).map { start in
      var bits: UInt32 = 0
      for index in 0..<4 { bits |= UInt32(bytes[start + index]) << UInt32(8 * index) }
      return Float(bitPattern: bits)
    }
  }
}

// MARK: Attributes' lists

extension TopologyDecoder {
  /// The head of an attribute's list; its elements count towards those of all attributes.
  private mutating func listCount(_ bytes: Span<UInt8>) throws(TopologyError) -> Int {
    let elements = try count(ModelBounds.attributeElements, bytes)
    try countElements(elements)
    return elements
  }

  private mutating func countElements(_ elements: Int) throws(TopologyError) {
    listElements += elements
    if listElements > ModelBounds.allAttributeElements { throw .tooMany }
  }
}

// MARK: Items

extension TopologyDecoder {
  private static func translate(_ error: CBORError) -> TopologyError {
    error == .tooLong ? .tooLarge : .malformed
  }

  private mutating func array(_ count: Int, _ bytes: Span<UInt8>) throws(TopologyError) {
    do { try reader.array(in: bytes, exactly: count) } catch { throw .malformed }
  }

  private mutating func count(
    _ maximum: Int, _ bytes: Span<UInt8>, otherwise: TopologyError = .tooMany
  ) throws(TopologyError) -> Int {
    do {
      return try reader.arrayHeader(in: bytes, maximum: maximum)
    } catch { throw error == .tooLong ? otherwise : .malformed }
  }

  private mutating func number(_ bytes: Span<UInt8>) throws(TopologyError) -> Int {
    do { return try reader.count(in: bytes, maximum: .max) } catch { throw .malformed }
  }

  private mutating func numbers(
    _ maximum: Int, _ bytes: Span<UInt8>
  ) throws(TopologyError) -> [Int] {
    var result: [Int] = []
    for _ in 0..<(try count(maximum, bytes)) { result.append(try number(bytes)) }
    return result
  }

  private mutating func integer(_ bytes: Span<UInt8>) throws(TopologyError) -> Int64 {
    do { return try reader.integer(in: bytes) } catch { throw .malformed }
  }

  private mutating func text(
    _ maximum: Int, _ bytes: Span<UInt8>
  ) throws(TopologyError) -> String {
    do { return try reader.text(in: bytes, maximum: maximum) } catch {
      throw error == .tooLong ? .badName : .malformed
    }
  }

  private mutating func data(_ count: Int, _ bytes: Span<UInt8>) throws(TopologyError) -> [UInt8] {
    do { return try reader.byteArray(in: bytes, exactly: count) } catch { throw .malformed }
  }

  private mutating func string(_ bytes: Span<UInt8>) throws(TopologyError) -> [UInt8] {
    do { return try reader.byteArray(in: bytes, maximum: ModelBounds.stringBytes) } catch {
      throw Self.translate(error)
    }
  }

  private mutating func null(_ bytes: Span<UInt8>) throws(TopologyError) -> Bool {
    do { return try reader.takeNull(in: bytes) } catch { throw .malformed }
  }

  private mutating func optionalElementType(
    _ bytes: Span<UInt8>
  ) throws(TopologyError) -> ElementType? {
    let raw = try number(bytes)
    if raw == 0 { return nil }
    guard let type = UInt8(exactly: raw).flatMap({ ElementType(rawValue: $0) }) else {
      throw .badElementType
    }
    return type
  }

  private mutating func elementType(_ bytes: Span<UInt8>) throws(TopologyError) -> ElementType {
    guard let type = try optionalElementType(bytes) else { throw .badElementType }
    return type
  }
}
