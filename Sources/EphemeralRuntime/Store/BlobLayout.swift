/// Where the chunks of a blob lie, from its header and size alone: all that a host may know
/// (`Spec/Formats.md`, weight blob).
struct BlobLayout: Equatable, Sendable {
  static let headerBytes = 32
  static let tagBytes = 16
  static let chunkSizes = 4 << 10...1 << 20
  /// The smallest file: header, one byte and its tag. The largest: 64 GiB.
  static let fileSizes = headerBytes + tagBytes + 1...64 << 30

  let fileBytes: Int
  /// Sealed bytes of each chunk but the last.
  let sealedChunkBytes: Int
  let chunkCount: Int

  /// Nil unless the header has the format's constants and agrees with the size of the file.
  init?(header: [UInt8], fileBytes: Int) {
    guard header.count == BlobLayout.headerBytes, BlobLayout.fileSizes.contains(fileBytes),
      header[..<8].elementsEqual([0x45, 0x50, 0x48, 0x57, 0, 1, 0, 0]),
      header[16...].allSatisfy({ $0 == 0 })
    else { return nil }
    let number = { (at: Int) in
      header[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let chunkBytes = number(8)
    let count = number(12)
    guard BlobLayout.chunkSizes.contains(chunkBytes), chunkBytes & (chunkBytes - 1) == 0, count > 0
    else { return nil }
    let sealed = chunkBytes + BlobLayout.tagBytes
    // At most 2^32 chunks of about 2^20 bytes: no overflow.
    let last = fileBytes - BlobLayout.headerBytes - (count - 1) * sealed
    guard last > BlobLayout.tagBytes, last <= sealed else { return nil }
    self.fileBytes = fileBytes
    sealedChunkBytes = sealed
    chunkCount = count
  }

  /// Where a chunk and its tag lie in the file, or nil for an index that does not exist.
  func range(ofChunk index: Int) -> Range<Int>? {
    guard index >= 0, index < chunkCount else { return nil }
    let start = BlobLayout.headerBytes + index * sealedChunkBytes
    return start..<min(start + sealedChunkBytes, fileBytes)
  }
}
