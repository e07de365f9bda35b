/// What a tensor is, without its data: for encoding.
public struct TensorHeader: Equatable, Sendable {
  /// The graph's name for it, 1 to `TensorDescriptor.maximumNameBytes` bytes of UTF-8.
  public let name: String
  /// The type of its elements.
  public let elementType: ElementType
  /// Its dimensions, outermost first; empty for a scalar.
  public let shape: [Int]

  /// A header; `InferBody` checks it against the bounds when it encodes.
  public init(name: String, elementType: ElementType, shape: [Int]) {
    self.name = name
    self.elementType = elementType
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
  public let elementType: ElementType
  /// The dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where the data lies: little-endian, row-major, exactly shape times width bytes.
  public let data: Range<Int>

  /// The number of elements.
  public var elementCount: Int { data.count / elementType.byteCount }

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
}
