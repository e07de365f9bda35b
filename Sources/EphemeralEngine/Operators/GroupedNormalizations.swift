internal import EphemeralModel

/// Mean and variance of a run of elements, in f64 and two passes.
struct Moments {
  let mean: Double
  let variance: Double

  /// The moments of the elements that `visit` hands over, `count` of them, each time it is asked.
  @inline(__always)
  init(count: Int, _ visit: ((Double) -> Void) -> Void) {
    var sum = 0.0
    visit { sum += $0 }
    let mean = sum / Double(count)
    var squares = 0.0
    visit { squares += ($0 - mean) * ($0 - mean) }
    self.mean = mean
    variance = squares / Double(count)
  }
}

/// `GroupNormalization`: groups of channels by their own moments, then a scale for each channel.
struct GroupNormalization: RealOperation {
  private let groups: Int
  private let epsilon: Double

  init(_ node: NodeReader) throws(EngineError) {
    groups = try node.int("num_groups", 0)
    epsilon = Double(try node.float("epsilon", 1e-5))
    guard groups > 0, try node.int("stash_type", 1) == 1 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 2, shape[1] % groups == 0 else { throw .shapeMismatch }
    let (scale, bias) = (try call.cells(1, type), try call.cells(2, type))
    guard scale.count == shape[1], bias.count == shape[1] else { throw .shapeMismatch }
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    if out.count == 0 { return }
    let inner = shape.product(2..<shape.rank)
    let length = shape[1] / groups * inner
    for group in 0..<shape[0] * groups {
      try call.checkpoint()
      let (source, target) = (x.window(group * length, length), out.window(group * length, length))
      let moments = Moments(count: length) { body in
        for i in 0..<length { body(source[i].real) }
      }
      let inverse = 1 / (moments.variance + epsilon).squareRoot()
      let first = group % groups * (shape[1] / groups)
      for i in 0..<length {
        let channel = first + i / inner
        let normal = (source[i].real - moments.mean) * inverse
        target[i] = T(normal * scale[channel].real + bias[channel].real)
      }
    }
  }
}

/// `MeanVarianceNormalization` over given axes.
struct MeanVarianceNormalization: RealOperation {
  private let axes: [Int]
  /// What the operator's definition adds to the deviation.
  private static let epsilon = 1e-9

  init(_ node: NodeReader) throws(EngineError) { axes = try node.ints("axes") ?? [0, 2, 3] }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let plan = try ReductionPlan(shape, axes: axes, emptyMeansNone: false)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    try call.charge(plan.kept.count, plan.reducedCount)
    if out.count == 0 { return }
    for group in 0..<plan.kept.count {
      try call.checkpoint()
      let start = plan.start(group)
      let moments = Moments(count: plan.reducedCount) { body in
        plan.visit(from: start) { body(x[$0].real) }
      }
      let factor = 1 / (moments.variance.squareRoot() + Self.epsilon)
      plan.visit(from: start) { out[$0] = T((x[$0].real - moments.mean) * factor) }
    }
  }
}

/// `LpNormalization` along an axis; a line of zeros stays one.
struct LpNormalization: RealOperation {
  private let axis: Int
  private let order: Int

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", -1)
    order = try node.int("p", 2)
    guard (1...2).contains(order) else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let lines = AxisLines(shape, axis: try shape.axis(axis))
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    for line in 0..<lines.count {
      let start = lines.start(line)
      var sum = 0.0
      for i in 0..<lines.length {
        let value = x[start + i * lines.step].real
        sum += order == 1 ? value.magnitude : value * value
      }
      let norm = order == 1 ? sum : sum.squareRoot()
      for i in 0..<lines.length {
        let at = start + i * lines.step
        out[at] = norm == 0 ? 0 : T(x[at].real / norm)
      }
    }
  }
}

/// `LRN`: each element by the squares of its neighbours among the channels.
struct LocalResponseNormalization: RealOperation {
  private let alpha: Double
  private let beta: Double
  private let bias: Double
  private let size: Int

  init(_ node: NodeReader) throws(EngineError) {
    alpha = Double(try node.float("alpha", 0.0001))
    beta = Double(try node.float("beta", 0.75))
    bias = Double(try node.float("bias", 1))
    size = try node.int("size", 0)
    guard size > 0 else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 2 else { throw .shapeMismatch }
    let lines = AxisLines(shape, axis: 1)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    try call.charge(out.count, min(size, max(lines.length, 1)))
    let (before, after) = ((size - 1) / 2, size / 2)
    for line in 0..<lines.count {
      let start = lines.start(line)
      for channel in 0..<lines.length {
        let first = max(channel - before, 0)
        let last = after > lines.length ? lines.length - 1 : min(channel + after, lines.length - 1)
        var sum = 0.0
        for neighbour in first...max(last, first) {
          let value = x[start + neighbour * lines.step].real
          sum += value * value
        }
        let at = start + channel * lines.step
        out[at] = T(x[at].real / (bias + alpha / Double(size) * sum).power(beta))
      }
    }
  }
}

/// `Hardmax`: one at the first greatest element of each line, zero elsewhere.
struct Hardmax: RealOperation {
  private let axes: SoftmaxAxes

  init(_ node: NodeReader) throws(EngineError) { axes = try SoftmaxAxes(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let lines = try axes.lines(shape)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    out.fill(0)
    for line in 0..<lines.count {
      let start = lines.start(line)
      var best = start
      for i in 0..<lines.length where x[start + i * lines.step] > x[best] {
        best = start + i * lines.step
      }
      out[best] = 1
    }
  }
}
