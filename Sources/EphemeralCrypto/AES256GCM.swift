/// AES-256-GCM with a 12-byte nonce and a 16-byte tag behind the ciphertext (NIST SP 800-38D).
///
/// `Sealer` and `Opener` expand their key once and then work on the caller's buffers, in place or
/// from one to another: no plaintext is ever copied elsewhere. Never seal twice with one nonce.
public enum AES256GCM {
  /// The key's length in bytes.
  public static let keyByteCount = 32
  /// The nonce's length in bytes.
  public static let nonceByteCount = 12
  /// The tag's length in bytes.
  public static let tagByteCount = 16
  /// Most bytes of one plaintext, and of one associated data: 1 GiB.
  public static let maximumByteCount = 1 << 30

  /// The 12 bytes that differ for each message under one key; they need no secrecy.
  public struct Nonce: Sendable {
    let bytes: InlineArray<12, UInt8>

    /// Four zero bytes, then the number in big-endian order.
    public init(number: UInt64) {
      var bytes = InlineArray<12, UInt8>(repeating: 0)
      Self.combine(number, into: &bytes)
      self.bytes = bytes
    }

    /// The base XOR (four zero bytes ‖ the number in big-endian order), as HPKE and the records
    /// do it (RFC 9180 §5.2); wrongLength unless the base has 12 bytes.
    public init(base: Span<UInt8>, number: UInt64) throws(CryptoError) {
      guard base.count == AES256GCM.nonceByteCount else { throw .wrongLength }
      var bytes = InlineArray<12, UInt8>(repeating: 0)
      for index in base.indices { bytes[index] = base[index] }
      Self.combine(number, into: &bytes)
      self.bytes = bytes
    }

    /// The given bytes; wrongLength unless there are 12.
    public init(_ bytes: Span<UInt8>) throws(CryptoError) {
      try self.init(base: bytes, number: 0)
    }

    private static func combine(_ number: UInt64, into bytes: inout InlineArray<12, UInt8>) {
      for index in 0..<8 {
        bytes[4 + index] ^= UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * index))
      }
    }
  }

  /// Seals many messages under one key.
  public struct Sealer: ~Copyable, Sendable {
    private var context: GCMContext

    /// Expands a key of 32 bytes; errors: wrongLength, memoryUnavailable.
    public init(key: borrowing SecretBytes) throws(CryptoError) {
      context = try GCMContext(key: key, seals: true)
    }

    /// Writes ciphertext ‖ tag into `output`, which has exactly 16 bytes more than the plaintext.
    ///
    /// Errors: wrongLength, tooLarge.
    public mutating func seal(
      _ plaintext: Span<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>,
      into output: inout MutableSpan<UInt8>
    ) throws(CryptoError) {
      guard output.count - tagByteCount == plaintext.count else { throw .wrongLength }
      try unsafe plaintext.withBytes { (input, count) throws(CryptoError) in
        try unsafe output.withMutableBytes { (output, _) throws(CryptoError) in
          try unsafe context.seal(
            input, to: output, count: count, nonce: nonce, authenticating: associated,
            tag: output + count)
        }
      }
    }

    /// Encrypts all but the last 16 bytes of `buffer` where they are and writes the tag there.
    ///
    /// Errors: wrongLength (fewer than 16 bytes), tooLarge.
    public mutating func sealInPlace(
      _ buffer: inout MutableSpan<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>
    ) throws(CryptoError) {
      guard buffer.count >= tagByteCount else { throw .wrongLength }
      try unsafe buffer.withMutableBytes { (start, total) throws(CryptoError) in
        let count = total - tagByteCount
        try unsafe context.seal(
          start, to: start, count: count, nonce: nonce, authenticating: associated,
          tag: start + count)
      }
    }

    /// Ciphertext ‖ tag of head ‖ content ‖ so many zeros, without the plaintext ever standing in one
    /// place.
    ///
    /// Errors: tooLarge.
    public mutating func seal(
      head: Span<UInt8>, content: Span<UInt8>, zeros: Int, nonce: Nonce,
      authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
      precondition(zeros >= 0)
      guard content.count <= maximumByteCount, zeros <= maximumByteCount,
        head.count + content.count + zeros <= maximumByteCount
      else { throw .tooLarge }
      try context.begin(nonce: nonce, authenticating: associated)
      let count = head.count + content.count + zeros
      var failure: CryptoError?
      let sealed = unsafe [UInt8](unsafeUninitializedCapacity: count + tagByteCount) {
        (buffer, initialized) in
        guard let start = buffer.baseAddress else { return }
        do throws(CryptoError) {
          try unsafe head.withBytes { (bytes, count) throws(CryptoError) in
            try unsafe context.update(bytes, to: start, count: count)
          }
          try unsafe content.withBytes { (bytes, count) throws(CryptoError) in
            try unsafe context.update(bytes, to: start + head.count, count: count)
          }
          let padding = unsafe start + head.count + content.count
          unsafe padding.initialize(repeating: 0, count: zeros)
          try unsafe context.update(padding, to: padding, count: zeros)
          try unsafe context.finishSeal(tag: start + count)
          initialized = count + tagByteCount
        } catch { failure = error }
      }
      if let failure { throw failure }
      return sealed
    }

    /// Ciphertext ‖ tag in a new array.
    public mutating func seal(
      _ plaintext: Span<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
      guard plaintext.count <= maximumByteCount else { throw .tooLarge }
      var sealed = [UInt8](repeating: 0, count: plaintext.count + tagByteCount)
      var span = sealed.mutableSpan
      try seal(plaintext, nonce: nonce, authenticating: associated, into: &span)
      return sealed
    }
  }

  /// Opens many messages under one key.
  public struct Opener: ~Copyable, Sendable {
    private var context: GCMContext

    /// Expands a key of 32 bytes; errors: wrongLength, memoryUnavailable.
    public init(key: borrowing SecretBytes) throws(CryptoError) {
      context = try GCMContext(key: key, seals: false)
    }

    /// Writes the plaintext into `output`, which has exactly 16 bytes fewer than `sealed`.
    ///
    /// Errors: wrongLength, tooLarge, authenticationFailed; after any of them `output` is zero or
    /// untouched.
    public mutating func open(
      _ sealed: Span<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>,
      into output: inout MutableSpan<UInt8>
    ) throws(CryptoError) {
      guard sealed.count - tagByteCount == output.count else { throw .wrongLength }
      try unsafe sealed.withBytes { (input, _) throws(CryptoError) in
        try unsafe output.withMutableBytes { (output, count) throws(CryptoError) in
          try unsafe context.open(
            input, to: output, count: count, nonce: nonce, authenticating: associated,
            tag: input + count)
        }
      }
    }

    /// Decrypts all but the last 16 bytes of `buffer`, the tag, where they are.
    ///
    /// Errors: wrongLength (fewer than 16 bytes), tooLarge, authenticationFailed; after a failed
    /// check the bytes before the tag are zero.
    public mutating func openInPlace(
      _ buffer: inout MutableSpan<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>
    ) throws(CryptoError) {
      guard buffer.count >= tagByteCount else { throw .wrongLength }
      try unsafe buffer.withMutableBytes { (start, total) throws(CryptoError) in
        let count = total - tagByteCount
        try unsafe context.open(
          start, to: start, count: count, nonce: nonce, authenticating: associated,
          tag: start + count)
      }
    }

    /// The plaintext but its first bytes as a new secret; the first bytes into `head`.
    ///
    /// Errors: wrongLength (shorter than head and tag), tooLarge, authenticationFailed; after any of
    /// them `head` is zero or untouched.
    public mutating func open(
      _ sealed: Span<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>,
      head: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> SecretBytes {
      guard sealed.count >= head.count + tagByteCount else { throw .wrongLength }
      guard sealed.count <= maximumByteCount else { throw .tooLarge }
      var body = try SecretBytes(count: sealed.count - head.count - tagByteCount)
      try context.begin(nonce: nonce, authenticating: associated)
      do throws(CryptoError) {
        try unsafe sealed.withBytes { (input, _) throws(CryptoError) in
          let headCount = head.count
          try unsafe head.withMutableBytes { (output, count) throws(CryptoError) in
            try unsafe context.update(input, to: output, count: count)
          }
          let bodyCount = body.count
          try body.withMutableSpan { (span) throws(CryptoError) in
            try unsafe span.withMutableBytes { (output, count) throws(CryptoError) in
              try unsafe context.update(input + headCount, to: output, count: count)
            }
          }
          try unsafe context.finishOpen(tag: input + headCount + bodyCount)
        }
      } catch {
        // The body is cleansed where it ends.
        cleanse(&head)
        throw error
      }
      return body
    }

    /// The plaintext as a new secret.
    public mutating func open(
      _ sealed: Span<UInt8>, nonce: Nonce, authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
      guard sealed.count >= tagByteCount else { throw .wrongLength }
      guard sealed.count <= maximumByteCount else { throw .tooLarge }
      var plaintext = try SecretBytes(count: sealed.count - tagByteCount)
      try plaintext.withMutableSpan { (span) throws(CryptoError) in
        try open(sealed, nonce: nonce, authenticating: associated, into: &span)
      }
      return plaintext
    }
  }
}
