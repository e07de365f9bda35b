/// Proof that a document is genuine, pinned, fresh and bound to one session.
///
/// Only ``AttestationVerifier`` makes a value of this type, and only when every check passed,
/// the measurements equal a pinned tuple, and nonce, user data and public key were compared with
/// what the session expects. Holding one is what allows a client to send a secret.
public struct VerifiedEvidence: Equatable, Sendable {
  /// The session's raw KEM public key, 32 bytes, as the document carries it.
  public let kemPublicKey: [UInt8]
  /// The transcript digest T0 that the document vouches for; the receipt key is inside it.
  public let userData: [UInt8]
  /// The challenge that the document answers.
  public let nonce: [UInt8]
  /// SHA-384 of the document as received: an input of T1.
  public let documentDigest: [UInt8]
  /// SHA-256 of the document as received: the receipts' `attestation_doc_hash`.
  public let documentHash: [UInt8]
  /// The platform configuration registers by index.
  public let measurements: [UInt8: [UInt8]]
  /// The module id.
  public let moduleID: String
  /// The document's timestamp in milliseconds since 1970.
  public let timestampMilliseconds: UInt64
  /// What kind of root vouches for it.
  public let securityMode: SecurityMode
  /// SHA-256 of the root certificate.
  public let rootDigest: [UInt8]

  init(
    document: AttestationDocument, expectation: AttestationExpectation, documentDigest: [UInt8],
    documentHash: [UInt8], securityMode: SecurityMode, rootDigest: [UInt8]
  ) {
    kemPublicKey = expectation.publicKey
    userData = expectation.userData
    nonce = expectation.nonce
    self.documentDigest = documentDigest
    self.documentHash = documentHash
    measurements = document.measurements
    moduleID = document.moduleID
    timestampMilliseconds = document.timestampMilliseconds
    self.securityMode = securityMode
    self.rootDigest = rootDigest
  }
}
