internal import CLinux
internal import EphemeralCrypto
internal import EphemeralModel
internal import Glibc
internal import Synchronization

/// Opens chunks of a sealed blob into their places on all threads of a pool.
///
/// Every thread takes the next chunk that nobody has taken. Where the plaintext's digest is wanted,
/// the first thread hashes chunks in their order as soon as they are open, and opens some itself
/// only while the next one to be hashed is not there.
final class ChunkOpening: PooledJob {
  private struct Progress {
    /// Positions in `chunks`: the next to be taken, and which are open.
    var next = 0
    var isOpen: [Bool]
    var failure: EngineError?
  }

  /// A thread's own cipher, its key expanded once.
  private final class Lane: Sendable {
    let opener: Mutex<WeightChunkOpener>

    init(_ opener: consuming WeightChunkOpener) { self.opener = Mutex(opener) }
  }

  private let blob: SealedBlob
  private let chunks: [Int]
  private let weights: ArenaBlock
  private let lanes: [Lane]
  private let cancellation: Cancellation
  private let progress: Mutex<Progress>
  private let hasher: Mutex<SHA256.Hasher?>

  /// How often a thread looks for a chunk that another one is opening before it yields.
  private static let spins = 1_000

  /// Prepares the opening of `chunks`, indices in ascending order, into the plaintext's block.
  ///
  /// - Throws: `memoryUnavailable`.
  init(
    blob: SealedBlob, key: borrowing SecretBytes, chunks: [Int], into weights: ArenaBlock,
    hashes: Bool, pool: ComputePool, cancellation: Cancellation
  ) throws(EngineError) {
    precondition(weights.byteCount == blob.layout.plaintextBytes, "a block of another model")
    var lanes: [Lane] = []
    for _ in 0..<max(min(pool.width, chunks.count), 1) {
      do throws(WeightBlobError) {
        lanes.append(Lane(try WeightChunkOpener(layout: blob.layout, key: key)))
      } catch { throw EngineError(error) }
    }
    (self.blob, self.chunks, self.weights, self.lanes) = (blob, chunks, weights, lanes)
    self.cancellation = cancellation
    progress = Mutex(Progress(isOpen: [Bool](repeating: false, count: chunks.count)))
    hasher = Mutex(hashes ? SHA256.Hasher() : nil)
    super.init(taskCount: lanes.count)
  }

  /// The digest of all plaintext that was opened, in order; once, and only where it was wanted.
  func finishDigest() -> [UInt8]? { hasher.withLock { $0.take()?.finalize() } }

  override func run(task: Int, worker: Int, _ frame: RunFrame) throws(EngineError) {
    let isHashing = task == 0 && hasher.withLock { $0 != nil }
    if isHashing { try hashAll(lanes[task]) } else { while try openNext(lanes[task]) {} }
  }

  /// Hashes all chunks in order, and opens what nobody has opened yet.
  private func hashAll(_ lane: Lane) throws(EngineError) {
    for position in chunks.indices {
      // What is open may still be far from hashed.
      if cancellation.isSet { throw .cancelled }
      var looks = 0
      while try !isOpen(position) {
        if try openNext(lane) { continue }
        // Another thread is about to have it.
        looks += 1
        if looks < Self.spins { ephml_pause() } else { sched_yield() }
      }
      let range = blob.layout.plaintextRange(ofChunk: chunks[position])
      let start = unsafe (weights.base + range.lowerBound).assumingMemoryBound(to: UInt8.self)
      // The layout's ranges lie inside the block, whose length was compared.
      let bytes = unsafe Span(
        _unsafeElements: UnsafeBufferPointer(start: start, count: range.count))
      hasher.withLock { $0?.update(bytes) }
    }
  }

  private func isOpen(_ position: Int) throws(EngineError) -> Bool {
    try progress.withLock { (progress) throws(EngineError) in
      if let failure = progress.failure { throw failure }
      return progress.isOpen[position]
    }
  }

  /// Takes a chunk and opens it; false where none is left.
  private func openNext(_ lane: Lane) throws(EngineError) -> Bool {
    let taken = try progress.withLock { (progress) throws(EngineError) -> Int? in
      if let failure = progress.failure { throw failure }
      guard progress.next < chunks.count else { return nil }
      progress.next += 1
      return progress.next - 1
    }
    guard let position = taken else { return false }
    do throws(EngineError) {
      if cancellation.isSet { throw .cancelled }
      try open(chunks[position], lane)
    } catch {
      progress.withLock { $0.failure = $0.failure ?? error }
      throw error
    }
    progress.withLock { $0.isOpen[position] = true }
    return true
  }

  private func open(_ index: Int, _ lane: Lane) throws(EngineError) {
    let sealed = blob.chunk(index)
    let range = blob.layout.plaintextRange(ofChunk: index)
    try lane.opener.withLock { (opener) throws(EngineError) in
      do throws(WeightBlobError) {
        try weights.withMutableBytes(range) { (output) throws(WeightBlobError) in
          try opener.open(index: index, sealed: sealed.span, into: &output)
        }
      } catch { throw EngineError(error) }
    }
  }
}
