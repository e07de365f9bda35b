/// Every rule that a document is judged by, one name each (`Spec/Attestation.md §4`).
///
/// All of them run on every document and all are reported, in this order.
public enum AttestationCheck: String, CaseIterable, Sendable {
  /// The outer COSE_Sign1 has exactly the shape of §2.
  case envelope
  /// The payload is an attestation document within its bounds (§3).
  case document
  /// Every certificate of the chain can be read and is an X.509 version 3 certificate.
  case certificates
  /// The first certificate of the bundle is a pinned root.
  case untrustedRoot
  /// Each certificate names its predecessor as its issuer and carries its signature.
  case chain
  /// No certification path is longer than an authority above it allows.
  case pathLength
  /// Authorities say that they are authorities; the leaf does not.
  case basicConstraints
  /// Authorities may sign certificates; the leaf may sign, and may not certify.
  case keyUsage
  /// Every key is on P-384 and every certificate is signed with ECDSA and SHA-384.
  case curve
  /// No certificate has a critical extension that this verifier does not know.
  case criticalExtensions
  /// Every certificate is valid at the time of judgement: the *expired certificate* rule.
  case certificateValidity
  /// The document's ES384 signature verifies under the leaf certificate.
  case signature
  /// Mock evidence is accepted only by a build for development, under a policy naming its root.
  case mockEvidence
  /// The enclave does not run in debug mode: PCR0, PCR1 and PCR2 are not zero.
  case debugMode
  /// PCR0, PCR1, PCR2 (and PCR8 where pinned) equal one of the policy's tuples.
  case measurements
  /// PCR4 is the measurement of the instance that the module id names.
  case pcr4
  /// The certificates' common names are those of this module and this instance.
  case commonNames
  /// The document carries the challenge that was sent.
  case nonce
  /// The document's user data is the digest of this session's transcript.
  case userDataMismatch
  /// The document's public key is the session's KEM key.
  case publicKey
  /// The policy has not expired at the time of judgement.
  case policyExpiry
}

/// What became of one check.
public enum AttestationOutcome: Equatable, Sendable {
  /// The rule holds.
  case passed
  /// The rule is broken: the document is refused.
  case failed
  /// The rule is broken and the policy relaxes it to a warning.
  case warned
  /// The rule could not be applied: nothing was expected, or an earlier failure left no input.
  case skipped
}

/// One line of a report: a check, its outcome, and why.
public struct AttestationFinding: Equatable, Sendable {
  /// The rule.
  public let check: AttestationCheck
  /// What became of it.
  public let outcome: AttestationOutcome
  /// Static text, with digests and numbers at most; never bytes of the peer's choosing.
  public let detail: String
}
