internal import EphemeralCrypto
internal import EphemeralModel

/// A session's own copy of the sealed chunks, in ordinary memory, and the key that opens them.
///
/// Kept where the owner asked that plaintext weights live for one inference only.
struct SealedWeights: ~Copyable {
  private let reference: BlobReference
  private let key: SecretBytes
  private var header: [UInt8] = []
  private var chunks: [[UInt8]] = []

  /// An empty copy; the key is cloned. Throws `memoryUnavailable`.
  init(reference: BlobReference, key: borrowing SecretBytes) throws(EngineError) {
    self.reference = reference
    do {
      self.key = try key.clone()
    } catch { throw .memoryUnavailable }
  }

  /// Keeps a chunk that has just been opened, so its length is right.
  mutating func append(header: Span<UInt8>, ciphertext: Span<UInt8>) {
    if !header.isEmpty { self.header = Self.copy(header) }
    chunks.append(Self.copy(ciphertext))
  }

  /// Opens all chunks into `weights`, and checks the digests again on the way.
  borrowing func open(into weights: ArenaBlock) throws(EngineError) {
    try weightErrors { () throws(WeightBlobError) in
      var opener = try WeightBlobOpener(reference: reference, key: key)
      try opener.receive(header: header.span)
      for (index, chunk) in chunks.enumerated() {
        let range = reference.layout.plaintextRange(ofChunk: index)
        try weights.withMutableBytes(range) { (output) throws(WeightBlobError) in
          try opener.open(index: index, sealed: chunk.span, into: &output)
        }
      }
      try opener.finish()
    }
  }

  private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
      for index in 0..<bytes.count { unsafe buffer[index] = bytes[index] }
      count = bytes.count
    }
  }
}
