import EphemeralModel

/// What takes a tensor's bytes: the blob, or memory.
protocol ByteSink: ~Copyable {
  /// Appends a range of a file.
  mutating func write(_ file: InputFile, _ range: Range<Int>) throws(DecomposeError)
  /// Appends bytes.
  mutating func write(_ bytes: Span<UInt8>) throws(DecomposeError)
}

/// Copies a tensor's values, little-endian and dense, from wherever ONNX keeps them.
enum TensorStream {
  /// Appends exactly the tensor's bytes to the sink; errors: tensorData and those of reading.
  static func copy<Sink: ByteSink & ~Copyable>(
    _ tensor: ONNXTensor, to blob: inout Sink, path: String
  ) throws(DecomposeError) {
    switch tensor.source {
    case .raw(let file, let range): try blob.write(file, range)
    case .inline(let bytes): try blob.write(bytes.span)
    case .stored(let tensor): try tensor.copy(to: &blob)
    case .typed(let window, let range, let field):
      var run = TypedRun(tensor, field, path: path)
      var reader = ProtobufReader(window, range: range)
      while let (number, value) = try reader.next() {
        if number == field.rawValue { try run.take(value, window: window, to: &blob) }
      }
      try run.finish(&blob)
    }
  }

  /// Whether the first element of a tensor of truth values is true; an empty one is false.
  static func truth(_ tensor: ONNXTensor, path: String) throws(DecomposeError) -> Bool {
    guard tensor.byteCount > 0 else { return false }
    switch tensor.source {
    case .inline(let bytes): return bytes.first != 0
    // Weights are numbers.
    case .stored: throw DecomposeError(file: path, problem: .tensorData(tensor: tensor.name))
    case .raw(let file, let range):
      var byte: [UInt8] = [0]
      var span = byte.mutableSpan
      try file.read(at: range.lowerBound, into: &span)
      return byte[0] != 0
    case .typed(let window, let range, let field):
      var reader = ProtobufReader(window, range: range)
      while let (number, value) = try reader.next() {
        guard number == field.rawValue else { continue }
        switch value {
        case .varint(let bits): return bits != 0
        case .bytes(let packed):
          var inner = ProtobufReader(window, range: packed)
          if !inner.isAtEnd { return try inner.varint() != 0 }
        case .fixed32, .fixed64: break
        }
      }
      throw DecomposeError(file: path, problem: .tensorData(tensor: tensor.name))
    }
  }
}

/// The values of one typed field, converted piece by piece.
private struct TypedRun {
  private static let pieceBytes = 32 << 10
  private let tensor: ONNXTensor
  private let field: TypedField
  private let path: String
  private let expected: Int
  private var count = 0
  private var piece: [UInt8] = []

  init(_ tensor: ONNXTensor, _ field: TypedField, path: String) {
    self.tensor = tensor
    self.field = field
    self.path = path
    self.expected = tensor.byteCount / tensor.elementType.byteCount
    piece.reserveCapacity(Self.pieceBytes + 8)
  }

  /// Takes one element or a packed run of them.
  mutating func take<Sink: ByteSink & ~Copyable>(
    _ value: ProtobufValue, window: FileWindow, to blob: inout Sink
  ) throws(DecomposeError) {
    switch (field, value) {
    case (_, .bytes(let range)):
      var packed = ProtobufReader(window, range: range)
      while !packed.isAtEnd {
        let bits: UInt64
        switch field {
        case .float: bits = try packed.fixed(4)
        case .double: bits = try packed.fixed(8)
        case .int32, .int64, .uint64: bits = try packed.varint()
        }
        try append(bits, to: &blob)
      }
    case (.float, .fixed32(let bits)): try append(UInt64(bits), to: &blob)
    case (.double, .fixed64(let bits)): try append(bits, to: &blob)
    case (.int32, .varint(let bits)), (.int64, .varint(let bits)), (.uint64, .varint(let bits)):
      try append(bits, to: &blob)
    default: throw wrongData
    }
  }

  mutating func finish<Sink: ByteSink & ~Copyable>(_ blob: inout Sink) throws(DecomposeError) {
    guard count == expected else { throw wrongData }
    try blob.write(piece.span)
  }

  private mutating func append<Sink: ByteSink & ~Copyable>(
    _ bits: UInt64, to blob: inout Sink
  ) throws(DecomposeError) {
    guard count < expected, fits(bits) else { throw wrongData }
    count += 1
    for index in 0..<tensor.elementType.byteCount {
      piece.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index)))
    }
    if piece.count >= Self.pieceBytes {
      try blob.write(piece.span)
      piece.removeAll(keepingCapacity: true)
    }
  }

  /// Whether a widened value is one of the element type.
  private func fits(_ bits: UInt64) -> Bool {
    let signed = Int64(bitPattern: bits)
    return switch tensor.elementType {
    case .float32, .float64, .int64, .uint64: true
    case .int32: Int32(exactly: signed) != nil
    case .uint32: UInt32(exactly: bits) != nil
    case .int16: Int16(exactly: signed) != nil
    case .int8: Int8(exactly: signed) != nil
    case .uint16, .float16, .bfloat16: UInt16(exactly: signed) != nil
    case .uint8: UInt8(exactly: signed) != nil
    case .bool: signed == 0 || signed == 1
    }
  }

  private var wrongData: DecomposeError {
    DecomposeError(file: path, problem: .tensorData(tensor: tensor.name))
  }
}
