/// Loops that visit operands of different shapes as if each had the result's shape.
struct BroadcastPlan {
  /// The result's shape.
  let shape: Shape
  /// Loop lengths, outermost first, adjacent dimensions joined where every operand allows.
  private var lengths: [Int] = []
  /// For each loop the step of each operand in elements.
  private var steps: [[Int]] = []

  /// A plan for operands broadcast together.
  init(_ operands: [Shape]) throws(EngineError) {
    var shape = Shape.scalar
    for operand in operands { shape = try shape.broadcast(with: operand) }
    self.init(operands, to: shape)
  }

  /// A plan for operands that are known to broadcast to `shape`.
  init(_ operands: [Shape], to shape: Shape) {
    self.shape = shape
    let strides = operands.map { $0.strides(broadcastTo: shape) }
    for axis in 0..<shape.rank where shape[axis] != 1 {
      let step = strides.map { $0[axis] }
      if let last = steps.last, zip(last, step).allSatisfy({ $0 == $1 * shape[axis] }) {
        lengths[lengths.count - 1] *= shape[axis]
        steps[steps.count - 1] = step
      } else {
        lengths.append(shape[axis])
        steps.append(step)
      }
    }
    if lengths.isEmpty {
      lengths = [1]
      steps = [operands.map { _ in 0 }]
    }
  }

  /// Calls `row` for every innermost loop with the place in the result and in each operand.
  ///
  /// Rows are visited in the result's order; `length` and `step` are the same for all of them.
  @inline(__always)
  func rows(
    _ row: (_ at: Int, _ starts: [Int], _ length: Int, _ step: [Int]) throws(EngineError) -> Void
  ) throws(EngineError) {
    if shape.count == 0 { return }
    let inner = lengths.count - 1
    let (length, step) = (lengths[inner], steps[inner])
    var index = [Int](repeating: 0, count: inner)
    var starts = [Int](repeating: 0, count: step.count)
    var at = 0
    while true {
      try row(at, starts, length, step)
      at += length
      var axis = inner - 1
      while axis >= 0 {
        index[axis] += 1
        for operand in starts.indices { starts[operand] += steps[axis][operand] }
        if index[axis] < lengths[axis] { break }
        index[axis] = 0
        for operand in starts.indices {
          starts[operand] -= steps[axis][operand] * lengths[axis]
        }
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// Applies `body` to every pair of elements.
  @inline(__always)
  func combine<A, B, R>(
    _ a: Cells<A>, _ b: Cells<B>, into out: Cells<R>,
    _ body: (A, B) throws(EngineError) -> R
  ) throws(EngineError) {
    try rows { at, starts, length, step throws(EngineError) in
      let x = a.window(starts[0], step[0] == 0 ? 1 : length)
      let y = b.window(starts[1], step[1] == 0 ? 1 : length)
      let z = out.window(at, length)
      // The windows were checked above, so these loops need no checks of their own.
      switch (step[0], step[1]) {
      case (1, 1): for i in 0..<length { unsafe z.base[i] = try body(x.base[i], y.base[i]) }
      case (1, _):
        let second = y[0]
        for i in 0..<length { unsafe z.base[i] = try body(x.base[i], second) }
      case (_, 1):
        let first = x[0]
        for i in 0..<length { unsafe z.base[i] = try body(first, y.base[i]) }
      default:
        let value = try body(x[0], y[0])
        z.fill(value)
      }
    }
  }
}

/// Applies `body` to every element.
@inline(__always)
func transform<A, R>(_ a: Cells<A>, into out: Cells<R>, _ body: (A) -> R) {
  precondition(a.count == out.count)
  for i in 0..<a.count { unsafe out.base[i] = body(a.base[i]) }
}
