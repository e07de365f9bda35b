/// A float in the shortest of the three widths that keeps its value (RFC 8949 §4.2.1).
struct CBORFloat: Equatable {
  /// Additional information: 25 half, 26 single, 27 double.
  let additional: UInt8
  /// Bytes of the payload: 2, 4 or 8.
  let byteCount: Int
  /// The IEEE 754 bits, right-aligned.
  let bits: UInt64

  /// Every NaN becomes the quiet half NaN `7e00`, whatever its payload.
  init(_ value: Double) {
    if value.isNaN {
      (additional, byteCount, bits) = (25, 2, 0x7e00)
      return
    }
    let single = Float(value)
    guard Double(single) == value else {
      (additional, byteCount, bits) = (27, 8, value.bitPattern)
      return
    }
    if let half = Self.half(exactly: single) {
      (additional, byteCount, bits) = (25, 2, UInt64(half))
    } else {
      (additional, byteCount, bits) = (26, 4, UInt64(single.bitPattern))
    }
  }

  /// Reads the bits of one width; refuses those that a shorter width holds, and odd NaNs.
  static func value(additional: UInt8, bits: UInt64) throws(CBORError) -> Double {
    let value: Double
    switch additional {
    case 25: value = Double(single(fromHalf: UInt16(truncatingIfNeeded: bits)))
    case 26: value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    default: value = Double(bitPattern: bits)
    }
    let shortest = CBORFloat(value)
    guard shortest.additional == additional, shortest.bits == bits else {
      throw .nonCanonicalFloat
    }
    return value
  }

  /// The half-precision bits of `value`, or nil where half precision would change it.
  ///
  /// Written with integers: the standard library's `Float16` needs runtime helpers that not every
  /// static link has.
  static func half(exactly value: Float) -> UInt16? {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let exponent = Int(bits >> 23 & 0xff)
    let fraction = bits & 0x7f_ffff
    if exponent == 0xff { return fraction == 0 ? sign | 0x7c00 : nil }
    if exponent == 0 { return fraction == 0 ? sign : nil }
    let power = exponent - 127
    if power >= -14 && power <= 15 {
      guard fraction & 0x1fff == 0 else { return nil }
      let biased = UInt16(truncatingIfNeeded: power + 15) << 10
      return sign | biased | UInt16(truncatingIfNeeded: fraction >> 13)
    }
    guard power >= -24 && power < -14 else { return nil }
    // A subnormal half counts units of 2^-24.
    let significand = fraction | 0x80_0000
    let shift = UInt32(truncatingIfNeeded: -(power + 1))
    guard significand & ((1 << shift) - 1) == 0 else { return nil }
    return sign | UInt16(truncatingIfNeeded: significand >> shift)
  }

  private static func single(fromHalf half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1f)
    let fraction = UInt32(half & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
