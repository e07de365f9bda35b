import EphemeralModel

extension ONNXReader {
  /// The fields of a TensorProto that say what it is; its values are only located.
  private struct Parts {
    var name = ""
    var dimensions: [Int64] = []
    var type = 0
    var raw: Range<Int>?
    var hasStrings = false
    var isExternal = false
    var external: [String: String] = [:]
    var isSegment = false
  }

  mutating func readTensor(_ range: Range<Int>) throws(DecomposeError) -> ONNXTensor {
    try charge(256, "tensors")
    var parts = Parts()
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      try readPart(number, value, into: &parts)
    }
    guard let type = UInt8(exactly: parts.type).flatMap({ ElementType(rawValue: $0) }),
      !parts.hasStrings
    else { throw error(.tensorType(tensor: parts.name, type: parts.type)) }
    var shape: [Int] = []
    for dimension in parts.dimensions {
      if dimension < 0 { throw error(.tensorShape(tensor: parts.name)) }
      shape.append(Int(dimension))
    }
    guard !parts.isSegment, shape.count <= ModelBounds.rank,
      let byteCount = type.byteCount(shape: shape),
      byteCount <= ModelBounds.weightBytes
    else { throw error(.tensorShape(tensor: parts.name)) }

    let source: TensorSource
    if parts.isExternal {
      source = try externalFiles.locate(
        parts.external, tensor: parts.name, byteCount: byteCount)
    } else if let raw = parts.raw {
      if raw.count != byteCount { throw error(.tensorData(tensor: parts.name)) }
      source = .raw(window.file, raw)
    } else {
      // Each element takes at least one byte of the file, so no shape can ask for more.
      if byteCount / type.byteCount > range.count {
        throw error(.tensorData(tensor: parts.name))
      }
      source = .typed(window, range, TypedField(type))
    }
    return ONNXTensor(
      name: parts.name, elementType: type, shape: shape, byteCount: byteCount, source: source)
  }

  private mutating func readPart(
    _ number: Int, _ value: ProtobufValue, into parts: inout Parts
  ) throws(DecomposeError) {
    switch (number, value) {
    case (1, .varint(let bits)): append(bits, to: &parts)
    case (1, .bytes(let range)):
      var packed = ProtobufReader(window, range: range)
      while !packed.isAtEnd { append(try packed.varint(), to: &parts) }
    case (2, .varint(let type)): parts.type = Int(truncatingIfNeeded: type)
    case (3, _): parts.isSegment = true
    case (6, _): parts.hasStrings = true
    case (8, .bytes(let range)): parts.name = try name(range)
    case (9, .bytes(let range)): parts.raw = range
    case (13, .bytes(let range)):
      let (key, text) = try readEntry(range)
      try bound(parts.external.count, 16, "external data entries of a tensor")
      parts.external[key] = text
    case (14, .varint(let location)): parts.isExternal = location == 1
    default: break
    }
  }

  /// Notes a dimension; one too many is judged when the tensor's name is known.
  private func append(_ bits: UInt64, to parts: inout Parts) {
    if parts.dimensions.count <= ModelBounds.rank {
      parts.dimensions.append(Int64(bitPattern: bits))
    }
  }

  private mutating func readEntry(
    _ range: Range<Int>
  ) throws(DecomposeError) -> (key: String, value: String) {
    var key = ""
    var text = ""
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let range)): key = try name(range)
      case (2, .bytes(let range)): text = try name(range)
      default: break
      }
    }
    return (key, text)
  }

  // MARK: Inputs, outputs and stated types

  mutating func readValue(_ range: Range<Int>) throws(DecomposeError) -> ONNXValue {
    try charge(128, "values")
    var result = ONNXValue()
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let range)): result.name = try name(range)
      case (2, .bytes(let range)): try readType(range, into: &result)
      default: break
      }
    }
    return result
  }

  private mutating func readType(
    _ range: Range<Int>, into result: inout ONNXValue
  ) throws(DecomposeError) {
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      guard number == 1, case .bytes(let range) = value else { continue }
      var tensor = ProtobufReader(window, range: range)
      while let (number, value) = try tensor.next() {
        switch (number, value) {
        case (1, .varint(let type)): result.elementType = Int(truncatingIfNeeded: type)
        case (2, .bytes(let range)): result.shape = try readShape(range)
        default: break
        }
      }
    }
  }

  private mutating func readShape(
    _ range: Range<Int>
  ) throws(DecomposeError) -> [ONNXDimension] {
    var shape: [ONNXDimension] = []
    var reader = ProtobufReader(window, range: range)
    while let (number, value) = try reader.next() {
      guard number == 1, case .bytes(let range) = value else { continue }
      try bound(shape.count, ModelBounds.rank, "dimensions of a value")
      var dimension = ONNXDimension.unknown
      var inner = ProtobufReader(window, range: range)
      while let (number, value) = try inner.next() {
        switch (number, value) {
        case (1, .varint(let size)): dimension = .value(Int64(bitPattern: size))
        case (2, .bytes(let range)): dimension = .symbol(try name(range))
        default: break
        }
      }
      shape.append(dimension)
    }
    return shape
  }
}
