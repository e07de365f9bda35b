import CLinux
import COpenSSL

/// A cipher context with its AES-256 key expanded once, for many messages in one direction.
///
/// The expanded key lies in libcrypto's heap, which cleanses it when the context is freed.
@safe struct GCMContext: ~Copyable, Sendable {
  /// Used only through `mutating` methods, so never by two threads at once.
  private nonisolated(unsafe) let context: OpaquePointer
  private let seals: Bool

  /// Looked up once, never freed: it lives as long as the process.
  private nonisolated(unsafe) static let cipher: OpaquePointer? = unsafe EVP_CIPHER_fetch(
    nil, cString("AES-256-GCM"), nil)

  init(key: borrowing SecretBytes, seals: Bool) throws(CryptoError) {
    guard key.count == AES256GCM.keyByteCount else { throw .wrongLength }
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw failing(.memoryUnavailable) }
    let result = unsafe key.withUnsafeBytes { bytes in
      unsafe EVP_CipherInit_ex(
        context, Self.cipher, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nil,
        seals ? 1 : 0)
    }
    guard result == 1 else {
      unsafe EVP_CIPHER_CTX_free(context)
      throw failing(.libraryFailure)
    }
    unsafe self.context = context
    self.seals = seals
  }

  deinit {
    unsafe EVP_CIPHER_CTX_free(context)
  }

  /// Encrypts `count` bytes from `input` to `output` (which may be the same) and writes the tag.
  @unsafe mutating func seal(
    _ input: UnsafePointer<UInt8>, to output: UnsafeMutablePointer<UInt8>, count: Int,
    nonce: AES256GCM.Nonce, authenticating associated: Span<UInt8>,
    tag: UnsafeMutablePointer<UInt8>
  ) throws(CryptoError) {
    guard count <= AES256GCM.maximumByteCount else { throw .tooLarge }
    try begin(nonce: nonce, authenticating: associated)
    try unsafe update(input, to: output, count: count)
    try unsafe finishSeal(tag: tag)
  }

  /// Decrypts `count` bytes from `input` to `output` (which may be the same) and checks the tag.
  ///
  /// On any error the output is cleansed: nothing unauthenticated is left behind.
  @unsafe mutating func open(
    _ input: UnsafePointer<UInt8>, to output: UnsafeMutablePointer<UInt8>, count: Int,
    nonce: AES256GCM.Nonce, authenticating associated: Span<UInt8>, tag: UnsafePointer<UInt8>
  ) throws(CryptoError) {
    do throws(CryptoError) {
      guard count <= AES256GCM.maximumByteCount else { throw .tooLarge }
      try begin(nonce: nonce, authenticating: associated)
      try unsafe update(input, to: output, count: count)
      try unsafe finishOpen(tag: tag)
    } catch {
      unsafe ephml_overwrite(output, count)
      throw error
    }
  }

  // MARK: In pieces

  /// Begins a message.
  mutating func begin(
    nonce: AES256GCM.Nonce, authenticating associated: Span<UInt8>
  ) throws(CryptoError) {
    guard associated.count <= AES256GCM.maximumByteCount else { throw .tooLarge }
    let started = unsafe nonce.bytes.span.withBytes { (start, _) in
      unsafe EVP_CipherInit_ex(context, nil, nil, nil, start, -1)
    }
    guard started == 1 else { throw failing(.libraryFailure) }
    guard !associated.isEmpty else { return }
    var written: Int32 = 0
    let result = unsafe associated.withBytes { (start, count) in
      unsafe EVP_CipherUpdate(context, nil, &written, start, Int32(count))
    }
    guard result == 1 else { throw failing(.libraryFailure) }
  }

  /// Goes on with `count` more bytes, at most `maximumByteCount` in all, which the caller has
  /// checked.
  @unsafe mutating func update(
    _ input: UnsafePointer<UInt8>, to output: UnsafeMutablePointer<UInt8>, count: Int
  ) throws(CryptoError) {
    guard count > 0 else { return }
    var written: Int32 = 0
    guard unsafe EVP_CipherUpdate(context, output, &written, input, Int32(count)) == 1,
      Int(written) == count
    else { throw failing(.libraryFailure) }
  }

  /// Ends a sealed message and writes its tag.
  @unsafe mutating func finishSeal(tag: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
    precondition(seals, "a sealing context")
    var written: Int32 = 0
    guard unsafe EVP_CipherFinal_ex(context, tag, &written) == 1,
      unsafe EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_GET_TAG, Int32(AES256GCM.tagByteCount), tag) == 1
    else { throw failing(.libraryFailure) }
  }

  /// Ends an opened message and checks its tag; the caller cleanses what it got where this throws.
  @unsafe mutating func finishOpen(tag: UnsafePointer<UInt8>) throws(CryptoError) {
    precondition(!seals, "an opening context")
    // libcrypto reads the tag through a pointer to mutable bytes, and only reads it.
    guard
      unsafe EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_SET_TAG, Int32(AES256GCM.tagByteCount),
        UnsafeMutablePointer(mutating: tag)) == 1
    else { throw failing(.libraryFailure) }
    var written: Int32 = 0
    var nothing: UInt8 = 0
    guard unsafe EVP_CipherFinal_ex(context, &nothing, &written) == 1 else {
      throw failing(.authenticationFailed)
    }
  }
}
