public import EphemeralCrypto
import EphemeralWire
import FaultPoints

/// A secret of the real provider: content on cleansed heap, or a key that libcrypto holds.
///
/// A reference: copying it copies no secret. `destroy` overwrites at once, whoever still holds a
/// reference; later uses of a destroyed secret fail closed.
public final class SecretMaterial {
  /// What the secret is for, and the secret itself.
  enum Storage: ~Copyable {
    case destroyed
    case content(SecretContent)
    case agreement(X25519PrivateKey)
    case signing(Ed25519SigningKey)
    case sender(HPKE.SenderContext)
    case recipient(HPKE.RecipientContext)
    case record(RecordKey)
  }

  var storage: Storage

  init(_ storage: consuming Storage) {
    self.storage = storage
  }

  /// Takes over secret bytes: a seed, a topology, a request, a response.
  public convenience init(_ bytes: consuming SecretBytes) {
    self.init(.content(SecretContent(bytes)))
  }

  /// Overwrites the secret now.
  public func destroy() {
    // The old storage's deinit cleanses.
    _ = exchange(&storage, with: .destroyed)
  }

  /// Whether the secret is overwritten.
  package var isDestroyed: Bool {
    switch storage {
    case .destroyed: true
    default: false
    }
  }

  /// Lends the content's bytes; `nil` for keys and destroyed secrets.
  public func withSpan<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    switch storage {
    case .content(let content): return try content.withSpan(body)
    default: return nil
    }
  }

  /// The content's length in bytes; 0 for keys and destroyed secrets.
  public var count: Int {
    switch storage {
    case .content(let content): content.count
    default: 0
    }
  }
}

/// Secret bytes that can grow; what they outgrow is cleansed.
struct SecretContent: ~Copyable {
  private var bytes: SecretBytes
  private(set) var count: Int

  init(_ bytes: consuming SecretBytes) {
    count = bytes.count
    self.bytes = bytes
  }

  borrowing func withSpan<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let used = count
    return try bytes.withSpan { (span) throws(Failure) in
      try body(span.extracting(0..<used))
    }
  }

  /// Appends bytes; doubles the room where it ends.
  mutating func append(_ more: Span<UInt8>) throws(CryptoError) {
    let end = count + more.count
    if end > bytes.count {
      var larger = try SecretBytes(count: max(end, bytes.count * 2))
      let used = count
      bytes.withSpan { old in
        larger.withMutableSpan { copy(old.extracting(0..<used), to: &$0, at: 0) }
      }
      bytes = larger
    }
    let start = count
    bytes.withMutableSpan { copy(more, to: &$0, at: start) }
    count = end
  }
}

/// The AES-256-GCM key and IV of one direction (Spec/Protocol.md §5.3).
struct RecordKey: ~Copyable {
  let key: SecretBytes
  let iv: SecretBytes
  /// Expanded once, at the first use in this role.
  var sealer: AES256GCM.Sealer?
  var opener: AES256GCM.Opener?

  init(key: consuming SecretBytes, iv: consuming SecretBytes) {
    self.key = key
    self.iv = iv
    sealer = nil
    opener = nil
  }

  borrowing func nonce(_ sequence: UInt64) throws(CryptoError) -> AES256GCM.Nonce {
    try iv.withSpan { (span) throws(CryptoError) in
      try AES256GCM.Nonce(base: span, number: planted("record-nonce-reused") ? 0 : sequence)
    }
  }
}
