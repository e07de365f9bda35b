internal import KernelInterface

/// A step over rows or elements, cut into pieces of equal length.
class CutStep: PooledJob {
  let count: Int
  private let piece: Int

  /// - Parameter cost: about how many elements one of `count` units is.
  init(count: Int, cost: Int, multiple: Int = 1) {
    self.count = count
    let wanted = max((1 << 14) / max(cost, 1), 1)
    piece = (wanted + multiple - 1) / multiple * multiple
    super.init(taskCount: (count + piece - 1) / piece)
  }

  final func range(_ task: Int) -> Range<Int> {
    task * piece..<min((task + 1) * piece, count)
  }
}

/// Layer normalization.
final class NormalizeStep: CutStep {
  private let columns: Int
  private let (input, output): (Place, Place)
  private let (scale, shift): (Place?, Place?)
  private let epsilon: Float
  private let centers: Bool

  init(
    rows: Int, columns: Int, input: Place, output: Place, scale: Place?, shift: Place?,
    epsilon: Float, centers: Bool
  ) {
    self.columns = columns
    (self.input, self.output, self.scale, self.shift) = (input, output, scale, shift)
    self.epsilon = epsilon
    self.centers = centers
    super.init(count: rows, cost: columns)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let rows = unsafe RowNormalization(
      columns: columns, input: frame.floats(input), output: frame.floats(output),
      scale: frame.floats(scale), shift: frame.floats(shift), epsilon: epsilon, centers: centers)
    frame.kernels.normalize(rows, range(task))
  }
}

/// Softmax over the last axis.
final class SoftmaxStep: CutStep {
  private let columns: Int
  private let (input, output): (Place, Place)

  init(rows: Int, columns: Int, input: Place, output: Place) {
    self.columns = columns
    (self.input, self.output) = (input, output)
    super.init(count: rows, cost: columns)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let range = range(task)
    let at = range.lowerBound * columns * 4
    unsafe frame.kernels.softmax(
      frame.floats(input.advanced(by: at)), frame.floats(output.advanced(by: at)), range.count,
      columns)
  }
}

/// A function of each element.
final class MapStep: CutStep {
  private let function: Function
  private let (input, output): (Place, Place)

  init(_ function: Function, count: Int, input: Place, output: Place) {
    self.function = function
    (self.input, self.output) = (input, output)
    super.init(count: count, cost: 1, multiple: 16)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let range = range(task)
    let at = range.lowerBound * 4
    unsafe frame.kernels.map(
      function, frame.floats(input.advanced(by: at)), frame.floats(output.advanced(by: at)),
      range.count)
  }
}

/// A function of pairs of elements, numpy's way: rows whose outer places are computed.
final class CombineStep: CutStep {
  private let function: Pairing
  private let (left, right, output): (Place, Place, Place)
  private let columns: Int
  private let (leftStep, rightStep): (Int, Int)
  /// Dimensions outside a row, and for each the steps of both sides.
  private let outer: [(size: Int, left: Int, right: Int)]

  init(
    _ function: Pairing, rows: Int, columns: Int, left: Place, leftStep: Int, right: Place,
    rightStep: Int, output: Place, outer: [(size: Int, left: Int, right: Int)]
  ) {
    self.function = function
    (self.left, self.right, self.output) = (left, right, output)
    self.columns = columns
    (self.leftStep, self.rightStep) = (leftStep, rightStep)
    self.outer = outer
    // A single row may still have outer dimensions; only without any are its elements cut.
    let isFlat = outer.isEmpty
    super.init(count: isFlat ? columns : rows, cost: isFlat ? 1 : columns, multiple: 16)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let range = range(task)
    if outer.isEmpty {
      let at = range.lowerBound * 4
      unsafe frame.kernels.combine(
        function, frame.floats(left.advanced(by: at * leftStep)), leftStep,
        frame.floats(right.advanced(by: at * rightStep)), rightStep,
        frame.floats(output.advanced(by: at)), range.count)
      return
    }
    for row in range {
      var (rest, a, b) = (row, 0, 0)
      for at in outer.indices.reversed() {
        let axis = outer[at]
        let place = rest % axis.size
        rest /= axis.size
        a += place * axis.left
        b += place * axis.right
      }
      unsafe frame.kernels.combine(
        function, frame.floats(left.advanced(by: a * 4)), leftStep,
        frame.floats(right.advanced(by: b * 4)), rightStep,
        frame.floats(output.advanced(by: row * columns * 4)), columns)
    }
  }
}
