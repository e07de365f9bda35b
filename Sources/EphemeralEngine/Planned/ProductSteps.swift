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
    /// Elements from one row of the output to the next.
    var step: Int
    /// Bytes into a row of A, for groups of channels.
    var inputOffset = 0
  }
  private let rows: Int
  private let depth: Int
  private let input: Place
  private let rowStep: Int
  private let window: ImageWindow?
  private let zeros: Place?
  private let parts: [Part]
  private let residual: Place?
  private let scale: Float
  private let function: Function
  private let rowBlock: Int
  private let rowBlocks: Int
  /// Panels that one pass over the rows keeps in the cache.
  private let group: Int
  /// Floats of a panel.
  private let panelFloats: Int
  /// For each column block its part and panels.
  private let columnBlocks: [(part: Int, panels: Range<Int>)]
  /// The first block of the product that runs after this one.
  private var following: Block?

  /// Panels in the order in which they are read.
  struct Block {
    var place: Place
    /// Floats, as many as one pass reads.
    var count: Int
  }

  init(
    rows: Int, depth: Int, input: Place, rowStep: Int, window: ImageWindow?,
    zeros: Place?, parts: [Part], residual: Place?, scale: Float, function: Function,
    kernels: KernelTable, width: Int
  ) {
    self.rows = rows
    self.depth = depth
    self.input = input
    self.rowStep = rowStep
    self.window = window
    self.zeros = zeros
    self.parts = parts
    self.residual = residual
    self.scale = scale
    self.function = function
    let taps = window.map { $0.kernelHeight * $0.kernelWidth } ?? 1
    // Tasks of about a million multiply-adds: long beside a dispatch, and short, because at the end
    // of each step the threads wait for the last one.
    // One thread alone waits for nobody, but a cancelled run should not wait for it either.
    let target = width == 1 ? 1 << 32 : 1 << 20
    panelFloats = max(depth * taps * kernels.panelColumns, 1)
    let group = max((320 << 10) / (panelFloats * 4), 1)
    self.group = group
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

  override var entryCount: Int { 1 + parts.count + columnBlocks.count }
  override var multiplyAdds: Int {
    let taps = window.map { $0.kernelHeight * $0.kernelWidth } ?? 1
    return rows * depth * taps * parts.reduce(0) { $0 + $1.columns }
  }

  /// Says which product comes next, so that its first panels are fetched before it begins.
  func precede(_ next: ProductStep) { following = next.block(after: -1) }

  /// The block that is read after the one at `index`.
  private func block(after index: Int) -> Block? {
    guard index + 1 < columnBlocks.count else { return following }
    let next = columnBlocks[index + 1]
    return Block(
      place: parts[next.part].panels.advanced(by: next.panels.lowerBound * panelFloats * 4),
      count: min(next.panels.count, group) * panelFloats)
  }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let (block, first) = (columnBlocks[task / rowBlocks], task % rowBlocks * rowBlock)
    let part = parts[block.part]
    let input = unsafe frame.floats(input.advanced(by: part.inputOffset))
    var product = unsafe Product(
      rows: rows, columns: part.columns, depth: depth, a: input, rowStep: rowStep,
      panels: frame.floats(part.panels), c: frame.floats(part.output), stepC: part.step)
    if var window, let zeros {
      unsafe window.zeros = unsafe UnsafePointer(frame.floats(zeros))
      product.taps = window.kernelHeight * window.kernelWidth
      product.window = window
    }
    unsafe product.columnScale = unsafe frame.floats(part.columnScale)
    unsafe product.bias = unsafe frame.floats(part.bias)
    if let residual {
      unsafe product.residual = unsafe UnsafePointer(frame.floats(residual))
      product.residualStep = part.step
    }
    product.scale = scale
    product.function = function
    if let next = self.block(after: task / rowBlocks) {
      unsafe product.ahead = unsafe frame.floats(Optional(next.place))
      product.aheadCount = next.count
    }
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

  override var entryCount: Int { 1 + batches.count }
  override var multiplyAdds: Int { batches.count * rows * columns * depth }

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

  override var multiplyAdds: Int {
    shape.batch * shape.heads * shape.queries * shape.keys * (shape.width + shape.valueWidth)
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
    var attention = unsafe HeadAttention(
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
