internal import EphemeralModel
internal import Glibc

/// What sums and products are kept in.
protocol Summand: BitwiseCopyable, Sendable {
  static var none: Self { get }
  static var unit: Self { get }
  /// Integers wrap.
  func plus(_ other: Self) -> Self
  func times(_ other: Self) -> Self
  /// Integers round toward zero.
  func over(_ other: Self) throws(EngineError) -> Self
  init(count: Int)
}

/// An element on which the engine does arithmetic. Nothing here traps, whatever the values.
protocol Number: Summand, Comparable {
  /// The type in which sums are kept.
  associatedtype Sum: Summand
  static var elementType: ElementType { get }
  /// The least and the greatest value, infinities included.
  static var least: Self { get }
  static var greatest: Self { get }
  /// Integers wrap.
  func minus(_ other: Self) -> Self
  /// The remainder with the divisor's sign.
  func floorRemainder(_ other: Self) throws(EngineError) -> Self
  /// The remainder with the dividend's sign.
  func truncatedRemainder(_ other: Self) throws(EngineError) -> Self
  /// The greater or lesser; not-a-number wins.
  func greater(_ other: Self) -> Self
  func lesser(_ other: Self) -> Self
  var magnitudeValue: Self { get }
  var negated: Self { get }
  var sign: Self { get }
  var widened: Sum { get }
  init(narrowing sum: Sum)
  /// Its value as a binary64, rounded where need be.
  var real: Double { get }
  /// Nearest value toward zero; outside the range the nearest end, not-a-number becomes zero.
  init(clamping real: Double)
}

/// A floating-point element: adds the transcendental functions.
protocol Real: Number, Trigonometric, BinaryFloatingPoint {
  func power(_ exponent: Self) -> Self
  var exponential: Self { get }
  var logarithm: Self { get }
  var root: Self { get }
  var hyperbolicTangent: Self { get }
  var errorFunction: Self { get }
  var sine: Self { get }
  var cosine: Self { get }
}

extension Number where Self: BinaryFloatingPoint {
  static var none: Self { 0 }
  static var unit: Self { 1 }
  static var least: Self { -Self.infinity }
  static var greatest: Self { Self.infinity }
  @inline(__always) func plus(_ other: Self) -> Self { self + other }
  @inline(__always) func minus(_ other: Self) -> Self { self - other }
  @inline(__always) func times(_ other: Self) -> Self { self * other }
  @inline(__always) func over(_ other: Self) throws(EngineError) -> Self { self / other }
  func truncatedRemainder(_ other: Self) throws(EngineError) -> Self {
    truncatingRemainder(dividingBy: other)
  }
  func floorRemainder(_ other: Self) throws(EngineError) -> Self {
    let rest = truncatingRemainder(dividingBy: other)
    if rest.isNaN { return rest }
    if rest == 0 { return Self(signOf: other, magnitudeOf: 0) }
    return (rest < 0) == (other < 0) ? rest : rest + other
  }
  @inline(__always) func greater(_ other: Self) -> Self {
    self > other || self != self ? self : other
  }
  @inline(__always) func lesser(_ other: Self) -> Self {
    self < other || self != self ? self : other
  }
  var magnitudeValue: Self { magnitude }
  var negated: Self { -self }
  var sign: Self { self > 0 ? 1 : self < 0 ? -1 : self }
  init(count: Int) { self = Self(count) }
}

extension Number where Self: FixedWidthInteger {
  static var none: Self { 0 }
  static var unit: Self { 1 }
  static var least: Self { min }
  static var greatest: Self { max }
  @inline(__always) func plus(_ other: Self) -> Self { self &+ other }
  @inline(__always) func minus(_ other: Self) -> Self { self &- other }
  @inline(__always) func times(_ other: Self) -> Self { self &* other }
  func over(_ other: Self) throws(EngineError) -> Self {
    let (quotient, overflow) = dividedReportingOverflow(by: other)
    if overflow { throw .divisionUndefined }
    return quotient
  }
  func truncatedRemainder(_ other: Self) throws(EngineError) -> Self {
    if other == 0 { throw .divisionUndefined }
    return remainderReportingOverflow(dividingBy: other).partialValue
  }
  func floorRemainder(_ other: Self) throws(EngineError) -> Self {
    let rest = try truncatedRemainder(other)
    return rest == 0 || (rest < 0) == (other < 0) ? rest : rest &+ other
  }
  @inline(__always) func greater(_ other: Self) -> Self { self > other ? self : other }
  @inline(__always) func lesser(_ other: Self) -> Self { self < other ? self : other }
  var magnitudeValue: Self { self < 0 ? 0 &- self : self }
  var negated: Self { 0 &- self }
  var sign: Self { self > 0 ? 1 : self < 0 ? 0 &- 1 : 0 }
  var widened: Self { self }
  init(narrowing sum: Self) { self = sum }
  var real: Double { Double(self) }
  init(clamping real: Double) {
    if real.isNaN {
      self = 0
    } else {
      self = Self(exactly: real.rounded(.towardZero)) ?? (real < 0 ? Self.min : Self.max)
    }
  }
  init(count: Int) { self = Self(truncatingIfNeeded: count) }
}

extension Float: Real {
  static var elementType: ElementType { .float32 }
  @inline(__always) var real: Double { Double(self) }
  @inline(__always) init(clamping real: Double) { self = Float(real) }
  @inline(__always) var widened: Double { Double(self) }
  @inline(__always) init(narrowing sum: Double) { self = Float(sum) }
  func power(_ exponent: Float) -> Float { powf(self, exponent) }
  var exponential: Float { expf(self) }
  var logarithm: Float { logf(self) }
  var root: Float { squareRoot() }
  var hyperbolicTangent: Float { tanhf(self) }
  var errorFunction: Float { erff(self) }
  var sine: Float { sinf(self) }
  var cosine: Float { cosf(self) }
}

extension Double: Real {
  static var elementType: ElementType { .float64 }
  @inline(__always) var real: Double { self }
  @inline(__always) init(clamping real: Double) { self = real }
  @inline(__always) var widened: Double { self }
  @inline(__always) init(narrowing sum: Double) { self = sum }
  func power(_ exponent: Double) -> Double { pow(self, exponent) }
  var exponential: Double { exp(self) }
  var logarithm: Double { log(self) }
  var root: Double { squareRoot() }
  var hyperbolicTangent: Double { tanh(self) }
  var errorFunction: Double { erf(self) }
  var sine: Double { sin(self) }
  var cosine: Double { cos(self) }
}

extension Int8: Number {
  static var elementType: ElementType { .int8 }
}
extension Int16: Number {
  static var elementType: ElementType { .int16 }
}
extension Int32: Number {
  static var elementType: ElementType { .int32 }
}
extension Int64: Number {
  static var elementType: ElementType { .int64 }
}
extension UInt8: Number {
  static var elementType: ElementType { .uint8 }
}
extension UInt16: Number {
  static var elementType: ElementType { .uint16 }
}
extension UInt32: Number {
  static var elementType: ElementType { .uint32 }
}
extension UInt64: Number {
  static var elementType: ElementType { .uint64 }
}
