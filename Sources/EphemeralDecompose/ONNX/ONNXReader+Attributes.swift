import EphemeralModel

extension ONNXReader {
  /// Everything an AttributeProto may hold, before its type says which part counts.
  private struct Parts {
    var int: Int64 = 0
    var float: Float = 0
    var string: [UInt8] = []
    var ints: [Int64] = []
    var floats: [Float] = []
    var strings: [[UInt8]] = []
    var tensor: ONNXTensor?
    var graph: ONNXGraph?
    var kind: UInt64 = 0
    /// The kind that the fields themselves imply, for files older than the type field.
    var implied: UInt64 = 0
  }

  mutating func readAttribute(
    _ range: Range<Int>, depth: Int
  ) throws(DecomposeError) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    var parts = Parts()
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let range)): attribute.name = try name(range)
      case (21, .bytes(let range)): attribute.reference = try name(range)
      case (20, .varint(let kind)): parts.kind = kind
      default: try readPart(number, value, depth: depth, into: &parts)
      }
    }
    attribute.value = Self.value(parts)
    return attribute
  }

  private mutating func readPart(
    _ number: Int, _ value: ProtobufValue, depth: Int, into parts: inout Parts
  ) throws(DecomposeError) {
    switch (number, value) {
    case (2, .fixed32(let bits)):
      parts.float = Float(bitPattern: bits)
      parts.implied = 1
    case (3, .varint(let bits)):
      parts.int = Int64(bitPattern: bits)
      parts.implied = 2
    case (4, .bytes(let range)):
      parts.string = try shortBytes(range, maximum: ModelBounds.stringBytes, "an attribute")
      parts.implied = 3
    case (5, .bytes(let range)):
      parts.tensor = try readTensor(range)
      parts.implied = 4
    case (6, .bytes(let range)):
      parts.graph = try readGraph(range, depth: depth + 1)
      parts.implied = 5
    case (7, .fixed32(let bits)): try append(Float(bitPattern: bits), to: &parts)
    case (7, .bytes(let range)):
      var packed = ProtobufReader(window, range: range)
      while !packed.isAtEnd {
        let bits = UInt32(truncatingIfNeeded: try packed.fixed(4))
        try append(Float(bitPattern: bits), to: &parts)
      }
    case (8, .varint(let bits)): try append(Int64(bitPattern: bits), to: &parts)
    case (8, .bytes(let range)):
      var packed = ProtobufReader(window, range: range)
      while !packed.isAtEnd { try append(Int64(bitPattern: try packed.varint()), to: &parts) }
    case (9, .bytes(let range)):
      try bound(parts.strings.count, ModelBounds.attributeElements, "texts of an attribute")
      parts.strings.append(
        try shortBytes(range, maximum: ModelBounds.stringBytes, "an attribute"))
      parts.implied = 8
    case (10, _), (11, _), (14, _), (15, _), (22, _), (23, _): parts.implied = .max
    default: break
    }
  }

  private mutating func append(_ value: Float, to parts: inout Parts) throws(DecomposeError) {
    try bound(parts.floats.count, ModelBounds.attributeElements, "numbers of an attribute")
    try charge(MemoryLayout<Float>.size, "numbers of attributes")
    parts.floats.append(value)
    parts.implied = 6
  }

  private mutating func append(_ value: Int64, to parts: inout Parts) throws(DecomposeError) {
    try bound(parts.ints.count, ModelBounds.attributeElements, "numbers of an attribute")
    try charge(MemoryLayout<Int64>.size, "numbers of attributes")
    parts.ints.append(value)
    parts.implied = 7
  }

  private static func value(_ parts: Parts) -> ONNXAttributeValue {
    switch parts.kind == 0 ? parts.implied : parts.kind {
    case 1: .float(parts.float)
    case 2: .int(parts.int)
    case 3: .string(parts.string)
    case 4: parts.tensor.map { .tensor($0) } ?? .unsupported
    case 5: parts.graph.map { .graph($0) } ?? .unsupported
    case 6: .floats(parts.floats)
    case 7: .ints(parts.ints)
    case 8: .strings(parts.strings)
    default: .unsupported
    }
  }
}
