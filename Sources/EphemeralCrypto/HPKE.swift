/// HPKE base mode (RFC 9180) for one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
///
/// libcrypto 3.0 has no HPKE call; this composes it from X25519, HMAC and AES-GCM. Every secret on
/// the way lives in `SecretBytes`.
public enum HPKE {
  /// Length of the encapsulated key `enc` in bytes.
  public static let encapsulationByteCount = 32
  /// Least length of the input key material of `deriveKeyPair` (RFC 9180 §7.1.3).
  public static let minimumInputKeyByteCount = 32
  /// Most bytes of `info`, exporter contexts and input keys (RFC 9180 §7.2.1 allows more).
  public static let maximumInputByteCount = 65_536
  /// Most bytes of one export (RFC 9180 §5.3).
  public static let maximumExportByteCount = HKDF.maximumByteCount

  /// DeriveKeyPair (RFC 9180 §7.1.3): the same key for the same input key of at least 32 bytes.
  ///
  /// Errors: wrongLength, tooLarge.
  public static func deriveKeyPair(
    inputKey: borrowing SecretBytes
  ) throws(CryptoError) -> X25519PrivateKey {
    guard inputKey.count >= minimumInputKeyByteCount else { throw .wrongLength }
    guard inputKey.count <= maximumInputByteCount else { throw .tooLarge }
    let pseudorandomKey = try inputKey.withSpan { (key) throws(CryptoError) -> SecretBytes in
      try labeledExtract(.kem, salt: Span(), label: "dkp_prk", inputKey: key)
    }
    return try X25519PrivateKey(
      try labeledExpand(.kem, pseudorandomKey, label: "sk", info: Span(), count: 32))
  }

  /// SetupBaseS (RFC 9180 §5.1.1) with the ephemeral key derived from the caller's fresh secret.
  ///
  /// `ephemeralInputKey` is at least 32 random bytes, used for this one setup. Errors:
  /// invalidPublicKey, sharedSecretRefused, wrongLength, tooLarge.
  public static func setupSender(
    recipientPublicKey: Span<UInt8>, info: Span<UInt8>,
    ephemeralInputKey: borrowing SecretBytes
  ) throws(CryptoError) -> SenderContext {
    let ephemeral = try deriveKeyPair(inputKey: ephemeralInputKey)
    let result = try ephemeral.sharedSecret(with: recipientPublicKey)
    let encapsulation = ephemeral.publicKey
    let secret = try sharedSecret(
      of: result, encapsulation: encapsulation.span, recipient: recipientPublicKey)
    return SenderContext(
      encapsulation: encapsulation, schedule: try KeySchedule(sharedSecret: secret, info: info))
  }

  /// SetupBaseR (RFC 9180 §5.1.1).
  ///
  /// Errors: invalidPublicKey (`enc` is not 32 bytes), sharedSecretRefused, tooLarge.
  public static func setupRecipient(
    encapsulation: Span<UInt8>, privateKey: borrowing X25519PrivateKey, info: Span<UInt8>
  ) throws(CryptoError) -> RecipientContext {
    let result = try privateKey.sharedSecret(with: encapsulation)
    let recipient = privateKey.publicKey
    let secret = try sharedSecret(
      of: result, encapsulation: encapsulation, recipient: recipient.span)
    return RecipientContext(schedule: try KeySchedule(sharedSecret: secret, info: info))
  }

  /// ExtractAndExpand of the KEM over kem_context = enc ‖ pkR (RFC 9180 §4.1).
  static func sharedSecret(
    of result: borrowing SecretBytes, encapsulation: Span<UInt8>, recipient: Span<UInt8>
  ) throws(CryptoError) -> SecretBytes {
    let extracted = try result.withSpan { (key) throws(CryptoError) -> SecretBytes in
      try labeledExtract(.kem, salt: Span(), label: "eae_prk", inputKey: key)
    }
    var context = [UInt8](repeating: 0, count: encapsulation.count + recipient.count)
    var span = context.mutableSpan
    copyBytes(from: encapsulation, to: &span)
    copyBytes(from: recipient, to: &span, at: encapsulation.count)
    return try labeledExpand(
      .kem, extracted, label: "shared_secret", info: context.span, count: 32)
  }
}
