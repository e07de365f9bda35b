internal import EphemeralModel

/// An element that can be converted: every type that a tensor may have.
protocol Convertible: BitwiseCopyable {
  static var isReal: Bool { get }
  static var isUnsigned: Bool { get }
  /// The value; each is asked only of the kind of type that it suits.
  var asReal: Double { get }
  var asInteger: Int64 { get }
  var asUnsigned: UInt64 { get }
  init(real: Double)
  init(integer: Int64)
  init(unsigned: UInt64)
}

extension Convertible where Self: Number & FixedWidthInteger {
  static var isReal: Bool { false }
  static var isUnsigned: Bool { !isSigned }
  var asReal: Double { Double(self) }
  var asInteger: Int64 { Int64(truncatingIfNeeded: self) }
  var asUnsigned: UInt64 { UInt64(truncatingIfNeeded: self) }
  init(real: Double) { self.init(clamping: real) }
  init(integer: Int64) { self.init(truncatingIfNeeded: integer) }
  init(unsigned: UInt64) { self.init(truncatingIfNeeded: unsigned) }
}

extension Convertible where Self: BinaryFloatingPoint {
  static var isReal: Bool { true }
  static var isUnsigned: Bool { false }
  var asReal: Double { Double(self) }
  var asInteger: Int64 { Int64(clamping: Double(self)) }
  var asUnsigned: UInt64 { UInt64(clamping: Double(self)) }
  init(real: Double) { self.init(real) }
  init(integer: Int64) { self.init(integer) }
  init(unsigned: UInt64) { self.init(unsigned) }
}

extension Int8: Convertible {}
extension Int16: Convertible {}
extension Int32: Convertible {}
extension Int64: Convertible {}
extension UInt8: Convertible {}
extension UInt16: Convertible {}
extension UInt32: Convertible {}
extension UInt64: Convertible {}
extension Float: Convertible {}
extension Double: Convertible {}
extension Float16: Convertible {}

/// A bool element as it lies in memory: any byte but zero is true.
struct Truth: Convertible {
  let byte: UInt8
  static var isReal: Bool { false }
  static var isUnsigned: Bool { true }
  var asReal: Double { byte == 0 ? 0 : 1 }
  var asInteger: Int64 { byte == 0 ? 0 : 1 }
  var asUnsigned: UInt64 { byte == 0 ? 0 : 1 }
  init(real: Double) { byte = real == 0 ? 0 : 1 }
  init(integer: Int64) { byte = integer == 0 ? 0 : 1 }
  init(unsigned: UInt64) { byte = unsigned == 0 ? 0 : 1 }
}

/// The upper half of a binary32.
struct BrainFloat: Convertible {
  let bits: UInt16
  static var isReal: Bool { true }
  static var isUnsigned: Bool { false }
  private var value: Float { Float(bitPattern: UInt32(bits) << 16) }
  var asReal: Double { Double(value) }
  var asInteger: Int64 { Int64(clamping: Double(value)) }
  var asUnsigned: UInt64 { UInt64(clamping: Double(value)) }
  init(integer: Int64) { self.init(real: Double(integer)) }
  init(unsigned: UInt64) { self.init(real: Double(unsigned)) }

  /// Rounds once: what the f32 in between loses is kept as its last bit.
  init(real: Double) {
    let single = Float(real)
    guard single.isFinite, Double(single) != real else {
      self.init(nearest: single)
      return
    }
    let isAbove = Double(single.magnitude) > real.magnitude
    let toward = Float(bitPattern: single.bitPattern &- (isAbove ? 1 : 0))
    self.init(nearest: Float(bitPattern: toward.bitPattern | 1))
  }

  /// Rounds to nearest, ties to even.
  private init(nearest value: Float) {
    let pattern = value.bitPattern
    if value.isNaN {
      bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x40
    } else {
      let half = 0x7fff &+ (pattern >> 16 & 1)
      bits = UInt16(truncatingIfNeeded: (pattern &+ half) >> 16)
    }
  }
}

/// `Cast` to a type named by an attribute, and `CastLike` to another input's type.
struct Cast: Operation {
  private let target: ElementType?

  init(_ node: NodeReader) throws(EngineError) {
    // These two speak of 8-bit floats alone, which no tensor here has.
    node.ignore("saturate", "round_mode")
    target = try node.elementType("to")
  }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    var type = target
    if type == nil { type = try call.input(1).type }
    guard let type else { throw .topologyInvalid }
    if type == x.type { return try call.give(x).discard() }
    Conversion.run(x, into: try call.make(0, type, x.shape))
  }
}

extension Tensor {
  /// Ends an expression whose tensor is not needed.
  fileprivate func discard() {}
}

/// Converts elements from one type to another.
enum Conversion {
  /// Writes every element of `x` into `out`, which has as many.
  static func run(_ x: Tensor, into out: Tensor) {
    switch x.type {
    case .float32: convert(x.cells(Float.self), out)
    case .float64: convert(x.cells(Double.self), out)
    case .float16: convert(x.cells(Float16.self), out)
    case .bfloat16: convert(x.cells(BrainFloat.self), out)
    case .bool: convert(x.cells(Truth.self), out)
    case .int8: convert(x.cells(Int8.self), out)
    case .int16: convert(x.cells(Int16.self), out)
    case .int32: convert(x.cells(Int32.self), out)
    case .int64: convert(x.cells(Int64.self), out)
    case .uint8: convert(x.cells(UInt8.self), out)
    case .uint16: convert(x.cells(UInt16.self), out)
    case .uint32: convert(x.cells(UInt32.self), out)
    case .uint64: convert(x.cells(UInt64.self), out)
    }
  }

  private static func convert<S: Convertible>(_ x: Cells<S>, _ out: Tensor) {
    switch out.type {
    case .float32: convert(x, to: out.cells(Float.self))
    case .float64: convert(x, to: out.cells(Double.self))
    case .float16: convert(x, to: out.cells(Float16.self))
    case .bfloat16: convert(x, to: out.cells(BrainFloat.self))
    case .bool: convert(x, to: out.cells(Truth.self))
    case .int8: convert(x, to: out.cells(Int8.self))
    case .int16: convert(x, to: out.cells(Int16.self))
    case .int32: convert(x, to: out.cells(Int32.self))
    case .int64: convert(x, to: out.cells(Int64.self))
    case .uint8: convert(x, to: out.cells(UInt8.self))
    case .uint16: convert(x, to: out.cells(UInt16.self))
    case .uint32: convert(x, to: out.cells(UInt32.self))
    case .uint64: convert(x, to: out.cells(UInt64.self))
    }
  }

  private static func convert<S: Convertible, D: Convertible>(_ x: Cells<S>, to out: Cells<D>) {
    if S.isReal {
      transform(x, into: out) { D(real: $0.asReal) }
    } else if S.isUnsigned {
      transform(x, into: out) { D(unsigned: $0.asUnsigned) }
    } else {
      transform(x, into: out) { D(integer: $0.asInteger) }
    }
  }
}
