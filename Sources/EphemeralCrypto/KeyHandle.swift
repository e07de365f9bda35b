import COpenSSL

/// An owned libcrypto key object.
@safe struct KeyHandle: ~Copyable, Sendable {
  /// Never changed after it was made; libcrypto lets several threads use it.
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Takes ownership; nil (libcrypto refused to make it) becomes `error`.
  init(_ pointer: OpaquePointer?, otherwise error: CryptoError) throws(CryptoError) {
    guard let pointer = unsafe pointer else { throw failing(error) }
    unsafe self.pointer = pointer
  }

  /// A private key from its raw bytes (X25519, Ed25519).
  init(kind: Int32, privateBytes: borrowing SecretBytes) throws(CryptoError) {
    let made = unsafe privateBytes.withUnsafeBytes { bytes in
      unsafe EVP_PKEY_new_raw_private_key(
        kind, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    try unsafe self.init(made, otherwise: .invalidPrivateKey)
  }

  /// A public key from its raw bytes (X25519, Ed25519).
  init(kind: Int32, publicBytes: Span<UInt8>) throws(CryptoError) {
    let made = unsafe publicBytes.withBytes { (start, count) in
      unsafe EVP_PKEY_new_raw_public_key(kind, nil, start, count)
    }
    try unsafe self.init(made, otherwise: .invalidPublicKey)
  }

  deinit {
    unsafe EVP_PKEY_free(pointer)
  }

  /// The raw public bytes of an X25519 or Ed25519 key.
  borrowing func rawPublicKey() throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    guard unsafe EVP_PKEY_get_raw_public_key(pointer, &bytes, &count) == 1, count == bytes.count
    else { throw failing(.libraryFailure) }
    return bytes
  }

  /// Signs `message`; `digest` is nil for Ed25519. The signature has at most `maximum` bytes.
  borrowing func sign(
    _ message: Span<UInt8>, digest: DigestAlgorithm?, maximum: Int
  ) throws(CryptoError) -> [UInt8] {
    guard let context = unsafe EVP_MD_CTX_new() else { throw failing(.memoryUnavailable) }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestSignInit(context, nil, digest?.pointer, nil, pointer) == 1 else {
      throw failing(.libraryFailure)
    }
    var signature = [UInt8](repeating: 0, count: maximum)
    var count = maximum
    let result = unsafe message.withBytes { (start, length) in
      unsafe EVP_DigestSign(context, &signature, &count, start, length)
    }
    guard result == 1, count <= maximum else { throw failing(.libraryFailure) }
    signature.removeLast(maximum - count)
    return signature
  }

  /// Whether libcrypto accepts the signature; `digest` is nil for Ed25519.
  borrowing func verify(
    _ signature: Span<UInt8>, of message: Span<UInt8>, digest: DigestAlgorithm?
  ) -> Bool {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory") }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestVerifyInit(context, nil, digest?.pointer, nil, pointer) == 1 else {
      ERR_clear_error()
      return false
    }
    let result = unsafe signature.withBytes { (signatureStart, signatureCount) in
      unsafe message.withBytes { (start, count) in
        unsafe EVP_DigestVerify(context, signatureStart, signatureCount, start, count)
      }
    }
    ERR_clear_error()
    return result == 1
  }
}
