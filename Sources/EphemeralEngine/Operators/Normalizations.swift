internal import EphemeralModel

/// Along which lines a softmax goes: one axis since version 13, all from the axis on before.
struct SoftmaxAxes: Sendable {
  private let axis: Int
  private let flattens: Bool

  init(_ node: NodeReader) throws(EngineError) {
    flattens = node.version < 13
    axis = try node.int("axis", flattens ? 1 : -1)
  }

  func lines(_ shape: Shape) throws(EngineError) -> AxisLines {
    // Before version 13 the axis may also name the end: then every group is one element.
    guard flattens else { return AxisLines(shape, axis: try shape.axis(axis)) }
    guard axis >= -shape.rank, axis <= shape.rank else { throw .shapeMismatch }
    let split = axis < 0 ? axis + shape.rank : axis
    let flat = try Shape([shape.product(0..<split), shape.product(split..<shape.rank)])
    return AxisLines(flat, axis: 1)
  }
}

/// `Softmax` and `LogSoftmax`.
struct Softmax<Kind: SoftmaxKind>: RealOperation {
  private let axes: SoftmaxAxes

  init(_ node: NodeReader) throws(EngineError) { axes = try SoftmaxAxes(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let lines = try axes.lines(shape)
    let x = try call.cells(0, type)
    try Self.run(call, x, lines, into: call.cells(output: 0, type, shape))
  }

  /// The softmax of each line of `x`.
  static func run<T: Real>(
    _ call: borrowing Call, _ x: Cells<T>, _ lines: AxisLines, into out: Cells<T>
  ) throws(EngineError) {
    let (length, step) = (lines.length, lines.step)
    for line in 0..<lines.count {
      try call.checkpoint()
      let start = lines.start(line)
      var greatest = -T.infinity
      for i in 0..<length { greatest = greatest.greater(x[start + i * step]) }
      var sum = 0.0
      for i in 0..<length {
        let shifted = x[start + i * step] - greatest
        let power = shifted.exponential
        sum += power.real
        out[start + i * step] = Kind.isLogarithm ? shifted : power
      }
      if Kind.isLogarithm {
        let offset = T(clamping: sum.logarithm)
        for i in 0..<length { out[start + i * step] -= offset }
      } else {
        let factor = T(clamping: 1 / sum)
        for i in 0..<length { out[start + i * step] *= factor }
      }
    }
  }
}

/// Which of the two softmax operators.
protocol SoftmaxKind: Sendable {
  static var isLogarithm: Bool { get }
}
enum Plain: SoftmaxKind {
  static let isLogarithm = false
}
enum Logarithmic: SoftmaxKind {
  static let isLogarithm = true
}

/// `LayerNormalization` and `RMSNormalization` over all dimensions from an axis on.
struct LayerNormalization<Kind: CenteringKind>: RealOperation {
  private let axis: Int
  private let epsilon: Double

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", -1)
    epsilon = Double(try node.float("epsilon", 1e-5))
    guard try node.int("stash_type", 1) == 1 else { throw .unsupportedOperator }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let axis = try shape.axis(axis)
    let length = shape.product(axis..<shape.rank)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    let outer = shape.product(0..<axis)
    let statistics = try Shape(
      Array(shape.dims[..<axis]) + [Int](repeating: 1, count: shape.rank - axis))
    // The statistics are f32 whatever the input (stash_type 1).
    let means = call.isWanted(1) ? try call.cells(output: 1, Float.self, statistics) : nil
    let inverses = call.isWanted(2) ? try call.cells(output: 2, Float.self, statistics) : nil
    for row in 0..<outer {
      let source = x.window(row * length, length)
      let target = out.window(row * length, length)
      var sum = 0.0
      if Kind.centers { for i in 0..<length { sum += source[i].real } }
      let mean = sum / Double(length)
      var squares = 0.0
      for i in 0..<length {
        let distance = source[i].real - mean
        squares += distance * distance
      }
      let inverse = 1 / (squares / Double(length) + epsilon).squareRoot()
      for i in 0..<length { target[i] = T(clamping: (source[i].real - mean) * inverse) }
      means?[row] = Float(mean)
      inverses?[row] = Float(inverse)
    }
    try scale(&call, out, shape, 1) { $0 * $1 }
    if Kind.centers, call.optional(2) != nil { try scale(&call, out, shape, 2) { $0 + $1 } }
  }

  /// Applies scale or bias, which broadcast to the input's shape, in place.
  @inline(__always)
  private func scale<T: Real>(
    _ call: inout Call, _ out: Cells<T>, _ shape: Shape, _ index: Int, _ body: (T, T) -> T
  ) throws(EngineError) {
    let operand = try call.input(index).shape
    guard try operand.broadcast(with: shape) == shape else { throw .shapeMismatch }
    let values = try call.cells(index, T.self)
    try call.charge(out.count)
    let plan = BroadcastPlan([shape, operand], to: shape)
    try plan.combine(out, values, into: out) { (x, y) throws(EngineError) in body(x, y) }
  }
}

/// Whether a normalization subtracts the mean.
protocol CenteringKind: Sendable {
  static var centers: Bool { get }
}
enum Centered: CenteringKind {
  static let centers = true
}
enum Uncentered: CenteringKind {
  static let centers = false
}

/// `BatchNormalization` at inference: a scale and a shift for each channel.
struct BatchNormalization: RealOperation {
  private let epsilon: Double

  init(_ node: NodeReader) throws(EngineError) {
    epsilon = Double(try node.float("epsilon", 1e-5))
    node.ignore("momentum")
    guard try node.int("spatial", 1) == 1, try node.int("training_mode", 0) == 0 else {
      throw .unsupportedOperator
    }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    for index in 1..<max(call.outputCount, 1) where call.isWanted(index) {
      throw .unsupportedOperator
    }
    let shape = try call.input(0).shape
    guard shape.rank >= 1 else { throw .shapeMismatch }
    let channels = shape.rank >= 2 ? shape[1] : 1
    var parameters: [Cells<T>] = []
    for index in 1...4 {
      let cells = try call.cells(index, type)
      guard cells.count == channels else { throw .shapeMismatch }
      parameters.append(cells)
    }
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    if out.count == 0 { return }
    let inner = shape.rank >= 2 ? shape.product(2..<shape.rank) : 1
    for plane in 0..<(out.count / inner) {
      let channel = plane % channels
      let scale =
        parameters[0][channel].real / (parameters[3][channel].real + epsilon).squareRoot()
      let shift = parameters[1][channel].real - parameters[2][channel].real * scale
      let (source, target) = (x.window(plane * inner, inner), out.window(plane * inner, inner))
      for i in 0..<inner { target[i] = T(clamping: source[i].real * scale + shift) }
    }
  }
}

/// `InstanceNormalization`: each channel of each image by its own mean and variance.
struct InstanceNormalization: RealOperation {
  private let epsilon: Double

  init(_ node: NodeReader) throws(EngineError) {
    epsilon = Double(try node.float("epsilon", 1e-5))
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 3 else { throw .shapeMismatch }
    let (scale, bias) = (try call.cells(1, type), try call.cells(2, type))
    guard scale.count == shape[1], bias.count == shape[1] else { throw .shapeMismatch }
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    if out.count == 0 { return }
    let inner = shape.product(2..<shape.rank)
    for plane in 0..<(out.count / inner) {
      let (source, target) = (x.window(plane * inner, inner), out.window(plane * inner, inner))
      var sum = 0.0
      for i in 0..<inner { sum += source[i].real }
      let mean = sum / Double(inner)
      var squares = 0.0
      for i in 0..<inner {
        let distance = source[i].real - mean
        squares += distance * distance
      }
      let channel = plane % shape[1]
      let factor =
        scale[channel].real / (squares / Double(inner) + epsilon).squareRoot()
      let shift = bias[channel].real
      for i in 0..<inner { target[i] = T(clamping: (source[i].real - mean) * factor + shift) }
    }
  }
}
