public import EphemeralCrypto

/// Opens a weight blob chunk by chunk, in order, into the caller's memory (Spec/Formats.md §5).
///
/// Layout and identity come from the topology alone: the blob's own header must agree with it, the
/// final flag is set exactly on the last chunk, and both digests must match at the end. The first
/// error ends it: every later call throws `outOfOrder`.
public struct WeightBlobOpener: ~Copyable, Sendable {
  private enum Stage: Equatable {
    case header
    case chunk(Int)
    case failed
  }

  /// The blob that the topology names.
  public let reference: BlobReference
  private var stage = Stage.header
  private var opener: WeightChunkOpener
  private var fileHasher = SHA256.Hasher()
  private var weightsHasher = SHA256.Hasher()
  private let keepsSealed: Bool
  /// The chunks so far, where they are kept; they share their bytes with what came.
  private var chunks: [[UInt8]] = []

  /// An opener for the blob of a topology.
  ///
  /// - Parameter keepsSealed: whether ``finish()`` gives the sealed chunks back as a whole.
  /// - Throws: `wrongLength` for a key of another length than 32 bytes, `resources`.
  public init(
    reference: BlobReference, key: borrowing SecretBytes, keepsSealed: Bool = false
  ) throws(WeightBlobError) {
    opener = try WeightChunkOpener(layout: reference.layout, key: key)
    self.reference = reference
    self.keepsSealed = keepsSealed
    if keepsSealed { chunks.reserveCapacity(reference.layout.chunkCount) }
  }

  /// The chunk that is expected next; nil before the header and after an error.
  public var nextIndex: Int? {
    if case .chunk(let index) = stage { return index }
    return nil
  }

  /// Whether every chunk has been opened.
  public var isComplete: Bool { stage == .chunk(reference.layout.chunkCount) }

  /// Takes the file's first 32 bytes; throws `headerMismatch` unless they are the topology's.
  public mutating func receive(header bytes: Span<UInt8>) throws(WeightBlobError) {
    let previous = stage
    stage = .failed
    guard previous == .header else { throw .outOfOrder }
    let found = try WeightBlobHeader(decoding: bytes)
    guard found == WeightBlobHeader(reference.layout) else { throw .headerMismatch }
    fileHasher.update(bytes)
    stage = .chunk(0)
  }

  /// Opens chunk `index` into `output`, whose length is the chunk's plaintext.
  ///
  /// - Throws: `outOfOrder`, `wrongLength`, `authenticationFailed`; nothing unauthenticated is left
  ///   in `output`.
  public mutating func open(
    index: Int, sealed: [UInt8], into output: inout MutableSpan<UInt8>
  ) throws(WeightBlobError) {
    let previous = stage
    stage = .failed
    guard previous == .chunk(index) else { throw .outOfOrder }
    try opener.open(index: index, sealed: sealed.span, into: &output)
    fileHasher.update(sealed)
    weightsHasher.update(output.span)
    if keepsSealed { chunks.append(sealed) }
    stage = .chunk(index + 1)
  }

  /// Checks that the blob was whole and the one that the topology names.
  ///
  /// - Returns: the sealed chunks, if they were to be kept.
  /// - Throws: `incomplete`, `blobMismatch`, `weightsMismatch`.
  @discardableResult
  public consuming func finish() throws(WeightBlobError) -> SealedBlob? {
    guard isComplete else { throw .incomplete }
    let expected = reference
    let chunks = keepsSealed ? chunks : nil
    guard fileHasher.finalize() == expected.blobID else { throw .blobMismatch }
    guard weightsHasher.finalize() == expected.weightsDigest else { throw .weightsMismatch }
    return chunks.map { chunks in
      SealedBlob(blobID: expected.blobID, layout: expected.layout, chunks: chunks)
    }
  }
}
