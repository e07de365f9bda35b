import EphemeralCrypto

/// Attested Inference Receipts, version 1 (`Spec/Attestation.md §9`).
public enum AIRReceipt {
  /// The profile that every receipt names.
  public static let profile = "https://spec.cyntrisec.com/air/v1"
  /// The most bytes of a text claim.
  public static let maximumTextBytes = 256
  /// The lengths that a challenge may have, in bytes (RFC 9711 §4.1).
  public static let nonceBytes = 8...64

  /// How far the clocks of an enclave, its security module and a verifier may differ, in seconds.
  public static let clockSkewSeconds: UInt64 = 60

  /// Prepares claims for signing; refuses those that a verifier would refuse.
  public static func prepare(_ claims: AIRClaims) throws(ReceiptError) -> UnsignedStatement {
    try claims.validate()
    return UnsignedStatement(kind: .receipt, payload: claims.encoded())
  }

  /// Encodes and signs claims.
  ///
  /// - Parameter signer: signs the bytes that it is given with Ed25519, 64 bytes; nil is a
  ///   failure.
  public static func sign(
    _ claims: AIRClaims, with signer: ([UInt8]) -> [UInt8]?
  ) throws(ReceiptError) -> [UInt8] {
    let statement = try prepare(claims)
    guard let signature = signer(statement.toBeSigned) else { throw .signature }
    return try statement.signed(with: signature)
  }

  /// Verifies one receipt under a session's receipt key.
  ///
  /// Four layers, each after the one before: envelope, signature, claims, expectation.
  ///
  /// - Parameters:
  ///   - bytes: the receipt, at most 4,096 bytes.
  ///   - publicKey: the raw Ed25519 key, 32 bytes.
  ///   - expectation: what to compare the claims with.
  /// - Throws: the first reason against it.
  public static func verify(
    _ bytes: [UInt8], publicKey: [UInt8], expecting expectation: Expectation
  ) throws(ReceiptError) -> VerifiedReceipt {
    let claims = try verifiedClaims(of: bytes, publicKey: publicKey)
    for comparison in expectation.comparisons(with: claims) {
      if let error = comparison.error { throw error }
    }
    return VerifiedReceipt(claims: claims)
  }

  /// The first three layers.
  static func verifiedClaims(
    of bytes: [UInt8], publicKey: [UInt8]
  ) throws(ReceiptError) -> AIRClaims {
    let payload = try StatementKind.receipt.verifiedPayload(of: bytes, publicKey: publicKey)
    return try AIRClaims(payload: payload)
  }

  /// A receipt's identifier in this project's sessions: a UUID of version 4's form that follows
  /// from session and sequence number (`Spec/Protocol.md §7.4`).
  ///
  /// - Parameter sessionID: 16 bytes.
  public static func identifier(sessionID: [UInt8], sequence: UInt64) -> [UInt8] {
    let digest = SHA256.hash(Array("ephml/1 receipt".utf8) + sessionID + bigEndian(sequence))
    var bytes = Array(digest.prefix(16))
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    return bytes
  }
}

/// A receipt whose signature and claims were checked; only ``AIRReceipt`` makes one.
public struct VerifiedReceipt: Equatable, Sendable {
  /// The claims.
  public let claims: AIRClaims

  init(claims: AIRClaims) {
    self.claims = claims
  }
}
