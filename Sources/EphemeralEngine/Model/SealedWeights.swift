internal import EphemeralCrypto
internal import EphemeralModel

/// A session's hold on a sealed blob, and the key that opens it.
///
/// Kept where the owner asked that plaintext weights live for one inference only.
struct SealedWeights: ~Copyable, Sendable {
  private let blob: SealedBlob
  private let key: SecretBytes

  init(blob: SealedBlob, key: consuming SecretBytes) {
    self.blob = blob
    self.key = key
  }

  /// Opens the chunks of these indices into `weights`, each into its place, on all threads.
  ///
  /// Each chunk is authentic, in its place and of the topology's blob, or the error is thrown: the
  /// digests over all of them were compared when the model was assembled.
  ///
  /// - Throws: `weightsInvalid`, `memoryUnavailable`; what had been opened by then stays.
  borrowing func open(
    _ chunks: [Int], into weights: ArenaBlock, pool: ComputePool, cancellation: Cancellation
  ) throws(EngineError) {
    let opening = try ChunkOpening(
      blob: blob, key: key, chunks: chunks, into: weights, hashes: false, pool: pool,
      cancellation: cancellation)
    try pool.run(opening, .idle)
  }
}
