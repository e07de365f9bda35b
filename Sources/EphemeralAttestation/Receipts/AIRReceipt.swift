/// Attested Inference Receipts, version 1 (`Spec/Attestation.md §9`).
public enum AIRReceipt {
  /// The profile that every receipt names.
  public static let profile = "https://spec.cyntrisec.com/air/v1"
  /// The most bytes of a text claim.
  public static let maximumTextBytes = 256
  /// The lengths that a challenge may have, in bytes (RFC 9711 §4.1).
  public static let nonceBytes = 8...64

  /// What a verifier compares a receipt with.
  public struct Expectation: Equatable, Sendable {
    /// The challenge that the receipt must carry, or nil to leave it uncompared.
    public var nonce: [UInt8]?

    /// An expectation of this challenge.
    public init(nonce: [UInt8]?) {
      self.nonce = nonce
    }
  }

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
  public static func verify(
    _ bytes: [UInt8], publicKey: [UInt8], expecting expectation: Expectation
  ) throws(ReceiptError) -> VerifiedReceipt {
    let payload = try StatementKind.receipt.verifiedPayload(of: bytes, publicKey: publicKey)
    let claims = try AIRClaims(payload: payload)
    if let nonce = expectation.nonce, claims.nonce != nonce { throw .nonceMismatch }
    return VerifiedReceipt(claims: claims)
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
