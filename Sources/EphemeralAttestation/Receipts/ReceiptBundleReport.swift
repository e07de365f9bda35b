/// The checks of a bundle beside those of its document (`Spec/Attestation.md §11.2`).
public enum ReceiptBundleCheck: String, CaseIterable, Sendable {
  /// The file has the form of §11.1.
  case bundle
  /// ClientHello is one of this protocol.
  case clientHello
  /// Evidence without the document is what an enclave declares.
  case evidence
  /// The receipt is a COSE_Sign1 with exactly the header of a receipt.
  case receiptEnvelope
  /// The receipt is signed by Evidence's receipt key.
  case receiptSignature
  /// The receipt has the claims of AIR v1, no other, each within its rules.
  case receiptClaims
  /// The receipt names the document's challenge.
  case receiptNonce
  /// The receipt names this document by its SHA-256.
  case documentHash
  /// The receipt's measurements are the document's.
  case receiptMeasurements
  /// The receipt's identifier follows from session and sequence number.
  case receiptIdentifier
  /// The receipt was issued within the session's life.
  case issuedAt
  /// The security mode that the root gives is the one that the receipt states.
  case securityMode
  /// The receipt is about the expected model.
  case modelHash
  /// The receipt names the request that is given.
  case requestHash
  /// The receipt names the response that is given.
  case responseHash
  /// Request and response carry the same 32 random bytes, and the receipt's sequence number.
  case echo
  /// The wipe report is this session's, and made after this inference.
  case wipeReport

  /// The checks that come before the document's.
  static let leading: [ReceiptBundleCheck] = [.bundle, .clientHello, .evidence]
}

/// One line of a bundle's report: a check, its outcome, and why.
public struct ReceiptBundleFinding: Equatable, Sendable {
  /// Which rule.
  public enum Check: Equatable, Sendable {
    /// One of the bundle's own.
    case bundle(ReceiptBundleCheck)
    /// One of the document's (`Spec/Attestation.md §4.1`).
    case document(AttestationCheck)

    /// The rule's name.
    public var name: String {
      switch self {
      case .bundle(let check): check.rawValue
      case .document(let check): check.rawValue
      }
    }
  }

  /// The rule.
  public let check: Check
  /// What became of it.
  public let outcome: AttestationOutcome
  /// Static text, with digests and numbers at most; never bytes of the peer's choosing.
  public let detail: String
}

/// Everything that was found out about a bundle.
public struct ReceiptBundleReport: Equatable, Sendable {
  /// The verdict: that on the document, or refused where any other check failed.
  public let verdict: AttestationVerdict
  /// One finding for each check, in the order of `Spec/Attestation.md §11.2`.
  public let findings: [ReceiptBundleFinding]
  /// What was found out about the document; nil when the bundle was unreadable.
  public let attestation: AttestationReport?
  /// The receipt's claims, once its signature and its rules passed.
  public let claims: AIRClaims?
  /// The session, 16 bytes, as Evidence names it; nil when that was unreadable.
  public let sessionID: [UInt8]?
  /// What the wipe report states, once it passed.
  public let wipe: WipeClaims?

  /// What may be said of the evidence, when the chain could be read.
  public var securityMode: SecurityMode? { attestation?.securityMode }

  /// The names of the failed checks, in the checks' order.
  public var failed: [String] {
    findings.filter { $0.outcome == .failed }.map(\.check.name)
  }

  /// The outcome of the check of that name.
  public func outcome(of name: String) -> AttestationOutcome? {
    findings.first { $0.check.name == name }?.outcome
  }
}
