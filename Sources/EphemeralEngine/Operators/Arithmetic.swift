internal import EphemeralModel

/// The meaning of a two-operand arithmetic operator on one pair of elements.
protocol PairFunction: Sendable {
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T
}

enum Addition: PairFunction {
  @inline(__always)
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T { a.plus(b) }
}
enum Subtraction: PairFunction {
  @inline(__always)
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T { a.minus(b) }
}
enum Multiplication: PairFunction {
  @inline(__always)
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T { a.times(b) }
}
enum Division: PairFunction {
  @inline(__always)
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T { try a.over(b) }
}
enum Maximum: PairFunction {
  @inline(__always)
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T { a.greater(b) }
}
enum Minimum: PairFunction {
  @inline(__always)
  static func apply<T: Number>(_ a: T, _ b: T) throws(EngineError) -> T { a.lesser(b) }
}

/// `Add`, `Sub`, `Mul`, `Div`: two operands broadcast together.
struct PairOperation<Function: PairFunction>: NumberOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let plan = try BroadcastPlan([call.input(0).shape, call.input(1).shape])
    let (a, b) = (try call.cells(0, type), try call.cells(1, type))
    let out = try call.cells(output: 0, type, plan.shape)
    try plan.combine(a, b, into: out) { (x, y) throws(EngineError) in
      try Function.apply(x, y)
    }
  }
}

/// `Sum`, `Max`, `Min`, `Mean`: any number of operands broadcast together.
struct VariadicOperation<Function: PairFunction>: NumberOperation {
  init(_ node: NodeReader) throws(EngineError) {
    guard node.inputCount > 0 else { throw .topologyInvalid }
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    _ = try Self.fold(&call, type)
  }

  /// Combines all inputs into output 0.
  static func fold<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) -> Cells<T> {
    var shapes: [Shape] = []
    for index in 0..<call.inputCount { shapes.append(try call.input(index).shape) }
    let whole = try BroadcastPlan(shapes).shape
    let out = try call.cells(output: 0, type, whole)
    let first = try call.cells(0, type)
    try BroadcastPlan([shapes[0]], to: whole).rows { at, starts, length, step in
      for i in 0..<length { out[at + i] = first[starts[0] + i * step[0]] }
    }
    for index in 1..<max(call.inputCount, 1) {
      try call.charge(whole.count)
      let next = try call.cells(index, type)
      let plan = BroadcastPlan([whole, shapes[index]], to: whole)
      try plan.combine(out, next, into: out) { (x, y) throws(EngineError) in
        try Function.apply(x, y)
      }
    }
    return out
  }
}

/// `Mean` of any number of operands broadcast together.
struct MeanOperation: RealOperation {
  init(_ node: NodeReader) throws(EngineError) {
    guard node.inputCount > 0 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let out = try VariadicOperation<Addition>.fold(&call, type)
    let count = T(call.inputCount)
    for index in 0..<out.count { out[index] /= count }
  }
}

/// `Mod`, with the sign of the divisor or, as C's fmod, of the dividend.
struct Modulus: NumberOperation {
  private let truncated: Bool
  private let takesReals: Bool

  init(_ node: NodeReader) throws(EngineError) {
    truncated = try node.flag("fmod")
    takesReals = truncated || node.version >= 28
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let isReal = type.elementType == .float32 || type.elementType == .float64
    guard takesReals || !isReal else { throw .unsupportedElementType }
    let plan = try BroadcastPlan([call.input(0).shape, call.input(1).shape])
    let (a, b) = (try call.cells(0, type), try call.cells(1, type))
    let out = try call.cells(output: 0, type, plan.shape)
    let truncated = truncated
    try plan.combine(a, b, into: out) { (x, y) throws(EngineError) in
      truncated ? try x.truncatedRemainder(y) : try x.floorRemainder(y)
    }
  }
}

/// `PRelu`: negative elements times a slope that broadcasts to the input.
struct ParametricRelu: NumberOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let plan = try BroadcastPlan([call.input(0).shape, call.input(1).shape])
    guard try plan.shape == call.input(0).shape else { throw .shapeMismatch }
    let (x, slope) = (try call.cells(0, type), try call.cells(1, type))
    let out = try call.cells(output: 0, type, plan.shape)
    try plan.combine(x, slope, into: out) { (x, s) throws(EngineError) in
      x < T.none ? x.times(s) : x
    }
  }
}
