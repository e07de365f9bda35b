import EphemeralCrypto
import EphemeralModel

/// Streams plaintext weights through the sealer into a file, one chunk in memory at a time.
struct BlobWriter: ByteSink, ~Copyable {
  private let layout: WeightBlobLayout
  private let output: AtomicFile
  private let progress: (Int) -> Void
  private var sealer: WeightBlobSealer
  private var chunk: [UInt8]
  private var sealed: [UInt8]
  private var filled = 0
  /// Plaintext bytes taken so far.
  private(set) var position = 0

  /// Begins the file with its header; errors: cannotWrite, sealing.
  init(
    layout: WeightBlobLayout, key: borrowing SecretBytes, output: AtomicFile,
    progress: @escaping (Int) -> Void
  ) throws(DecomposeError) {
    try output.write(WeightBlobHeader(layout).encoded().span)
    do { sealer = try WeightBlobSealer(layout: layout, key: key) } catch {
      throw DecomposeError(file: output.path, problem: .sealing)
    }
    self.layout = layout
    self.output = output
    self.progress = progress
    chunk = [UInt8](repeating: 0, count: layout.chunkBytes)
    sealed = [UInt8](repeating: 0, count: layout.chunkBytes + WeightBlobLayout.tagBytes)
  }

  /// Appends a range of a file.
  mutating func write(_ file: InputFile, _ range: Range<Int>) throws(DecomposeError) {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(chunk.count - filled, range.upperBound - offset)
      let part = filled..<(filled + count)
      var span = chunk.mutableSpan
      try file.read(at: offset, into: &span, range: part)
      offset += count
      try advance(count)
    }
  }

  /// Appends bytes.
  mutating func write(_ bytes: Span<UInt8>) throws(DecomposeError) {
    var offset = 0
    while offset < bytes.count {
      let count = min(chunk.count - filled, bytes.count - offset)
      for index in 0..<count { chunk[filled + index] = bytes[offset + index] }
      offset += count
      try advance(count)
    }
  }

  /// Appends zeros until `end` bytes of plaintext have been taken.
  mutating func pad(to end: Int) throws(DecomposeError) {
    while position < end {
      let count = min(chunk.count - filled, end - position)
      for index in filled..<(filled + count) { chunk[index] = 0 }
      try advance(count)
    }
  }

  /// Pads to the end and returns the blob's identity; the file is complete but not published.
  consuming func finish() throws(DecomposeError) -> BlobReference {
    try pad(to: layout.plaintextBytes)
    var span = chunk.mutableSpan
    cleanse(&span)
    let path = output.path
    do { return try sealer.finish() } catch {
      throw DecomposeError(file: path, problem: .sealing)
    }
  }

  private mutating func advance(_ count: Int) throws(DecomposeError) {
    filled += count
    position += count
    guard filled == chunk.count || position == layout.plaintextBytes else { return }
    if filled < chunk.count {
      // The last chunk may be shorter than the others.
      sealed = [UInt8](repeating: 0, count: filled + WeightBlobLayout.tagBytes)
    }
    do { try Self.seal(chunk, count: filled, into: &sealed, by: &sealer) } catch {
      throw DecomposeError(file: output.path, problem: .sealing)
    }
    try output.write(sealed.span)
    filled = 0
    progress(position)
  }

  private static func seal(
    _ chunk: [UInt8], count: Int, into sealed: inout [UInt8], by sealer: inout WeightBlobSealer
  ) throws(WeightBlobError) {
    var target = sealed.mutableSpan
    try sealer.sealNext(chunk.span.extracting(0..<count), into: &target)
  }
}
