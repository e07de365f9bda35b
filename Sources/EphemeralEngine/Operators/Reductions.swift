internal import EphemeralModel

/// One pass of a reduction over elements.
protocol Reduction: Sendable {
  /// Reduces the elements that `visit` hands over; `count` tells how many there are.
  static func reduce<T: Number>(
    _ type: T.Type, count: Int, _ visit: ((T) -> Void) -> Void
  ) throws(EngineError) -> T
}

enum SumReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var sum = T.Sum.none
    visit { sum = sum.plus($0.widened) }
    return T(narrowing: sum)
  }
}
enum MeanReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(
    _: T.Type, count: Int, _ visit: ((T) -> Void) -> Void
  ) throws(EngineError) -> T {
    var sum = T.Sum.none
    visit { sum = sum.plus($0.widened) }
    return T(narrowing: try sum.over(T.Sum(count: count)))
  }
}
enum ProductReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var product = T.Sum.unit
    visit { product = product.times($0.widened) }
    return T(narrowing: product)
  }
}
enum MaximumReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var best = T.least
    visit { best = best.greater($0) }
    return best
  }
}
enum MinimumReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var best = T.greatest
    visit { best = best.lesser($0) }
    return best
  }
}
enum AbsoluteReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var sum = T.Sum.none
    visit { sum = sum.plus($0.magnitudeValue.widened) }
    return T(narrowing: sum)
  }
}
enum SquareReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var sum = T.Sum.none
    visit { sum = sum.plus($0.widened.times($0.widened)) }
    return T(narrowing: sum)
  }
}
enum EuclideanReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var sum = 0.0
    visit { sum += $0.real * $0.real }
    return T(clamping: sum.squareRoot())
  }
}
enum LogarithmicReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var sum = 0.0
    visit { sum += $0.real }
    return T(clamping: sum.logarithm)
  }
}
enum LogarithmicExponentialReduction: Reduction {
  @inline(__always)
  static func reduce<T: Number>(_: T.Type, count: Int, _ visit: ((T) -> Void) -> Void) -> T {
    var greatest = -Double.infinity
    visit { greatest = greatest.greater($0.real) }
    // Only a finite shift keeps infinities what they are.
    let shift = greatest.isFinite ? greatest : 0
    var sum = 0.0
    visit { sum += ($0.real - shift).exponential }
    return T(clamping: shift + sum.logarithm)
  }
}

/// A reduction over axes: an attribute in old versions, an input in new ones.
struct ReduceOperation<Meaning: Reduction, Rule: AxesRule>: NumberOperation {
  private let axes: [Int]?
  private let keeps: Bool
  private let emptyMeansNone: Bool

  init(_ node: NodeReader) throws(EngineError) {
    keeps = try node.flag("keepdims", true)
    let byInput = node.version >= Rule.inputSince
    axes = byInput ? nil : try node.ints("axes")
    emptyMeansNone = byInput ? try node.flag("noop_with_empty_axes") : false
  }

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.input(0)
    if x.type == .bool {
      guard Rule.takesBools else { throw .unsupportedElementType }
      try reduce(&call, UInt8.self)
      // The least of nothing is true, whose byte is one.
      let out = try call.result(0).bytes
      return transform(out, into: out) { $0 == 0 ? 0 : 1 }
    }
    try dispatch(&call)
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try reduce(&call, type)
  }

  private func reduce<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let plan = try ReductionPlan(
      x.shape, axes: call.integers(1, unless: axes) ?? [], emptyMeansNone: emptyMeansNone)
    let out = try call.make(0, x.type, keeps ? plan.kept : plan.squeezed).cells(type)
    try call.charge(out.count, plan.reducedCount)
    let source = x.cells(type)
    for at in 0..<out.count {
      let start = plan.start(at)
      out[at] = try Meaning.reduce(type, count: plan.reducedCount) { body in
        plan.visit(from: start) { body(source[$0]) }
      }
    }
  }
}

/// Since when a reduction takes its axes as an input, and whether it takes bools.
protocol AxesRule: Sendable {
  static var inputSince: Int { get }
  static var takesBools: Bool { get }
}
enum SinceThirteen: AxesRule {
  static let inputSince = 13
  static let takesBools = false
}
enum SinceEighteen: AxesRule {
  static let inputSince = 18
  static let takesBools = false
}
enum SinceEighteenWithBools: AxesRule {
  static let inputSince = 18
  static let takesBools = true
}

/// Which elements fall together in a reduction.
struct ReductionPlan {
  /// The result's shape with the reduced dimensions as ones, and without them.
  let kept: Shape
  let squeezed: Shape
  /// How many elements fall together.
  let reducedCount: Int
  private var outer: [(length: Int, step: Int)] = []
  private var inner: [(length: Int, step: Int)] = []

  init(_ shape: Shape, axes: [Int], emptyMeansNone: Bool) throws(EngineError) {
    var reduced = Set<Int>()
    for axis in axes { reduced.insert(try shape.axis(axis)) }
    if axes.isEmpty && !emptyMeansNone { reduced = Set(0..<shape.rank) }
    var (kept, squeezed): ([Int], [Int]) = ([], [])
    for (axis, step) in shape.strides.enumerated() {
      if reduced.contains(axis) {
        kept.append(1)
        Self.join(&inner, shape[axis], step)
      } else {
        kept.append(shape[axis])
        squeezed.append(shape[axis])
        Self.join(&outer, shape[axis], step)
      }
    }
    self.kept = try Shape(kept)
    self.squeezed = try Shape(squeezed)
    reducedCount = inner.reduce(1) { $0 * $1.length }
  }

  private static func join(_ loops: inout [(length: Int, step: Int)], _ length: Int, _ step: Int) {
    if let last = loops.last, last.step == step * length, length > 0 {
      loops[loops.count - 1] = (last.length * length, step)
    } else {
      loops.append((length, step))
    }
  }

  /// The place of the first element of the group that becomes result `at`.
  func start(_ at: Int) -> Int {
    var (rest, place) = (at, 0)
    for loop in outer.reversed() {
      place += rest % loop.length * loop.step
      rest /= loop.length
    }
    return place
  }

  /// Visits the places of a group in order.
  @inline(__always)
  func visit(from start: Int, _ body: (Int) -> Void) {
    guard reducedCount > 0 else { return }
    guard let last = inner.last else { return body(start) }
    for group in 0..<(reducedCount / last.length) {
      var (rest, place) = (group, start)
      for loop in inner.dropLast().reversed() {
        place += rest % loop.length * loop.step
        rest /= loop.length
      }
      for i in 0..<last.length { body(place + i * last.step) }
    }
  }
}

/// `ArgMax` and `ArgMin`: the index of the extreme element along an axis.
struct ExtremeIndex<Meaning: Comparison>: NumberOperation {
  private let axis: Int
  private let keeps: Bool
  private let last: Bool

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", 0)
    keeps = try node.flag("keepdims", true)
    last = node.version >= 12 ? try node.flag("select_last_index") : false
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let axis = try x.shape.axis(axis)
    let plan = try ReductionPlan(x.shape, axes: [axis], emptyMeansNone: false)
    guard x.shape[axis] > 0 || x.shape.product(0..<axis) == 0 else { throw .shapeMismatch }
    let out = try call.cells(output: 0, Int64.self, keeps ? plan.kept : plan.squeezed)
    try call.charge(out.count, plan.reducedCount)
    let source = x.cells(type)
    for at in 0..<out.count {
      var best: (value: T, index: Int64)?
      var index: Int64 = 0
      plan.visit(from: plan.start(at)) { place in
        let value = source[place]
        if let found = best {
          if Meaning.apply(value, found.value) || (last && value == found.value) {
            best = (value, index)
          }
        } else {
          best = (value, index)
        }
        index += 1
      }
      out[at] = best?.index ?? 0
    }
  }
}
