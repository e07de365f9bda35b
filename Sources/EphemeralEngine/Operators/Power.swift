internal import EphemeralModel

/// `Pow`; base and exponent may differ in type, and the result has the base's.
struct Power: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    switch try call.input(0).type {
    case .float32: try run(&call, Float.self)
    case .float64: try run(&call, Double.self)
    case .int32: try run(&call, Int32.self)
    case .int64: try run(&call, Int64.self)
    case .float16, .bfloat16:
      try call.inSingle { (inner) throws(EngineError) in try run(&inner, Float.self) }
    default: throw .unsupportedElementType
    }
  }

  private func run<B: Number>(_ call: inout Call, _ base: B.Type) throws(EngineError) {
    let exponent = try call.input(1).type
    switch exponent {
    case .float32: try run(&call, base, Float.self)
    case .float64: try run(&call, base, Double.self)
    case .int64: try run(&call, base, Int64.self)
    case .float16, .bfloat16, .int8, .int16, .int32, .uint8, .uint16, .uint32, .uint64:
      // Narrow ones become the wider type that holds them all; the largest u64 are past any use.
      let wide: ElementType = exponent.isHalf ? .float32 : .int64
      let given = try call.input(1)
      let wider = try call.converted(given, to: wide)
      var inner = call.replacing(1, with: wider)
      try run(&inner, base)
      try call.give(inner.result(0))
    case .bool: throw .unsupportedElementType
    }
  }

  private func run<B: Number, E: Number>(_ call: inout Call, _ base: B.Type, _ exponent: E.Type)
    throws(EngineError)
  {
    let plan = try BroadcastPlan([call.input(0).shape, call.input(1).shape])
    let (a, b) = (try call.cells(0, base), try call.cells(1, exponent))
    let out = try call.cells(output: 0, base, plan.shape)
    try plan.combine(a, b, into: out) { (x, y) throws(EngineError) in
      if let integer = x as? Int64, let times = y as? Int64, times >= 0 {
        return B(narrowingInteger: Self.wrappingPower(integer, times))
      }
      // Squares and cubes are common in exported graphs and exact in this form.
      if y.real == 2 { return x.times(x) }
      if y.real == 3 { return x.times(x).times(x) }
      return B(clamping: x.real.power(y.real))
    }
  }

  /// Integer powers by squaring, modulo 2^64.
  private static func wrappingPower(_ base: Int64, _ exponent: Int64) -> Int64 {
    var (result, factor, left): (Int64, Int64, Int64) = (1, base, exponent)
    while left > 0 {
      if left & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      left >>= 1
    }
    return result
  }
}

extension Number {
  /// The low bits of an integer; real types take its value.
  fileprivate init(narrowingInteger value: Int64) {
    self = (value as? Self) ?? Self(clamping: Double(value))
  }
}
