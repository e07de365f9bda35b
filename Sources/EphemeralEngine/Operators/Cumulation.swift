internal import EphemeralModel

/// What a running total starts from and how it grows.
protocol CumulativeFunction: Sendable {
  static func start<T: Number>(_ type: T.Type) -> T
  static func apply<T: Number>(_ total: T, _ next: T) -> T
}

enum RunningSum: CumulativeFunction {
  static func start<T: Number>(_: T.Type) -> T { T.none }
  static func apply<T: Number>(_ total: T, _ next: T) -> T { total.plus(next) }
}
enum RunningProduct: CumulativeFunction {
  static func start<T: Number>(_: T.Type) -> T { T.unit }
  static func apply<T: Number>(_ total: T, _ next: T) -> T { total.times(next) }
}

/// `CumSum` and `CumProd` along an axis given as an input.
struct Cumulation<Function: CumulativeFunction>: NumberOperation {
  private let exclusive: Bool
  private let reverse: Bool

  init(_ node: NodeReader) throws(EngineError) {
    exclusive = try node.flag("exclusive")
    reverse = try node.flag("reverse")
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let lines = AxisLines(x.shape, axis: try x.shape.axis(try call.wideInteger(1)))
    let source = x.cells(type)
    let out = try call.cells(output: 0, type, x.shape)
    for line in 0..<lines.count {
      let start = lines.start(line)
      var total = Function.start(type)
      for step in 0..<lines.length {
        let at = start + (reverse ? lines.length - 1 - step : step) * lines.step
        let next = Function.apply(total, source[at])
        out[at] = exclusive ? total : next
        total = next
      }
    }
  }
}

/// The lines of elements of a tensor along one axis.
struct AxisLines {
  /// How many elements a line has, and how far apart they lie.
  let length: Int
  let step: Int
  /// How many lines there are; none in an empty tensor.
  let count: Int

  init(_ shape: Shape, axis: Int) {
    length = shape[axis]
    step = shape.product(axis + 1..<shape.rank)
    count = shape.count == 0 ? 0 : shape.count / length
  }

  /// The place of a line's first element.
  @inline(__always)
  func start(_ line: Int) -> Int { line / step * length * step + line % step }
}
