/// A whole weight blob in memory: sealed chunks whose SHA-256, header included, is the blob's name.
///
/// Only ``WeightBlobOpener`` makes one, once it has compared the digest, so whoever holds one need
/// not do it again (Spec/Formats.md §5.2). Immutable, and shared by all who hold it: a cache and any
/// number of sessions keep one copy. Nothing in it is secret.
public final class SealedBlob: Sendable {
  /// SHA-256 of the whole file, 32 bytes.
  public let blobID: [UInt8]
  /// How the plaintext is cut into chunks.
  public let layout: WeightBlobLayout
  private let chunks: [[UInt8]]

  init(blobID: [UInt8], layout: WeightBlobLayout, chunks: [[UInt8]]) {
    precondition(chunks.count == layout.chunkCount, "a sealed blob is whole")
    self.blobID = blobID
    self.layout = layout
    self.chunks = chunks
  }

  /// Bytes of the file: what the blob takes in memory, header included.
  public var byteCount: Int { layout.fileBytes }

  /// A sealed chunk with its tag; `index` is below the layout's `chunkCount`.
  ///
  /// The array shares its bytes with the blob.
  public func chunk(_ index: Int) -> [UInt8] { chunks[index] }
}
