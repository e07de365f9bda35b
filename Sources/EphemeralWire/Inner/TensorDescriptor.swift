/// Element types of tensors on the wire, by ONNX's numbers (onnx.proto3, TensorProto.DataType).
public enum WireDataType: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// IEEE 754 single.
  case float32 = 1
  /// Unsigned, 8 bits.
  case uint8 = 2
  /// Signed, 8 bits.
  case int8 = 3
  /// Unsigned, 16 bits.
  case uint16 = 4
  /// Signed, 16 bits.
  case int16 = 5
  /// Signed, 32 bits.
  case int32 = 6
  /// Signed, 64 bits.
  case int64 = 7
  /// One byte, 0 or 1.
  case bool = 9
  /// IEEE 754 half.
  case float16 = 10
  /// IEEE 754 double.
  case float64 = 11
  /// Unsigned, 32 bits.
  case uint32 = 12
  /// Unsigned, 64 bits.
  case uint64 = 13
  /// The upper half of an IEEE 754 single.
  case bfloat16 = 16

  /// Bytes of one element.
  public var byteWidth: Int {
    switch self {
    case .uint8, .int8, .bool: return 1
    case .uint16, .int16, .float16, .bfloat16: return 2
    case .float32, .int32, .uint32: return 4
    case .int64, .float64, .uint64: return 8
    }
  }
}

/// What a tensor is, without its data: for encoding.
public struct TensorHeader: Equatable, Sendable {
  /// The graph's name for it, 1 to `TensorDescriptor.maximumNameBytes` bytes of UTF-8.
  public let name: String
  /// The type of its elements.
  public let dataType: WireDataType
  /// Its dimensions, outermost first; empty for a scalar.
  public let shape: [Int]

  /// A header; `InferBody` checks it against the bounds when it encodes.
  public init(name: String, dataType: WireDataType, shape: [Int]) {
    self.name = name
    self.dataType = dataType
    self.shape = shape
  }
}

/// Where a tensor's parts lie in the bytes of an inference message; holds no data.
public struct TensorDescriptor: Equatable, Sendable {
  /// The most bytes of a name.
  public static let maximumNameBytes = 256
  /// The most dimensions of a tensor.
  public static let maximumRank = 8
  /// The most elements of a tensor, where a dimension of 0 counts as 1.
  public static let maximumElements = 1 << 40

  /// Where the name's UTF-8 lies.
  public let name: Range<Int>
  /// The type of the elements.
  public let dataType: WireDataType
  /// The dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where the data lies: little-endian, row-major, exactly shape times width bytes.
  public let data: Range<Int>

  /// The number of elements.
  public var elementCount: Int { data.count / dataType.byteWidth }

  /// Whether the tensor's name in `bytes` is `expected`.
  public func isNamed(_ expected: String, in bytes: Span<UInt8>) -> Bool {
    guard name.count == expected.utf8.count, name.upperBound <= bytes.count else { return false }
    var index = name.lowerBound
    for byte in expected.utf8 {
      if bytes[index] != byte { return false }
      index += 1
    }
    return true
  }

  /// The tensor's name, copied.
  public func name(in bytes: Span<UInt8>) -> String {
    guard name.upperBound <= bytes.count else { return "" }
    return String(decoding: copyBytes(of: bytes, name), as: UTF8.self)
  }

  /// Bytes of data that a shape needs, or nil where it is out of bounds.
  ///
  /// A dimension of 0 counts as 1 in the bound, so that no product of dimensions, in whatever order
  /// it is taken, can overflow.
  public static func byteCount(of dataType: WireDataType, shape: [Int]) -> Int? {
    guard shape.count <= maximumRank else { return nil }
    var bound = 1
    var isEmpty = false
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      if dimension == 0 { isEmpty = true }
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(dimension, 1))
      guard !overflow, product <= maximumElements else { return nil }
      bound = product
    }
    return isEmpty ? 0 : bound * dataType.byteWidth
  }
}
