/// The verdict on a document.
public enum AttestationVerdict: String, Sendable {
  /// Every rule holds and the measurements are pinned.
  case accepted
  /// Every rule holds, but nothing was pinned: any customer's enclave gets this far.
  case genuineUnpinned = "genuine-unpinned"
  /// At least one rule is broken.
  case refused
}

/// What kind of root vouches for a document, and so how far a receipt may be believed.
public enum SecurityMode: String, Sendable {
  /// AWS's own root.
  case production
  /// Any other root, the mock device's among them.
  case evaluation
}

/// Whose root a document's chain begins with (`Spec/Attestation.md §4.3`).
public enum AttestationRootKind: Equatable, Sendable {
  /// AWS's own root.
  case aws
  /// A mock device's root: development only.
  case mock
  /// A root that is neither.
  case custom

  /// What may be said of evidence under such a root.
  public var securityMode: SecurityMode { self == .aws ? .production : .evaluation }
}

/// When a document is judged (`Spec/Attestation.md §4.4`).
public enum JudgementTime: Equatable, Sendable {
  /// At this time, in seconds since 1970: the rule for live sessions.
  case time(UInt64)
  /// At the document's own timestamp: the rule for archives.
  case document
}

/// What a session expects to find in the document that answers its challenge.
public struct AttestationExpectation: Equatable, Sendable {
  /// The challenge that was sent, 32 bytes.
  public let nonce: [UInt8]
  /// The digest T0 of `Spec/Protocol.md`, 48 bytes.
  public let userData: [UInt8]
  /// The session's raw KEM public key, 32 bytes.
  public let publicKey: [UInt8]

  /// An expectation of exactly these three values.
  public init(nonce: [UInt8], userData: [UInt8], publicKey: [UInt8]) {
    self.nonce = nonce
    self.userData = userData
    self.publicKey = publicKey
  }
}

/// Everything that was found out about a document.
public struct AttestationReport: Equatable, Sendable {
  /// The verdict.
  public let verdict: AttestationVerdict
  /// One finding for each check, in the checks' order.
  public let findings: [AttestationFinding]
  /// The platform configuration registers by index; empty when the document was unreadable.
  public let measurements: [UInt8: [UInt8]]
  /// The module id (letters, digits, hyphens), or nil when the document was unreadable.
  public let moduleID: String?
  /// The document's timestamp in milliseconds since 1970.
  public let timestampMilliseconds: UInt64?
  /// Whether the measurements equal a pinned tuple.
  public let pinned: Bool
  /// The SHA-256 digest of the first certificate of the bundle, when it was readable.
  public let rootDigest: [UInt8]?
  /// Whose root that is, when the chain could be read.
  public let rootKind: AttestationRootKind?

  /// What may be said of the evidence, when the chain could be read.
  public var securityMode: SecurityMode? { rootKind?.securityMode }

  /// The names of the failed checks, in the checks' order.
  public var failed: [AttestationCheck] {
    findings.filter { $0.outcome == .failed }.map(\.check)
  }

  /// The outcome of one check.
  public func outcome(of check: AttestationCheck) -> AttestationOutcome? {
    findings.first { $0.check == check }?.outcome
  }

  /// The root in words: `aws`, `mock root <sha256>` or `custom root <sha256>`.
  public var root: String? {
    guard let rootDigest, let rootKind else { return nil }
    switch rootKind {
    case .aws: return "aws"
    case .mock: return "mock root " + Hexadecimal.encode(rootDigest)
    case .custom: return "custom root " + Hexadecimal.encode(rootDigest)
    }
  }
}

/// A report, and the proof that it gives where it accepts.
public struct AttestationJudgement: Sendable {
  /// Every check's outcome and the verdict.
  public let report: AttestationReport
  /// The proof: present exactly when the verdict is `accepted` and an expectation was given.
  public let evidence: VerifiedEvidence?
}
