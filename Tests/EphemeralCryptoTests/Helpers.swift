import EphemeralCrypto

/// A test's own bytes as a secret.
func secret(_ bytes: [UInt8]) throws(CryptoError) -> SecretBytes {
  try SecretBytes(copying: bytes.span)
}

/// A secret's bytes for a comparison in a test; nothing but tests may do this.
func reveal(_ secret: borrowing SecretBytes) -> [UInt8] {
  secret.withSpan { span in span.indices.map { span[$0] } }
}

/// The error that the body throws, if any.
func failure(_ body: () throws(CryptoError) -> Void) -> CryptoError? {
  do throws(CryptoError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// Whether two secrets are equal, by the function under test.
func areEqual(_ left: borrowing SecretBytes, _ right: borrowing SecretBytes) -> Bool {
  SecretBytes.constantTimeEquals(left, right)
}

/// The strict verdict over arrays.
func isStrictlyValid(_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool {
  Ed25519.verifyStrict(
    signature: signature.span, message: message.span, publicKey: publicKey.span)
}

extension P384.PublicKey {
  /// The verdict over arrays.
  func accepts(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
    isValid(signature: signature.span, for: message.span)
  }
}
