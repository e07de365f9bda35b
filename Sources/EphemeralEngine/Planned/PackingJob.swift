internal import Glibc
internal import KernelInterface
internal import Synchronization

/// Packs matrices on all threads of a pool: each takes the next that nobody has taken.
///
/// Places of different packings never overlap: what is packed in place belongs to one packing alone.
final class PackingJob: PooledJob {
  /// Most bytes of the scratches of all threads, unless a single one needs more.
  private static let scratchBytes = 16 << 20

  private let packings: [DerivedWeights.Packing]
  private let target: RunFrame
  private let cancellation: Cancellation
  private let next = Atomic(0)
  /// Each lane's rows, and the same turned; filters alone need the second.
  private let scratch: ArenaBlock
  private let rowBytes: Int
  private let laneBytes: Int

  /// Prepares the packing; throws `budgetExceeded`, `memoryUnavailable`.
  init(
    _ packings: [DerivedWeights.Packing], _ target: RunFrame, arena: SecretArena, width: Int,
    cancellation: Cancellation
  ) throws(EngineError) {
    (self.packings, self.target, self.cancellation) = (packings, target, cancellation)
    let isFiltered = packings.contains { if case .filters = $0.form { true } else { false } }
    // Rows that are not packed in place are read where they are.
    let largest = packings.filter { isFiltered || $0.place == $0.tensor }.map(\.byteCount).max()
    rowBytes = SecretArena.roundUp(largest ?? 0, SecretArena.alignment)
    laneBytes = isFiltered ? 2 * rowBytes : rowBytes
    let fitting = laneBytes > 0 ? max(Self.scratchBytes / laneBytes, 1) : width
    let lanes = max(min(width, fitting, packings.count), 1)
    scratch = try arena.allocate(laneBytes * lanes)
    super.init(taskCount: lanes)
  }

  /// Overwrites the scratch.
  func end() { scratch.overwrite() }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    while true {
      if cancellation.isSet { throw .cancelled }
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < packings.count else { return }
      unsafe pack(packings[index], scratch.base + task * laneBytes)
    }
  }

  @unsafe private func pack(
    _ packing: DerivedWeights.Packing, _ scratch: UnsafeMutableRawPointer
  ) {
    var source = unsafe target.bytes(packing.tensor)
    if packing.place == packing.tensor {
      unsafe scratch.copyMemory(from: source, byteCount: packing.byteCount)
      unsafe source = scratch
    }
    let matrix = unsafe source.assumingMemoryBound(to: Float.self)
    let kernels = target.kernels
    let (depth, columns) = (packing.depth, packing.columns)
    switch packing.form {
    case .matrix(let isTransposed):
      unsafe kernels.pack(
        matrix, isTransposed ? 1 : columns, isTransposed ? depth : 1, depth, columns,
        target.floats(packing.place))
    case .filters(let channels, let taps):
      // Filters one after another, in each the taps with their channels together.
      let other = unsafe (scratch + rowBytes).assumingMemoryBound(to: Float.self)
      for filter in 0..<columns * packing.groups {
        let at = filter * depth
        for channel in 0..<channels {
          for tap in 0..<taps {
            unsafe other[at + tap * channels + channel] = matrix[at + channel * taps + tap]
          }
        }
      }
      let count = kernels.packedCount(depth: depth, columns: columns)
      for group in 0..<packing.groups {
        unsafe kernels.pack(
          other + group * columns * depth, 1, depth, depth, columns,
          target.floats(packing.place.advanced(by: group * count * 4)))
      }
    }
  }
}
