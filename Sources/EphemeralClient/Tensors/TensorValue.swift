public import EphemeralModel

/// A dense tensor at the client: row-major, little-endian.
public struct TensorValue: Equatable, Sendable {
  /// The type of its elements.
  public let elementType: ElementType
  /// Its dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Its elements' bytes, exactly as many as type and shape say.
  public let bytes: [UInt8]

  /// A tensor, or nil where the bytes do not fit type and shape.
  public init?(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    guard elementType.byteCount(shape: shape) == bytes.count else { return nil }
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// A float32 tensor, or nil where the count does not fit the shape.
  public init?(floats: [Float], shape: [Int]) {
    self.init(
      elementType: .float32, shape: shape,
      bytes: floats.flatMap { value in
        let bits = value.bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      })
  }

  /// The number of elements.
  public var elementCount: Int { bytes.count / elementType.byteCount }

  /// The elements as floats, if that is their type.
  public var floats: [Float]? {
    guard elementType == .float32 else { return nil }
    return (0..<elementCount).map { Float(bitPattern: UInt32(bits(at: $0))) }
  }

  /// The element at `index` of the flat order, as its bits.
  func bits(at index: Int) -> UInt64 {
    let size = elementType.byteCount
    var bits: UInt64 = 0
    for byte in (0..<size).reversed() { bits = bits << 8 | UInt64(bytes[index * size + byte]) }
    return bits
  }

  /// `[2, 3]`, or `[]` for a scalar.
  static func describe(_ shape: [Int]) -> String {
    "[" + shape.map(String.init).joined(separator: ", ") + "]"
  }
}
