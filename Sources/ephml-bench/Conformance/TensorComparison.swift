import EphemeralModel

/// Holds a result against what a test says it must be.
///
/// Element types and shapes must be the same. Integers and truth values must be equal; reals must
/// lie within `atol + rtol · |expected|`, and a NaN equals a NaN.
struct TensorComparison {
  /// The permitted relative and absolute difference.
  let relative: Double
  let absolute: Double

  /// What is wrong with `result`, or nil where it agrees.
  func difference(_ result: PlainTensor, expected: PlainTensor) -> String? {
    if result.type != expected.type {
      return "type \(result.type.name), expected \(expected.type.name)"
    }
    if result.shape != expected.shape { return "shape \(result.shape), expected \(expected.shape)" }
    if !Self.isReal(result.type) {
      guard result.bytes != expected.bytes else { return nil }
      let at = zip(result.bytes, expected.bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
      return "an integer differs, first at element \(at / result.type.byteCount)"
    }
    let (mine, theirs) = (Self.reals(result), Self.reals(expected))
    for (index, (found, wanted)) in zip(mine, theirs).enumerated() {
      if found == wanted || (found.isNaN && wanted.isNaN) { continue }
      if abs(found - wanted) <= absolute + relative * abs(wanted) { continue }
      return "element \(index) is \(found), expected \(wanted)"
    }
    return nil
  }

  private static func isReal(_ type: ElementType) -> Bool {
    switch type {
    case .float32, .float64, .float16, .bfloat16: true
    case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: false
    }
  }

  /// The elements of a tensor of reals.
  private static func reals(_ tensor: PlainTensor) -> [Double] {
    let width = tensor.type.byteCount
    return stride(from: 0, to: tensor.bytes.count, by: width).map { at in
      var pattern: UInt64 = 0
      for byte in (0..<width).reversed() {
        pattern = pattern << 8 | UInt64(tensor.bytes[at + byte])
      }
      return switch tensor.type {
      case .float64: Double(bitPattern: pattern)
      case .float16: Double(Float16(bitPattern: UInt16(pattern)))
      case .bfloat16: Double(Float(bitPattern: UInt32(pattern) << 16))
      default: Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
      }
    }
  }
}
