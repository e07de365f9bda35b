import EphemeralModel

extension WeightBlobLayout {
  /// The sizes that a blob file may have at all: from the smallest plaintext in one chunk to the
  /// largest in the smallest chunks.
  static let fileSizes =
    headerBytes + minimumPlaintextBytes + tagBytes...headerBytes + ModelBounds.weightBytes
    + ModelBounds.weightBytes / chunkSizes.lowerBound * tagBytes

  /// The layout of a file from its header and size alone, which is all that a host knows; nil
  /// unless the two agree.
  init?(header: [UInt8], fileBytes: Int) {
    guard Self.fileSizes.contains(fileBytes),
      let parsed = try? WeightBlobHeader(decoding: header.span)
    else { return nil }
    let (tags, overflow) = parsed.chunkCount.multipliedReportingOverflow(by: Self.tagBytes)
    guard !overflow, tags < fileBytes - Self.headerBytes else { return nil }
    self.init(
      plaintextBytes: fileBytes - Self.headerBytes - tags, chunkBytes: parsed.chunkBytes)
    guard chunkCount == parsed.chunkCount else { return nil }
  }
}
