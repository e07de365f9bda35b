internal import EphemeralModel

/// The meaning of a comparison on one pair of elements.
protocol Comparison: Sendable {
  static func apply<T: Number>(_ a: T, _ b: T) -> Bool
}

enum Equal: Comparison {
  static func apply<T: Number>(_ a: T, _ b: T) -> Bool { a == b }
}
enum Greater: Comparison {
  static func apply<T: Number>(_ a: T, _ b: T) -> Bool { a > b }
}
enum Less: Comparison {
  static func apply<T: Number>(_ a: T, _ b: T) -> Bool { a < b }
}
enum GreaterOrEqual: Comparison {
  static func apply<T: Number>(_ a: T, _ b: T) -> Bool { a >= b }
}
enum LessOrEqual: Comparison {
  static func apply<T: Number>(_ a: T, _ b: T) -> Bool { a <= b }
}

/// A comparison of two operands broadcast together; the result is bool.
struct ComparisonOperation<Meaning: Comparison>: NumberOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let plan = try BroadcastPlan([call.input(0).shape, call.input(1).shape])
    let (a, b) = (try call.cells(0, type), try call.cells(1, type))
    let out = try call.make(0, .bool, plan.shape).bytes
    try plan.combine(a, b, into: out) { (x, y) throws(EngineError) in
      Meaning.apply(x, y) ? 1 : 0
    }
  }
}

/// `Equal`, which also compares bools.
struct EqualOperation: Operation {
  private let numbers: ComparisonOperation<Equal>

  init(_ node: NodeReader) throws(EngineError) { numbers = try ComparisonOperation(node) }

  func run(_ call: inout Call) throws(EngineError) {
    guard try call.input(0).type == .bool else { return try numbers.run(&call) }
    try call.combineTruths { $0 == $1 }
  }
}

/// The meaning of a logical operator.
protocol Connective: Sendable {
  static func apply(_ a: Bool, _ b: Bool) -> Bool
}

enum Conjunction: Connective {
  static func apply(_ a: Bool, _ b: Bool) -> Bool { a && b }
}
enum Disjunction: Connective {
  static func apply(_ a: Bool, _ b: Bool) -> Bool { a || b }
}
enum ExclusiveDisjunction: Connective {
  static func apply(_ a: Bool, _ b: Bool) -> Bool { a != b }
}

/// `And`, `Or`, `Xor` of two operands broadcast together.
struct LogicalOperation<Meaning: Connective>: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    try call.combineTruths { Meaning.apply($0, $1) }
  }
}

/// `Not`.
struct LogicalNot: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.truths(0)
    let out = try call.make(0, .bool, try call.input(0).shape).bytes
    transform(x, into: out) { $0 == 0 ? 1 : 0 }
  }
}

/// `Where`: elements of one of two tensors, chosen by a third; all broadcast together.
struct Choice: MovingOperation {
  static let subject = 1

  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (x, y) = (try call.input(1), try call.input(2))
    guard x.type == y.type else { throw .unsupportedElementType }
    let condition = try call.truths(0)
    let plan = try BroadcastPlan([call.input(0).shape, x.shape, y.shape])
    let (first, second) = (x.cells(type), y.cells(type))
    let out = try call.make(0, x.type, plan.shape).cells(type)
    try plan.rows { at, starts, length, step in
      for i in 0..<length {
        out[at + i] =
          condition[starts[0] + i * step[0]] != 0
          ? first[starts[1] + i * step[1]] : second[starts[2] + i * step[2]]
      }
    }
  }
}

extension Call {
  /// A bool input; any byte but zero means true.
  func truths(_ index: Int) throws(EngineError) -> Cells<UInt8> {
    let tensor = try input(index)
    guard tensor.type == .bool else { throw .unsupportedElementType }
    return tensor.bytes
  }

  /// Makes output 0 of two bool inputs broadcast together.
  @inline(__always)
  mutating func combineTruths(_ body: (Bool, Bool) -> Bool) throws(EngineError) {
    let plan = try BroadcastPlan([try input(0).shape, try input(1).shape])
    let (a, b) = (try truths(0), try truths(1))
    let out = try make(0, .bool, plan.shape).bytes
    try plan.combine(a, b, into: out) { (x, y) throws(EngineError) in
      body(x != 0, y != 0) ? 1 : 0
    }
  }
}
