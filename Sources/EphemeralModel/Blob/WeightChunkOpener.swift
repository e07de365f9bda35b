public import EphemeralCrypto

/// Opens single chunks of a weight blob, in any order (Spec/Formats.md §5.2).
///
/// Each chunk is authentic or refused; whether all of them came, and whether they are the weights
/// that the topology names, is for ``WeightBlobOpener`` or the caller to check.
public struct WeightChunkOpener: ~Copyable, Sendable {
  /// How the plaintext is cut into chunks.
  public let layout: WeightBlobLayout
  private let header: [UInt8]
  private var opener: AES256GCM.Opener

  /// Expands the blob's key; throws `wrongLength` for a key of another length than 32 bytes,
  /// `resources`.
  public init(layout: WeightBlobLayout, key: borrowing SecretBytes) throws(WeightBlobError) {
    do {
      opener = try AES256GCM.Opener(key: key)
    } catch { throw error == .wrongLength ? .wrongLength : .resources }
    self.layout = layout
    header = WeightBlobHeader(layout).encoded()
  }

  /// Opens chunk `index` into `output`, whose length is the chunk's plaintext.
  ///
  /// - Throws: `outOfOrder` for an index that the layout does not have, `wrongLength`,
  ///   `authenticationFailed`, `resources`; nothing unauthenticated is left in `output`.
  public mutating func open(
    index: Int, sealed: Span<UInt8>, into output: inout MutableSpan<UInt8>
  ) throws(WeightBlobError) {
    guard index >= 0, index < layout.chunkCount else { throw .outOfOrder }
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
  }
}
