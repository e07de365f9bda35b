import COpenSSL

/// An X25519 private key (RFC 7748): 32 secret bytes, and their public key.
public struct X25519PrivateKey: ~Copyable, Sendable {
  /// Length of private keys, public keys and shared secrets in bytes.
  public static let byteCount = 32

  private let scalar: SecretBytes

  /// The public key's 32 bytes.
  public let publicKey: [UInt8]

  /// A key from its 32 bytes, which libcrypto clamps in use; errors: invalidPrivateKey.
  public init(_ scalar: consuming SecretBytes) throws(CryptoError) {
    guard scalar.count == Self.byteCount else { throw .invalidPrivateKey }
    publicKey = try KeyHandle(kind: EVP_PKEY_X25519, privateBytes: scalar).rawPublicKey()
    self.scalar = scalar
  }

  /// A fresh random key.
  public static func generate() throws(CryptoError) -> X25519PrivateKey {
    try X25519PrivateKey(try SecretBytes(randomCount: byteCount))
  }

  /// Lends the key's bytes, for storing them in another secret place.
  public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try scalar.withSpan(body)
  }

  /// The 32-byte shared secret with a peer's public key.
  ///
  /// Errors: invalidPublicKey unless the peer's key has 32 bytes; sharedSecretRefused when the
  /// result is all zero, which any point of small order gives (RFC 7748 §6.1, RFC 9180 §7.1.4).
  public borrowing func sharedSecret(
    with peerPublicKey: Span<UInt8>
  ) throws(CryptoError) -> SecretBytes {
    guard peerPublicKey.count == Self.byteCount else { throw .invalidPublicKey }
    let own = try KeyHandle(kind: EVP_PKEY_X25519, privateBytes: scalar)
    let peer = try KeyHandle(kind: EVP_PKEY_X25519, publicBytes: peerPublicKey)
    guard let context = unsafe EVP_PKEY_CTX_new(own.pointer, nil) else {
      throw failing(.memoryUnavailable)
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe EVP_PKEY_derive_init(context) == 1,
      unsafe EVP_PKEY_derive_set_peer(context, peer.pointer) == 1
    else { throw failing(.libraryFailure) }
    var secret = try SecretBytes(count: Self.byteCount)
    let result = unsafe secret.withUnsafeMutableBytes { bytes in
      var count = bytes.count
      let result = unsafe EVP_PKEY_derive(
        context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &count)
      return result == 1 && count == bytes.count
    }
    // libcrypto itself refuses an all-zero result; the comparison below does not rely on that.
    let zero = [UInt8](repeating: 0, count: Self.byteCount)
    guard result, !secret.withSpan({ constantTimeEquals($0, zero.span) }) else {
      throw failing(.sharedSecretRefused)
    }
    return secret
  }
}
