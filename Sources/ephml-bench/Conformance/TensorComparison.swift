import EphemeralModel

/// Holds a result against what a test says it must be.
///
/// Element types and shapes must be the same. Integers and truth values must be equal; reals must
/// lie within `atol + rtol · |expected|`, and a NaN equals a NaN. Since what is expected was itself
/// computed in the type of the tensor, numbers of half width may always differ by two units in
/// their last place (ONNX's own runner has this rule for bfloat16), and wider ones by one unit in
/// the last place of the tensor's greatest element.
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
    let (step, floor) = Self.resolution(expected.type, theirs)
    for (index, (found, wanted)) in zip(mine, theirs).enumerated() {
      if found == wanted || (found.isNaN && wanted.isNaN) { continue }
      let tolerance = max(absolute + max(relative, step) * abs(wanted), floor)
      if abs(found - wanted) <= tolerance { continue }
      return "element \(index) is \(found), expected \(wanted)"
    }
    return nil
  }

  /// What a type cannot tell apart: a relative difference, and an absolute one among `values`.
  private static func resolution(_ type: ElementType, _ values: [Double]) -> (Double, Double) {
    let greatest = values.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    return switch type {
    case .bfloat16: (0x1p-6, 0)
    case .float16: (0x1p-9, 0)
    case .float64: (0, greatest * 0x1p-52)
    default: (0, greatest * 0x1p-23)
    }
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
