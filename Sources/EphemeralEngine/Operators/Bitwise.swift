internal import EphemeralModel

/// The meaning of a bitwise operator on one pair of integers.
protocol BitFunction: Sendable {
  static func apply<T: FixedWidthInteger>(_ a: T, _ b: T) -> T
}

enum BitConjunction: BitFunction {
  static func apply<T: FixedWidthInteger>(_ a: T, _ b: T) -> T { a & b }
}
enum BitDisjunction: BitFunction {
  static func apply<T: FixedWidthInteger>(_ a: T, _ b: T) -> T { a | b }
}
enum BitDifference: BitFunction {
  static func apply<T: FixedWidthInteger>(_ a: T, _ b: T) -> T { a ^ b }
}

/// `BitwiseAnd`, `BitwiseOr`, `BitwiseXor` of two operands broadcast together.
struct BitOperation<Function: BitFunction>: IntegerOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try call.combine(type) { Function.apply($0, $1) }
  }
}

/// `BitwiseNot`.
struct BitComplement: IntegerOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, try call.input(0).shape)
    transform(x, into: out) { ~$0 }
  }
}

/// `BitShift` by amounts that broadcast; an amount outside the width leaves the sign alone.
struct BitShift: IntegerOperation {
  private let toRight: Bool

  init(_ node: NodeReader) throws(EngineError) {
    switch String(decoding: try node.string("direction", ""), as: UTF8.self) {
    case "RIGHT": toRight = true
    case "LEFT": toRight = false
    default: throw .topologyInvalid
    }
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try call.combine(type) { x, amount in
      let isInside = amount >= 0 && amount < T(truncatingIfNeeded: T.bitWidth)
      if isInside { return toRight ? x >> amount : x << amount }
      return toRight && x < 0 ? ~0 : 0
    }
  }
}

extension Call {
  /// Makes output 0 of inputs 0 and 1, broadcast together.
  @inline(__always)
  mutating func combine<T: Number>(_ type: T.Type, _ body: (T, T) -> T) throws(EngineError) {
    let plan = try BroadcastPlan([input(0).shape, input(1).shape])
    let (a, b) = (try cells(0, type), try cells(1, type))
    let out = try cells(output: 0, type, plan.shape)
    try plan.combine(a, b, into: out) { (x, y) throws(EngineError) in body(x, y) }
  }
}

/// `BitCast`: the same bits as another type of the same width.
struct BitCast: Operation {
  private let target: ElementType

  init(_ node: NodeReader) throws(EngineError) {
    guard let type = try node.elementType("to") else { throw .topologyInvalid }
    target = type
  }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    guard let result = x.reinterpreted(target) else { throw .unsupportedElementType }
    // Bytes that are no truth values become the truth value that they count as.
    guard target == .bool, x.type != .bool else {
      try call.give(result)
      return
    }
    let out = try call.make(0, .bool, x.shape).bytes
    transform(x.bytes, into: out) { $0 == 0 ? 0 : 1 }
  }
}
