internal import EphemeralModel

/// The meaning of a one-operand operator on an element of any number type.
protocol NumberFunction: Sendable {
  static func apply<T: Number>(_ x: T) -> T
}

enum Magnitude: NumberFunction {
  static func apply<T: Number>(_ x: T) -> T { x.magnitudeValue }
}
enum Negation: NumberFunction {
  static func apply<T: Number>(_ x: T) -> T { x.negated }
}
enum Sign: NumberFunction {
  static func apply<T: Number>(_ x: T) -> T { x.sign }
}
enum Rectified: NumberFunction {
  static func apply<T: Number>(_ x: T) -> T { x < T.none ? T.none : x }
}

/// An operator without attributes on each element of any number type.
struct NumberMap<Function: NumberFunction>: NumberOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, try call.input(0).shape)
    transform(x, into: out) { Function.apply($0) }
  }
}

/// The meaning of a one-operand operator on a floating-point element.
protocol RealFunction: Sendable {
  static func apply<T: Real>(_ x: T) -> T
}

enum SquareRoot: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.root }
}
enum Reciprocal: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { 1 / x }
}
enum Exponential: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.exponential }
}
enum Logarithm: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.logarithm }
}
enum Floor: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.rounded(.down) }
}
enum Ceiling: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.rounded(.up) }
}
enum RoundedToEven: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.rounded(.toNearestOrEven) }
}
enum ErrorFunction: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.errorFunction }
}
enum Sine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.sine }
}
enum Cosine: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.cosine }
}
enum HyperbolicTangent: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x.hyperbolicTangent }
}
enum Logistic: RealFunction {
  /// Never takes the exponential of a large positive number, so it does not overflow.
  static func apply<T: Real>(_ x: T) -> T {
    let e = (-x.magnitude).exponential
    return x < 0 ? e / (1 + e) : 1 / (1 + e)
  }
}
enum Softplus: RealFunction {
  /// log(1 + exp(x)), exact also where exp(x) overflows or is lost beside 1.
  static func apply<T: Real>(_ x: T) -> T {
    if x != x { return x }
    let e = (-x.magnitude).exponential
    // log(1 + e) by the classic correction for the rounding of 1 + e.
    let one = 1 + e
    let tail = one == 1 ? e : one.logarithm * e / (one - 1)
    return max(x, 0) + tail
  }
}
enum Softsign: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x / (1 + x.magnitude) }
}
enum HardSwish: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x * min(max(x / 6 + 0.5, 0), 1) }
}
enum Mish: RealFunction {
  static func apply<T: Real>(_ x: T) -> T { x * Softplus.apply(x).hyperbolicTangent }
}

/// An operator without attributes on each floating-point element.
struct RealMap<Function: RealFunction>: RealOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, try call.input(0).shape)
    transform(x, into: out) { Function.apply($0) }
  }
}

/// `IsNaN`.
struct IsNotANumber: RealOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.make(0, .bool, try call.input(0).shape).bytes
    transform(x, into: out) { $0.isNaN ? 1 : 0 }
  }
}

/// `IsInf`, of either sign or of one.
struct IsInfinite: RealOperation {
  private let negative: Bool
  private let positive: Bool

  init(_ node: NodeReader) throws(EngineError) {
    negative = try node.flag("detect_negative", true)
    positive = try node.flag("detect_positive", true)
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.make(0, .bool, try call.input(0).shape).bytes
    transform(x, into: out) { $0.isInfinite && ($0 < 0 ? negative : positive) ? 1 : 0 }
  }
}
