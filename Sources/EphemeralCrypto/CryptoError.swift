import COpenSSL

/// Everything that can go wrong in this module: a closed list, without any peer's bytes.
public enum CryptoError: Error, Equatable, Sendable, CaseIterable {
  /// The system has no memory for a secret or for libcrypto's own objects.
  case memoryUnavailable
  /// A page could not be locked and the process refuses unlocked pages (`SecretMemory`).
  case memoryNotLocked
  /// libcrypto's generator has no entropy.
  case entropyUnavailable
  /// A key, nonce, buffer or output count does not have the length that its parameter states.
  case wrongLength
  /// A length or cost exceeds its named maximum.
  case tooLarge
  /// A sealed message was not made with this key, nonce and associated data.
  case authenticationFailed
  /// Bytes that are no public key of their kind.
  case invalidPublicKey
  /// Bytes that are no private key of their kind.
  case invalidPrivateKey
  /// The Diffie-Hellman result was all zero (RFC 7748 §6.1, RFC 9180 §7.1.4).
  case sharedSecretRefused
  /// An HPKE context has used its last sequence number (RFC 9180 §5.2).
  case sequenceExhausted
  /// libcrypto failed where no input can make it fail.
  case libraryFailure
}

extension CryptoError: CustomStringConvertible {
  /// One line of static text for logs and reports.
  public var description: String {
    switch self {
    case .memoryUnavailable: "no memory for a secret"
    case .memoryNotLocked: "a secret's memory could not be locked"
    case .entropyUnavailable: "no entropy"
    case .wrongLength: "a key, nonce or buffer has the wrong length"
    case .tooLarge: "a length or cost exceeds its maximum"
    case .authenticationFailed: "authentication failed"
    case .invalidPublicKey: "not a valid public key"
    case .invalidPrivateKey: "not a valid private key"
    case .sharedSecretRefused: "the shared secret is all zero"
    case .sequenceExhausted: "the sequence numbers are used up"
    case .libraryFailure: "libcrypto failed"
    }
  }
}

/// Empties libcrypto's error queue, so that no later call reads a stale entry, and gives `error`.
func failing(_ error: CryptoError) -> CryptoError {
  ERR_clear_error()
  return error
}
