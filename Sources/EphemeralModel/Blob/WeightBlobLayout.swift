import EphemeralWire

/// How the plaintext of a weight blob is cut into sealed chunks (Spec/Formats.md §5).
public struct WeightBlobLayout: Hashable, Sendable {
  /// Bytes of the cleartext header.
  public static let headerBytes = WeightChunk.headerBytes
  /// Bytes of the authentication tag that follows each chunk.
  public static let tagBytes = WeightChunk.tagBytes
  /// The smallest plaintext: smaller models are padded to it, in bytes.
  public static let minimumPlaintextBytes = 64 << 10
  /// The chunk sizes that the format allows, in bytes; powers of two.
  public static let chunkSizes = (4 << 10)...WeightChunk.maximumPlaintextBytes
  /// The chunk size for models that are large enough, in bytes.
  public static let standardChunkBytes = 256 << 10

  /// Plaintext bytes with padding.
  public let plaintextBytes: Int
  /// Plaintext bytes of each chunk but the last.
  public let chunkBytes: Int

  /// A layout of given sizes, or nil where they break the rules.
  public init?(plaintextBytes: Int, chunkBytes: Int) {
    guard
      plaintextBytes >= Self.minimumPlaintextBytes, plaintextBytes <= ModelBounds.weightBytes,
      Self.chunkSizes.contains(chunkBytes), chunkBytes & (chunkBytes - 1) == 0,
      Padding.padme(plaintextBytes) == plaintextBytes
    else { return nil }
    self.plaintextBytes = plaintextBytes
    self.chunkBytes = chunkBytes
  }

  /// The layout for so many bytes of weights, or nil where they are negative or too many.
  public init?(weightBytes: Int) {
    guard weightBytes >= 0, weightBytes <= ModelBounds.weightBytes else { return nil }
    let total = Padding.padme(max(weightBytes, Self.minimumPlaintextBytes))
    let small = total < Self.standardChunkBytes
    self.init(
      plaintextBytes: total,
      chunkBytes: small ? Self.minimumPlaintextBytes : Self.standardChunkBytes)
  }

  /// The number of chunks.
  public var chunkCount: Int { (plaintextBytes + chunkBytes - 1) / chunkBytes }

  /// The index of the last chunk: the one with the final flag.
  public var lastIndex: Int { chunkCount - 1 }

  /// The size of the blob file in bytes: header, chunks and their tags.
  public var fileBytes: Int { Self.headerBytes + plaintextBytes + chunkCount * Self.tagBytes }

  /// The plaintext range of a chunk; `index` is below `chunkCount`.
  public func plaintextRange(ofChunk index: Int) -> Range<Int> {
    precondition(index >= 0 && index < chunkCount, "no such chunk")
    let start = index * chunkBytes
    return start..<min(start + chunkBytes, plaintextBytes)
  }

  /// The range of a sealed chunk, tag included, in the blob file; `index` is below `chunkCount`.
  public func fileRange(ofChunk index: Int) -> Range<Int> {
    let plain = plaintextRange(ofChunk: index)
    let start = Self.headerBytes + index * (chunkBytes + Self.tagBytes)
    return start..<(start + plain.count + Self.tagBytes)
  }
}
