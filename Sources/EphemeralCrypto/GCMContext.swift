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
    precondition(seals, "a sealing context")
    try unsafe process(input, to: output, count: count, nonce: nonce, associated: associated)
    var written: Int32 = 0
    guard unsafe EVP_CipherFinal_ex(context, output + count, &written) == 1,
      unsafe EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_GET_TAG, Int32(AES256GCM.tagByteCount), tag) == 1
    else { throw failing(.libraryFailure) }
  }

  /// Decrypts `count` bytes from `input` to `output` (which may be the same) and checks the tag.
  ///
  /// On any error the output is cleansed: nothing unauthenticated is left behind.
  @unsafe mutating func open(
    _ input: UnsafePointer<UInt8>, to output: UnsafeMutablePointer<UInt8>, count: Int,
    nonce: AES256GCM.Nonce, authenticating associated: Span<UInt8>, tag: UnsafePointer<UInt8>
  ) throws(CryptoError) {
    precondition(!seals, "an opening context")
    do throws(CryptoError) {
      try unsafe process(input, to: output, count: count, nonce: nonce, associated: associated)
      // libcrypto reads the tag through a pointer to mutable bytes, and only reads it.
      guard
        unsafe EVP_CIPHER_CTX_ctrl(
          context, EVP_CTRL_AEAD_SET_TAG, Int32(AES256GCM.tagByteCount),
          UnsafeMutablePointer(mutating: tag)) == 1
      else { throw failing(.libraryFailure) }
      var written: Int32 = 0
      guard unsafe EVP_CipherFinal_ex(context, output + count, &written) == 1 else {
        throw failing(.authenticationFailed)
      }
    } catch {
      unsafe OPENSSL_cleanse(output, count)
      throw error
    }
  }

  @unsafe private mutating func process(
    _ input: UnsafePointer<UInt8>, to output: UnsafeMutablePointer<UInt8>, count: Int,
    nonce: AES256GCM.Nonce, associated: Span<UInt8>
  ) throws(CryptoError) {
    guard count <= AES256GCM.maximumByteCount, associated.count <= AES256GCM.maximumByteCount
    else { throw .tooLarge }
    let started = unsafe nonce.bytes.span.withBytes { (start, _) in
      unsafe EVP_CipherInit_ex(context, nil, nil, nil, start, -1)
    }
    guard started == 1 else { throw failing(.libraryFailure) }
    var written: Int32 = 0
    if !associated.isEmpty {
      let result = unsafe associated.withBytes { (start, count) in
        unsafe EVP_CipherUpdate(context, nil, &written, start, Int32(count))
      }
      guard result == 1 else { throw failing(.libraryFailure) }
    }
    if count > 0 {
      guard unsafe EVP_CipherUpdate(context, output, &written, input, Int32(count)) == 1,
        Int(written) == count
      else { throw failing(.libraryFailure) }
    }
  }
}
