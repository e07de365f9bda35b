internal import EphemeralModel
internal import KernelInterface

/// What the prepared steps need of the weights beside their rows: packed matrices, folded factors.
///
/// A matrix that only one product uses is packed in its own place; what does not fit there goes to
/// a block of its own. Made anew whenever the weights are opened, always at the same offsets.
struct DerivedWeights: Sendable {
  /// One matrix to pack.
  struct Packing: Sendable {
    /// Where the tensor lies.
    let tensor: Place
    let byteCount: Int
    /// Rows and columns of the packed matrix (of each group), and how to read them.
    let depth: Int
    let columns: Int
    let groups: Int
    let form: Form
    let place: Place
  }

  /// How a tensor's elements make the matrix.
  enum Form: Hashable, Sendable {
    /// Row by row, or column by column.
    case matrix(isTransposed: Bool)
    /// Filters (filter, channel, tap); the matrix has a row for each tap and channel.
    case filters(channels: Int, taps: Int)
  }

  /// Factors and addends of a folded batch normalization.
  struct Folding: Sendable {
    let channels: Int
    /// Where the constants lie; the bias is the convolution's.
    let scale: Place
    let shift: Place
    let mean: Place
    let variance: Place
    let bias: Place?
    let epsilon: Float
    let factors: Place
    let addends: Place
  }

  private(set) var packings: [Packing] = []
  private(set) var foldings: [Folding] = []
  /// Bytes of the derived block.
  private(set) var byteCount = 0
  /// Where a run of zeros lies: what convolutions read in the padding.
  private(set) var zeros: Place?
  private var zeroBytes = 0

  /// Takes room in the derived block.
  private mutating func take(floats: Int) -> Place {
    let place = Place(space: .derived, offset: byteCount)
    byteCount += SecretArena.roundUp(floats * 4, SecretArena.alignment)
    return place
  }

  /// Plans a packing; in place where `isExclusive` and the sizes agree.
  mutating func pack(
    _ source: Place, byteCount: Int, depth: Int, columns: Int, groups: Int, form: Form,
    isExclusive: Bool, kernels: KernelTable
  ) -> Place {
    let floats = kernels.packedCount(depth: depth, columns: columns) * groups
    let fits = isExclusive && floats * 4 == byteCount
    let place = fits ? source : take(floats: floats)
    packings.append(
      Packing(
        tensor: source, byteCount: byteCount, depth: depth, columns: columns, groups: groups,
        form: form, place: place))
    return place
  }

  /// Plans the folding of a batch normalization; returns where factors and addends will be.
  mutating func fold(
    channels: Int, scale: Place, shift: Place, mean: Place, variance: Place, bias: Place?,
    epsilon: Float
  ) -> (factors: Place, addends: Place) {
    let (factors, addends) = (take(floats: channels), take(floats: channels))
    foldings.append(
      Folding(
        channels: channels, scale: scale, shift: shift, mean: mean, variance: variance,
        bias: bias, epsilon: epsilon, factors: factors, addends: addends))
    return (factors, addends)
  }

  /// Plans at least `floats` zeros.
  mutating func needZeros(_ floats: Int) { zeroBytes = max(zeroBytes, floats * 4) }

  /// Ends the planning.
  mutating func finish() {
    if zeroBytes > 0 { zeros = take(floats: zeroBytes / 4) }
  }

  /// Makes everything of freshly opened weights, the packed matrices on all threads.
  func make(
    weights: ArenaBlock, derived: ArenaBlock, arena: SecretArena, kernels: KernelTable,
    pool: ComputePool, cancellation: Cancellation
  ) throws(EngineError) {
    derived.overwrite()
    let frame = RunFrame(kernels: kernels)
    frame.set(
      activations: derived, weights: weights, derived: derived, scratchOffset: 0, scratchBytes: 0)
    for folding in foldings { fold(folding, frame) }
    let packing = try PackingJob(
      packings, frame, arena: arena, width: pool.width, cancellation: cancellation)
    defer { packing.end() }
    try pool.run(packing, frame)
  }

  private func fold(_ folding: Folding, _ frame: RunFrame) {
    func vector(_ place: Place) -> Cells<Float> {
      unsafe Cells(base: frame.floats(place), count: folding.channels)
    }
    let (scale, shift) = (vector(folding.scale), vector(folding.shift))
    let (mean, variance) = (vector(folding.mean), vector(folding.variance))
    let factors = unsafe Cells(base: frame.floats(folding.factors), count: folding.channels)
    let addends = unsafe Cells(base: frame.floats(folding.addends), count: folding.channels)
    for i in 0..<folding.channels {
      let factor = scale[i] / (variance[i] + folding.epsilon).squareRoot()
      let offset = folding.bias.map { vector($0)[i] } ?? 0
      factors[i] = factor
      addends[i] = (offset - mean[i]) * factor + shift[i]
    }
  }

  /// Undoes the packings in place: `weights` becomes what was opened.
  ///
  /// - Parameter frame: whose kernels packed them; `cancelled` is thrown between two rows.
  func unpack(
    weights: ArenaBlock, arena: SecretArena, _ frame: RunFrame
  ) throws(EngineError) {
    let kernels = frame.kernels
    let inPlace = packings.filter { $0.place.space == .weights }
    let scratch = try arena.allocate(inPlace.map(\.byteCount).max() ?? 0)
    defer { scratch.overwrite() }
    for packing in inPlace {
      let target = unsafe weights.base + packing.tensor.offset
      unsafe scratch.base.copyMemory(from: target, byteCount: packing.byteCount)
      let count = packing.byteCount / 4
      let packed = unsafe Cells(
        base: scratch.base.assumingMemoryBound(to: Float.self), count: count)
      let out = unsafe Cells(base: target.assumingMemoryBound(to: Float.self), count: count)
      let (depth, columns) = (packing.depth, packing.columns)
      let size = kernels.packedCount(depth: depth, columns: columns)
      for group in 0..<packing.groups {
        for row in 0..<depth {
          try frame.checkpoint()
          for column in 0..<columns {
            let panel = column / kernels.panelColumns * kernels.panelColumns
            let width = kernels.paddedColumns(min(kernels.panelColumns, columns - panel))
            let value = packed[group * size + panel * depth + row * width + column - panel]
            switch packing.form {
            case .matrix(let isTransposed):
              out[isTransposed ? column * depth + row : row * columns + column] = value
            case .filters(let channels, let taps):
              let filter = group * columns + column
              out[filter * depth + row % channels * taps + row / channels] = value
            }
          }
        }
      }
    }
  }
}
