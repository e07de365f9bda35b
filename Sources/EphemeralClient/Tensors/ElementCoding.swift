internal import EphemeralModel

/// One element's bits as a JSON number and back, exactly.
enum ElementCoding {
  /// The element as JSON; NaN and infinities, which JSON cannot say, as strings.
  static func value(_ bits: UInt64, _ type: ElementType) -> JSONValue {
    switch type {
    case .bool: .bool(bits != 0)
    case .uint8, .uint16, .uint32, .uint64: .integer(bits)
    case .int8: .integer(Int8(truncatingIfNeeded: bits))
    case .int16: .integer(Int16(truncatingIfNeeded: bits))
    case .int32: .integer(Int32(truncatingIfNeeded: bits))
    case .int64: .integer(Int64(truncatingIfNeeded: bits))
    case .float32: .real(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: .real(Double(bitPattern: bits))
    case .float16: .real(HalfPrecision.float(UInt16(truncatingIfNeeded: bits)))
    case .bfloat16: .real(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))
    }
  }

  /// The bits of a JSON value as an element; nil where it is none or out of range.
  static func bits(_ value: JSONValue, _ type: ElementType) -> UInt64? {
    switch type {
    case .bool:
      if case .bool(let flag) = value { return flag ? 1 : 0 }
      return nil
    case .uint8: return integer(value, UInt8.self).map(UInt64.init)
    case .uint16: return integer(value, UInt16.self).map(UInt64.init)
    case .uint32: return integer(value, UInt32.self).map(UInt64.init)
    case .uint64: return integer(value, UInt64.self)
    case .int8: return integer(value, Int8.self).map { UInt64(truncatingIfNeeded: $0) }
    case .int16: return integer(value, Int16.self).map { UInt64(truncatingIfNeeded: $0) }
    case .int32: return integer(value, Int32.self).map { UInt64(truncatingIfNeeded: $0) }
    case .int64: return integer(value, Int64.self).map { UInt64(truncatingIfNeeded: $0) }
    case .float32: return real(value, Float.self).map { UInt64($0.bitPattern) }
    case .float64: return real(value, Double.self).map(\.bitPattern)
    case .float16:
      return real(value, Double.self).flatMap { HalfPrecision.bits($0) }
    case .bfloat16: return real(value, Float.self).map { UInt64(HalfPrecision.bfloat16($0)) }
    }
  }

  private static func integer<Number: FixedWidthInteger>(
    _ value: JSONValue, _: Number.Type
  ) -> Number? {
    guard case .number(let digits) = value else { return nil }
    return Number(digits)
  }

  /// A finite number that stays finite in `Number`, or one of the three spelt-out values.
  private static func real<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ value: JSONValue, _: Number.Type
  ) -> Number? {
    switch value {
    case .number(let digits):
      guard let number = Number(digits), number.isFinite else { return nil }
      return number
    case .string("NaN"): return Number.nan
    case .string("Infinity"): return Number.infinity
    case .string("-Infinity"): return -Number.infinity
    default: return nil
    }
  }
}

/// IEEE 754 binary16 and bfloat16 by their bits, on every processor alike.
enum HalfPrecision {
  /// The value of a binary16.
  static func float(_ bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * Float(sign: .plus, exponent: -24, significand: 1) }
    return sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
  }

  /// The nearest binary16, ties to even; nil where a finite number would become infinite.
  static func bits(_ value: Double) -> UInt64? {
    if value.isNaN { return 0x7e00 }
    let sign: UInt64 = value.sign == .minus ? 0x8000 : 0
    let magnitude = value.magnitude
    if magnitude == .infinity { return sign | 0x7c00 }
    if magnitude < 0x1p-14 {
      return sign | UInt64((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let exponent = Int(magnitude.exponent)
    let scaled = (magnitude * Double(sign: .plus, exponent: 10 - exponent, significand: 1))
      .rounded(.toNearestOrEven)
    // A significand of 2048 carries into the exponent by the addition itself.
    let bits = UInt64(exponent + 14) << 10 + UInt64(scaled)
    return bits < 0x7c00 ? sign | bits : nil
  }

  /// The nearest bfloat16, ties to even.
  static func bfloat16(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7fc0 }
    let bits = value.bitPattern
    let rounding = 0x7fff + (bits >> 16 & 1)
    return UInt16(truncatingIfNeeded: (bits &+ rounding) >> 16)
  }
}
