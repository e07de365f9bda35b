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
  private let header: [UInt8]
  private var stage = Stage.header
  private var opener: AES256GCM.Opener
  private var fileHasher = SHA256.Hasher()
  private var weightsHasher = SHA256.Hasher()

  /// An opener for the blob of a topology; throws `wrongLength` for a key of another length than
  /// 32 bytes, `resources`.
  public init(reference: BlobReference, key: borrowing SecretBytes) throws(WeightBlobError) {
    do {
      opener = try AES256GCM.Opener(key: key)
    } catch { throw error == .wrongLength ? .wrongLength : .resources }
    self.reference = reference
    header = WeightBlobHeader(reference.layout).encoded()
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
    fileHasher.update(header)
    stage = .chunk(0)
  }

  /// Opens chunk `index` into `output`, whose length is the chunk's plaintext.
  ///
  /// - Throws: `outOfOrder`, `wrongLength`, `authenticationFailed`; nothing unauthenticated is left
  ///   in `output`.
  public mutating func open(
    index: Int, sealed: Span<UInt8>, into output: inout MutableSpan<UInt8>
  ) throws(WeightBlobError) {
    let previous = stage
    stage = .failed
    let layout = reference.layout
    guard previous == .chunk(index), index < layout.chunkCount else { throw .outOfOrder }
    guard output.count == layout.plaintextRange(ofChunk: index).count,
      sealed.count == output.count + WeightBlobLayout.tagBytes
    else { throw .wrongLength }
    let associated = WeightBlobHeader.associatedData(
      header: header, index: index, isLast: index == layout.lastIndex)
    do {
      try opener.open(
        sealed, nonce: AES256GCM.Nonce(number: UInt64(index)), authenticating: associated.span,
        into: &output)
    } catch { throw error == .authenticationFailed ? .authenticationFailed : .resources }
    fileHasher.update(sealed)
    weightsHasher.update(output.span)
    stage = .chunk(index + 1)
  }

  /// Checks that the blob was whole and the one that the topology names.
  ///
  /// - Throws: `incomplete`, `blobMismatch`, `weightsMismatch`.
  public consuming func finish() throws(WeightBlobError) {
    guard isComplete else { throw .incomplete }
    let expected = reference
    guard fileHasher.finalize() == expected.blobID else { throw .blobMismatch }
    guard weightsHasher.finalize() == expected.weightsDigest else { throw .weightsMismatch }
  }
}
