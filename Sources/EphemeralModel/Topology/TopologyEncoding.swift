import EphemeralWire

extension Topology {
  /// The version of the body's format.
  static let bodyVersion: UInt64 = 1

  /// The topology's body in deterministic CBOR (Spec/Formats.md §3).
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.array(8)
    encoder.unsigned(Self.bodyVersion)
    encoder.array(2)
    encoder.text(modelName)
    encoder.text(modelVersion)
    switch lifetime {
    case .perInference:
      encoder.array(1)
      encoder.unsigned(0)
    case .session(let inferences, let seconds):
      encoder.array(3)
      encoder.unsigned(1)
      encoder.unsigned(UInt64(inferences))
      encoder.unsigned(UInt64(seconds))
    }
    if let bytes = maximumMessageBytes { encoder.unsigned(UInt64(bytes)) } else { encoder.null() }
    encoder.array(operatorSets.count)
    for set in operatorSets {
      encoder.array(2)
      encoder.text(set.domain)
      encoder.unsigned(UInt64(set.version))
    }
    encoder.array(5)
    encoder.bytes(blob.blobID)
    encoder.unsigned(UInt64(blob.layout.plaintextBytes))
    encoder.unsigned(UInt64(blob.layout.chunkBytes))
    encoder.unsigned(UInt64(blob.layout.chunkCount))
    encoder.bytes(blob.weightsDigest)
    encoder.array(tensors.count)
    for tensor in tensors { encoder.tensor(tensor) }
    encoder.graph(graph)
    return encoder.finish()
  }
}

extension CBOREncoder {
  fileprivate mutating func tensor(_ tensor: TensorEntry) {
    array(4)
    unsigned(UInt64(tensor.elementType.rawValue))
    array(tensor.shape.count)
    for dimension in tensor.shape { unsigned(UInt64(dimension)) }
    unsigned(UInt64(tensor.offset))
    unsigned(UInt64(tensor.byteCount))
  }

  fileprivate mutating func graph(_ graph: Graph) {
    array(4)
    array(graph.inputs.count)
    for input in graph.inputs { value(input) }
    array(graph.outputs.count)
    for output in graph.outputs { value(output) }
    array(graph.constants.count)
    for constant in graph.constants {
      array(2)
      unsigned(UInt64(constant.id))
      unsigned(UInt64(constant.tensor))
    }
    array(graph.nodes.count)
    for node in graph.nodes { self.node(node) }
  }

  private mutating func value(_ value: GraphValue) {
    array(4)
    unsigned(UInt64(value.id))
    text(value.name)
    unsigned(UInt64(value.elementType?.rawValue ?? 0))
    guard let shape = value.shape else { return null() }
    array(shape.count)
    for dimension in shape {
      switch dimension {
      case .fixed(let size): unsigned(UInt64(size))
      case .symbol(let symbol): negative(UInt64(symbol))
      case .unknown: null()
      }
    }
  }

  private mutating func node(_ node: Node) {
    array(6)
    text(node.operation)
    text(node.domain)
    unsigned(UInt64(node.sinceVersion))
    for values in [node.inputs, node.outputs] {
      array(values.count)
      for id in values { unsigned(UInt64(id)) }
    }
    array(node.attributes.count)
    for attribute in node.attributes {
      array(3)
      text(attribute.name)
      self.attribute(attribute.value)
    }
  }

  private mutating func attribute(_ value: AttributeValue) {
    unsigned(UInt64(value.kind.rawValue))
    switch value {
    case .float(let number): unsigned(UInt64(number.bitPattern))
    case .int(let number): integer(number)
    case .string(let text): bytes(text)
    case .tensor(let index): unsigned(UInt64(index))
    case .graph(let graph): self.graph(graph)
    case .floats(let numbers):
      var packed: [UInt8] = []
      packed.reserveCapacity(4 * numbers.count)
      for number in numbers {
        for shift in [0, 8, 16, 24] as [UInt32] {
          packed.append(UInt8(truncatingIfNeeded: number.bitPattern >> shift))
        }
      }
      bytes(packed)
    case .ints(let numbers):
      array(numbers.count)
      for number in numbers { integer(number) }
    case .strings(let texts):
      array(texts.count)
      for text in texts { bytes(text) }
    }
  }
}

extension AttributeValue {
  /// What tells the kinds apart in a body, numbered as ONNX numbers `AttributeProto.AttributeType`.
  enum Kind: UInt8 {
    case float = 1
    case int = 2
    case string = 3
    case tensor = 4
    case graph = 5
    case floats = 6
    case ints = 7
    case strings = 8
  }

  var kind: Kind {
    switch self {
    case .float: .float
    case .int: .int
    case .string: .string
    case .tensor: .tensor
    case .graph: .graph
    case .floats: .floats
    case .ints: .ints
    case .strings: .strings
    }
  }
}
