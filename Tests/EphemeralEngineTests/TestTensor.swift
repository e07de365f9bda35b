import EphemeralModel

/// A tensor in a test: its bytes as they go over the wire.
struct TestTensor: Equatable {
  var type: ElementType
  var shape: [Int]
  var bytes: [UInt8]

  /// Numbers as elements of a type.
  init(_ type: ElementType, _ shape: [Int], _ values: [Double]) {
    self.type = type
    self.shape = shape
    bytes = values.flatMap { Self.encode(type, real: $0, integer: nil) }
  }

  init(type: ElementType, shape: [Int], bytes: [UInt8]) {
    (self.type, self.shape, self.bytes) = (type, shape, bytes)
  }

  /// `float32[2,3]`, then the elements, after white space or colons.
  init?(parsing text: Substring) {
    let words = text.split { $0 == " " || $0 == ":" }
    guard let head = words.first, let open = head.firstIndex(of: "["),
      let type = ElementType.allCases.first(where: { $0.name == head[..<open] })
    else { return nil }
    self.type = type
    shape = head[open...].dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
    bytes = words.dropFirst().flatMap {
      Self.encode(type, real: Double($0) ?? .nan, integer: Int64($0))
    }
    guard bytes.count == shape.reduce(type.byteCount, *) else { return nil }
  }

  /// The elements as numbers.
  var values: [Double] {
    let width = type.byteCount
    return stride(from: 0, to: bytes.count, by: width).map { at in
      var pattern: UInt64 = 0
      for byte in (0..<width).reversed() { pattern = pattern << 8 | UInt64(bytes[at + byte]) }
      switch type {
      case .float32: return Double(Float(bitPattern: UInt32(pattern)))
      case .float64: return Double(bitPattern: pattern)
      case .float16: return Double(Float16(bitPattern: UInt16(pattern)))
      case .bfloat16: return Double(Float(bitPattern: UInt32(pattern) << 16))
      case .int8: return Double(Int8(truncatingIfNeeded: pattern))
      case .int16: return Double(Int16(truncatingIfNeeded: pattern))
      case .int32: return Double(Int32(truncatingIfNeeded: pattern))
      case .int64: return Double(Int64(bitPattern: pattern))
      case .uint8, .uint16, .uint32, .uint64, .bool: return Double(pattern)
      }
    }
  }

  private static func encode(_ type: ElementType, real: Double, integer: Int64?) -> [UInt8] {
    let pattern: UInt64
    switch type {
    case .float32: pattern = UInt64(Float(real).bitPattern)
    case .float64: pattern = real.bitPattern
    case .float16: pattern = UInt64(Float16(real).bitPattern)
    case .bfloat16: pattern = UInt64(Float(real).bitPattern >> 16)
    default: pattern = UInt64(bitPattern: integer ?? Int64(real))
    }
    return (0..<type.byteCount).map { UInt8(truncatingIfNeeded: pattern >> (8 * $0)) }
  }

  /// Whether two tensors agree: integers exactly, reals within a part in a million or so.
  func agrees(with other: TestTensor) -> Bool {
    guard type == other.type, shape == other.shape else { return false }
    return zip(values, other.values).allSatisfy { a, b in
      a == b || (a.isNaN && b.isNaN) || abs(a - b) <= 1e-6 + 4e-6 * abs(b)
    }
  }
}
