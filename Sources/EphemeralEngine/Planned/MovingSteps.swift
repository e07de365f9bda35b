internal import KernelInterface

/// Copies runs of bytes between places computed from dimensions: transposes, slices, joins.
final class MoveStep: CutStep {
  private let (input, output): (Place, Place)
  private let elementBytes: Int
  /// Elements of a run, and its steps in elements.
  private let run: (count: Int, from: Int, to: Int)
  private let outer: [(size: Int, from: Int, to: Int)]

  init(
    input: Place, output: Place, elementBytes: Int, axes: [(size: Int, from: Int, to: Int)]
  ) {
    (self.input, self.output) = (input, output)
    self.elementBytes = elementBytes
    var axes = axes.filter { $0.size != 1 }
    // Neighbouring axes that are contiguous on both sides are one.
    var at = axes.count - 1
    while at > 0 {
      let (outer, inner) = (axes[at - 1], axes[at])
      if outer.from == inner.from * inner.size && outer.to == inner.to * inner.size {
        axes[at - 1] = (outer.size * inner.size, inner.from, inner.to)
        axes.remove(at: at)
      }
      at -= 1
    }
    let last = axes.popLast() ?? (1, 1, 1)
    run = (last.size, last.from, last.to)
    outer = axes
    // Rows of nothing may be any number of rows.
    let rows = last.size == 0 ? 0 : axes.reduce(1) { $0 * $1.size }
    super.init(count: rows, cost: max(last.size, 1))
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    for row in range(task) {
      var (rest, a, b) = (row, 0, 0)
      for at in outer.indices.reversed() {
        let axis = outer[at]
        let place = rest % axis.size
        rest /= axis.size
        a += place * axis.from
        b += place * axis.to
      }
      let from = unsafe frame.bytes(input.advanced(by: a * elementBytes))
      let to = unsafe frame.bytes(output.advanced(by: b * elementBytes))
      if run.from == 1 && run.to == 1 {
        unsafe to.copyMemory(from: from, byteCount: run.count * elementBytes)
      } else {
        switch elementBytes {
        case 1: unsafe copy(from, to, UInt8.self)
        case 2: unsafe copy(from, to, UInt16.self)
        case 4: unsafe copy(from, to, UInt32.self)
        default: unsafe copy(from, to, UInt64.self)
        }
      }
    }
  }

  private func copy<T: FixedWidthInteger & BitwiseCopyable>(
    _ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ type: T.Type
  ) {
    let from = unsafe from.assumingMemoryBound(to: type)
    let to = unsafe to.assumingMemoryBound(to: type)
    for i in 0..<run.count { unsafe to[i * run.to] = from[i * run.from] }
  }
}

/// Copies rows that integers name: the one step whose places depend on data, which it checks.
final class GatherStep: CutStep {
  private let (table, indices, output): (Place, Place, Place)
  private let (outerCount, rowCount, rowBytes, indexCount): (Int, Int, Int, Int)
  private let indexIsWide: Bool

  init(
    table: Place, indices: Place, output: Place, outerCount: Int, rowCount: Int, rowBytes: Int,
    indexCount: Int, indexIsWide: Bool
  ) {
    (self.table, self.indices, self.output) = (table, indices, output)
    (self.outerCount, self.rowCount) = (outerCount, rowCount)
    (self.rowBytes, self.indexCount) = (rowBytes, indexCount)
    self.indexIsWide = indexIsWide
    super.init(count: outerCount * indexCount, cost: rowBytes / 4 + 1)
  }

  /// The row that the index at a position names.
  private func row(_ position: Int, _ frame: RunFrame) throws(EngineError) -> Int {
    let names = unsafe frame.bytes(indices)
    var row =
      unsafe indexIsWide
      ? Int(names.load(fromByteOffset: position * 8, as: Int64.self))
      : Int(names.load(fromByteOffset: position * 4, as: Int32.self))
    if row < 0 { row += rowCount }
    guard row >= 0, row < rowCount else { throw .indexOutOfRange }
    return row
  }

  override func visitRows(
    _ frame: RunFrame, _ visit: (Range<Int>) throws(EngineError) -> Void
  ) throws(EngineError) {
    guard table.space == .weights else { return }
    for outer in 0..<outerCount {
      for position in 0..<indexCount {
        let start = table.offset + (outer * rowCount + (try row(position, frame))) * rowBytes
        try visit(start..<start + rowBytes)
      }
    }
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    for at in range(task) {
      let (outer, index) = (at / indexCount, at % indexCount)
      let row = try row(index, frame)
      let from = unsafe frame.bytes(table.advanced(by: (outer * rowCount + row) * rowBytes))
      unsafe frame.bytes(output.advanced(by: at * rowBytes)).copyMemory(
        from: from, byteCount: rowBytes)
    }
  }
}

/// Turns integers or truth values into floats.
final class ToFloatStep: CutStep {
  /// The types that this step reads.
  enum Origin: Sendable { case int64, int32, bool }
  private let origin: Origin
  private let (input, output): (Place, Place)

  init(_ origin: Origin, count: Int, input: Place, output: Place) {
    self.origin = origin
    (self.input, self.output) = (input, output)
    super.init(count: count, cost: 1)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let (from, to) = unsafe (frame.bytes(input), frame.floats(output))
    switch origin {
    case .int64:
      let from = unsafe from.assumingMemoryBound(to: Int64.self)
      for i in range(task) { unsafe to[i] = Float(from[i]) }
    case .int32:
      let from = unsafe from.assumingMemoryBound(to: Int32.self)
      for i in range(task) { unsafe to[i] = Float(from[i]) }
    case .bool:
      let from = unsafe from.assumingMemoryBound(to: UInt8.self)
      for i in range(task) { unsafe to[i] = from[i] == 0 ? 0 : 1 }
    }
  }
}

/// Means, sums, maxima over the last axis, or over the pixels of channels that lie together.
final class ReduceStep: CutStep {
  /// What a row becomes.
  enum Kind: Sendable { case mean, sum, maximum }
  private let kind: Kind
  private let (input, output): (Place, Place)
  /// For each result: how many elements, and the step between them.
  private let (length, step, inner): (Int, Int, Int)

  /// `outer` × `inner` results, each of `length` elements that lie `inner` apart.
  init(_ kind: Kind, outer: Int, length: Int, inner: Int, input: Place, output: Place) {
    self.kind = kind
    (self.input, self.output) = (input, output)
    (self.length, step, self.inner) = (length, inner, inner)
    super.init(count: inner == 0 ? 0 : outer, cost: length * inner)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let (from, to) = unsafe (frame.floats(input), frame.floats(output))
    for row in range(task) {
      let start = row * length * inner
      for column in 0..<inner {
        var total = kind == .maximum ? -Double.infinity : 0
        for i in 0..<length {
          let value = Double(unsafe from[start + column + i * step])
          if kind == .maximum {
            if value > total || value.isNaN { total = value }
          } else {
            total += value
          }
        }
        if kind == .mean { total /= Double(length) }
        unsafe to[row * inner + column] = Float(total)
      }
    }
  }
}

/// Pooling.
final class PoolStep: CutStep {
  private let pooling: Pooling
  private let (input, output): (Place, Place)

  init(_ pooling: Pooling, batch: Int, input: Place, output: Place) {
    self.pooling = pooling
    (self.input, self.output) = (input, output)
    let window = pooling.window
    super.init(
      count: batch * window.outputHeight,
      cost: window.outputWidth * pooling.channels * window.kernelHeight * window.kernelWidth)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    var pooling = pooling
    unsafe pooling.input = unsafe UnsafePointer(frame.floats(input))
    unsafe pooling.output = unsafe frame.floats(output)
    frame.kernels.pool(pooling, range(task))
  }
}

/// Writes zeros.
final class ClearStep: PooledJob {
  private let place: Place
  private let byteCount: Int

  init(_ place: Place, byteCount: Int) {
    self.place = place
    self.byteCount = byteCount
    super.init(taskCount: 1)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    unsafe frame.bytes(place).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }
}
