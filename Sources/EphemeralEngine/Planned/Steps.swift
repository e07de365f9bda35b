internal import KernelInterface

// Prepared steps: everything about shapes is decided, only the blocks' addresses are still open.
// The binder has compared every place with its block; that is why the windows here are unchecked.

/// Products of one left side with one or more packed matrices.
final class ProductStep: PooledJob {
  /// One matrix and where its columns go.
  struct Part {
    var columns: Int
    var panels: Place
    var columnScale: Place?
    var bias: Place?
    var output: Place
    /// Bytes into a row of A, for groups of channels.
    var inputOffset = 0
  }
  private let rows: Int
  private let depth: Int
  private let input: Place
  private let rowStep: Int
  private let stepC: Int
  private let window: ImageWindow?
  private let zeros: Place?
  private let parts: [Part]
  private let residual: Place?
  private let scale: Float
  private let function: Function
  private let rowBlock: Int
  private let rowBlocks: Int
  /// For each column block its part and panels.
  private let columnBlocks: [(part: Int, panels: Range<Int>)]

  init(
    rows: Int, depth: Int, input: Place, rowStep: Int, stepC: Int, window: ImageWindow?,
    zeros: Place?, parts: [Part], residual: Place?, scale: Float, function: Function,
    kernels: KernelTable, width: Int
  ) {
    self.rows = rows
    self.depth = depth
    self.input = input
    self.rowStep = rowStep
    self.stepC = stepC
    self.window = window
    self.zeros = zeros
    self.parts = parts
    self.residual = residual
    self.scale = scale
    self.function = function
    let taps = window.map { $0.kernelHeight * $0.kernelWidth } ?? 1
    // Tasks of about a million multiply-adds: long beside a dispatch, short beside the whole.
    let target = width == 1 ? 1 << 40 : 1 << 21
    let panelBytes = max(depth * taps * kernels.panelColumns * 4, 1)
    let group = max((320 << 10) / panelBytes, 1)
    var blocks: [(part: Int, panels: Range<Int>)] = []
    for (index, part) in parts.enumerated() {
      let count = kernels.panelCount(part.columns)
      let step = width == 1 ? count : min(group, max((count + 2 * width - 1) / (2 * width), 1))
      for first in stride(from: 0, to: count, by: max(step, 1)) {
        blocks.append((index, first..<min(first + step, count)))
      }
    }
    columnBlocks = blocks
    let perRow = max(
      (blocks.first.map { $0.panels.count } ?? 1) * kernels.panelColumns * depth * taps, 1)
    let wanted = max(target / perRow, 1)
    let tiles = max((wanted + kernels.tileRows - 1) / kernels.tileRows, 1)
    rowBlock = min(tiles, (rows + kernels.tileRows - 1) / kernels.tileRows) * kernels.tileRows
    rowBlocks = rows == 0 ? 0 : (rows + rowBlock - 1) / rowBlock
    super.init(taskCount: rowBlocks * blocks.count)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let (block, first) = (columnBlocks[task / rowBlocks], task % rowBlocks * rowBlock)
    let part = parts[block.part]
    let input = unsafe frame.floats(input.advanced(by: part.inputOffset))
    var product = unsafe Product(
      rows: rows, columns: part.columns, depth: depth, a: input, rowStep: rowStep,
      panels: frame.floats(part.panels), c: frame.floats(part.output), stepC: stepC)
    if var window, let zeros {
      unsafe window.zeros = unsafe UnsafePointer(frame.floats(zeros))
      product.taps = window.kernelHeight * window.kernelWidth
      product.window = window
    }
    unsafe product.columnScale = unsafe frame.floats(part.columnScale)
    unsafe product.bias = unsafe frame.floats(part.bias)
    if let residual {
      unsafe product.residual = unsafe UnsafePointer(frame.floats(residual))
      product.residualStep = stepC
    }
    product.scale = scale
    product.function = function
    unsafe frame.kernels.multiply(
      product, first..<min(first + rowBlock, rows), block.panels, frame.scratch(worker))
  }
}

/// Products of activations with activations, one for each batch entry.
final class BatchProductStep: PooledJob {
  struct Batch {
    var left: Place
    var right: Place
    var output: Place
  }
  private let batches: [Batch]
  private let (rows, columns, depth): (Int, Int, Int)

  init(rows: Int, columns: Int, depth: Int, batches: [Batch]) {
    self.batches = batches
    (self.rows, self.columns, self.depth) = (rows, columns, depth)
    super.init(taskCount: batches.count)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let batch = batches[task]
    let packed = unsafe frame.scratch(worker)
    let count = frame.kernels.packedCount(depth: depth, columns: columns)
    unsafe frame.kernels.pack(frame.floats(batch.right), columns, 1, depth, columns, packed)
    let product = unsafe Product(
      rows: rows, columns: columns, depth: depth, a: frame.floats(batch.left), rowStep: depth,
      panels: packed, c: frame.floats(batch.output), stepC: columns)
    unsafe frame.kernels.multiply(
      product, 0..<rows, 0..<frame.kernels.panelCount(columns), packed + ((count + 15) & ~15))
  }
}

/// Attention over all heads of all batch entries.
final class AttentionStep: PooledJob {
  struct Shape {
    var batch: Int
    var heads: Int
    var queries: Int
    var keys: Int
    var width: Int
    var valueWidth: Int
    var scale: Float
  }
  struct Mask {
    var place: Place
    var batchStep: Int
    var headStep: Int
    var queryStep: Int
    var keyStep: Int
  }
  private let shape: Shape
  private let (q, k, v, out): (Place, Place, Place, Place)
  private let mask: Mask?
  private let blocks: Int
  private let block: Int

  init(
    shape: Shape, q: Place, k: Place, v: Place, out: Place, mask: Mask?, kernels: KernelTable,
    width: Int
  ) {
    self.shape = shape
    (self.q, self.k, self.v, self.out) = (q, k, v, out)
    self.mask = mask
    let units = shape.batch * shape.heads
    // Packing the keys is repeated for each block of queries, so heads are only cut where the
    // threads would have too few.
    let cuts = units == 0 ? 1 : max((2 * width + units - 1) / units, 1)
    let tiles = (shape.queries + kernels.tileRows - 1) / kernels.tileRows
    block = max((tiles + cuts - 1) / cuts, 1) * kernels.tileRows
    blocks = (shape.queries + block - 1) / block
    super.init(taskCount: units * blocks)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let (unit, first) = (task / blocks, task % blocks * block)
    let (entry, head) = (unit / shape.heads, unit % shape.heads)
    let step = shape.heads * shape.width
    let valueStep = shape.heads * shape.valueWidth
    let qAt = (entry * shape.queries * step + head * shape.width) * 4
    let kAt = (entry * shape.keys * step + head * shape.width) * 4
    let vAt = (entry * shape.keys * valueStep + head * shape.valueWidth) * 4
    let outAt = (entry * shape.queries * valueStep + head * shape.valueWidth) * 4
    var attention = unsafe Attention(
      queries: shape.queries, keys: shape.keys, width: shape.width, valueWidth: shape.valueWidth,
      q: frame.floats(q.advanced(by: qAt)), qStep: step, k: frame.floats(k.advanced(by: kAt)),
      kStep: step, v: frame.floats(v.advanced(by: vAt)), vStep: valueStep,
      out: frame.floats(out.advanced(by: outAt)), outStep: valueStep, scale: shape.scale)
    if let mask {
      let at = (entry * mask.batchStep + head * mask.headStep) * 4
      unsafe attention.mask = unsafe UnsafePointer(frame.floats(mask.place.advanced(by: at)))
      attention.maskQueryStep = mask.queryStep
      attention.maskKeyStep = mask.keyStep
    }
    unsafe frame.kernels.attend(
      attention, first..<min(first + block, shape.queries), frame.scratch(worker))
  }
}

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
    let isFlat = rows == 1
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
    super.init(count: axes.reduce(1) { $0 * $1.size }, cost: max(last.size, 1))
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

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let names = unsafe frame.bytes(indices)
    for at in range(task) {
      let (outer, index) = (at / indexCount, at % indexCount)
      var row =
        unsafe indexIsWide
        ? Int(names.load(fromByteOffset: index * 8, as: Int64.self))
        : Int(names.load(fromByteOffset: index * 4, as: Int32.self))
      if row < 0 { row += rowCount }
      guard row >= 0, row < rowCount else { throw .indexOutOfRange }
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
    super.init(count: outer, cost: length * inner)
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
