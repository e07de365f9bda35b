public import EphemeralCrypto

/// Seals plaintext weights chunk by chunk and names the blob on the way (Spec/Formats.md §5).
public struct WeightBlobSealer: ~Copyable, Sendable {
  /// How the plaintext is cut.
  public let layout: WeightBlobLayout
  /// The 32 bytes that the file begins with.
  public let header: [UInt8]
  /// The chunk that is sealed next.
  public private(set) var nextIndex = 0
  private var sealer: AES256GCM.Sealer
  private var fileHasher = SHA256.Hasher()
  private var weightsHasher = SHA256.Hasher()

  /// A sealer under 32 fresh random bytes; a key seals one blob, once. Throws `wrongLength` for a
  /// key of another length, `resources`.
  public init(layout: WeightBlobLayout, key: borrowing SecretBytes) throws(WeightBlobError) {
    do {
      sealer = try AES256GCM.Sealer(key: key)
    } catch { throw error == .wrongLength ? .wrongLength : .resources }
    self.layout = layout
    header = WeightBlobHeader(layout).encoded()
    fileHasher.update(header)
  }

  /// Seals the next chunk into `output`, which has 16 bytes more.
  ///
  /// - Throws: `outOfOrder` after the last chunk, `wrongLength`, `resources`.
  public mutating func sealNext(
    _ plaintext: Span<UInt8>, into output: inout MutableSpan<UInt8>
  ) throws(WeightBlobError) {
    let index = nextIndex
    guard index < layout.chunkCount else { throw .outOfOrder }
    guard plaintext.count == layout.plaintextRange(ofChunk: index).count,
      output.count == plaintext.count + WeightBlobLayout.tagBytes
    else { throw .wrongLength }
    let associated = WeightBlobHeader.associatedData(
      header: header, index: index, isLast: index == layout.lastIndex)
    // The nonce is spent whether or not the call succeeds.
    nextIndex = index + 1
    do {
      try sealer.seal(
        plaintext, nonce: AES256GCM.Nonce(number: UInt64(index)),
        authenticating: associated.span, into: &output)
    } catch { throw .resources }
    weightsHasher.update(plaintext)
    fileHasher.update(output.span)
  }

  /// The finished blob's identity; throws `incomplete` before the last chunk.
  public consuming func finish() throws(WeightBlobError) -> BlobReference {
    guard nextIndex == layout.chunkCount else { throw .incomplete }
    let layout = layout
    return BlobReference(
      blobID: fileHasher.finalize(), layout: layout, weightsDigest: weightsHasher.finalize())
  }
}
