import EphemeralCrypto
import FaultPoints

/// One judgement in progress: what could be read, and the findings so far.
///
/// A check whose input an earlier failure took away is skipped, which cannot make a document
/// better: that earlier failure refuses it.
struct DocumentJudge {
  let bytes: [UInt8]
  let expectation: AttestationExpectation?
  let policy: MeasurementPolicy
  let time: JudgementTime

  private(set) var findings: [AttestationFinding] = []
  private var envelope: COSESign1?
  private var document: AttestationDocument?
  private var leaf: X509Certificate?
  private var chain: EvidenceChain?

  init(
    bytes: [UInt8], expectation: AttestationExpectation?, policy: MeasurementPolicy,
    time: JudgementTime
  ) {
    self.bytes = bytes
    self.expectation = expectation
    self.policy = policy
    self.time = time
  }

  /// The seconds since 1970 to judge at, when they are known.
  private var seconds: UInt64? {
    switch time {
    case .time(let seconds): seconds
    case .document: document.map { $0.timestampMilliseconds / 1000 }
    }
  }

  /// Runs every check in order and draws the verdict.
  mutating func run() -> AttestationJudgement {
    findings.reserveCapacity(AttestationCheck.allCases.count)
    read()
    readCertificates()
    judgeRoot()
    judgeChain()
    judgeSignature()
    judgeMock()
    judgeMeasurements()
    judgeInstance()
    judgeExpectation()
    judgePolicyExpiry()
    return conclude()
  }

  private mutating func note(
    _ check: AttestationCheck, _ outcome: AttestationOutcome, _ detail: String
  ) {
    findings.append(AttestationFinding(check: check, outcome: outcome, detail: detail))
  }

  private mutating func skip(_ checks: AttestationCheck..., because detail: String) {
    for check in checks { note(check, .skipped, detail) }
  }

  // MARK: Reading

  private mutating func read() {
    do throws(AttestationDocumentError) {
      let envelope = try AttestationDocument.envelope(of: bytes)
      self.envelope = envelope
      note(.envelope, .passed, "COSE_Sign1 with ES384")
    } catch {
      note(.envelope, .failed, error.detail)
    }
    guard let envelope else {
      skip(.document, because: "the envelope could not be read")
      return
    }
    do throws(AttestationDocumentError) {
      document = try AttestationDocument(payload: envelope.payload)
      note(.document, .passed, "an attestation document within its bounds")
    } catch {
      note(.document, .failed, error.detail)
    }
  }

  private mutating func readCertificates() {
    guard let document else {
      skip(.certificates, because: "the document could not be read")
      return
    }
    let encodings = document.authorities + [document.certificate]
    var certificates: [X509Certificate] = []
    var unreadable: Int?
    for (index, encoding) in encodings.enumerated() {
      let certificate = try? X509Certificate(der: encoding)
      if let certificate {
        certificates.append(certificate)
        if index == encodings.count - 1 { leaf = certificate }
      } else {
        unreadable = unreadable ?? index
      }
    }
    if let unreadable {
      note(.certificates, .failed, "certificate \(unreadable) cannot be read")
    } else {
      chain = EvidenceChain(certificates: certificates)
      note(.certificates, .passed, "\(certificates.count) certificates")
    }
  }

  // MARK: Chain

  private var rootDigest: [UInt8]? {
    document?.authorities.first.map { SHA256.hash($0) }
  }

  private mutating func judgeRoot() {
    guard let rootDigest else {
      skip(.untrustedRoot, because: "the document could not be read")
      return
    }
    let trusted = policy.trusts(root: rootDigest) || planted("attestation-root-unchecked")
    note(
      .untrustedRoot, trusted ? .passed : .failed,
      (trusted ? "pinned root " : "root that is not pinned ") + Hexadecimal.encode(rootDigest))
  }

  private mutating func judgeChain() {
    guard let chain else {
      let unread = "the certificates could not be read"
      for rule in EvidenceChain.rules { skip(rule.check, because: unread) }
      skip(.certificateValidity, because: unread)
      return
    }
    for rule in EvidenceChain.rules {
      if let position = chain.firstViolation(of: rule.check), !isForgiven(rule.check) {
        note(rule.check, .failed, "broken by certificate \(position): \(rule.meaning)")
      } else {
        note(rule.check, .passed, rule.meaning)
      }
    }
    guard let seconds else {
      skip(.certificateValidity, because: "the time of judgement is unknown")
      return
    }
    let moment = UnixTime.text(seconds)
    switch planted("attestation-expiry-unchecked") ? .valid : chain.validity(at: seconds) {
    case .valid: note(.certificateValidity, .passed, "valid at \(moment)")
    case .expired(let position):
      note(.certificateValidity, .failed, "expired certificate: \(position), judged at \(moment)")
    case .notYetValid(let position):
      note(
        .certificateValidity, .failed,
        "certificate not yet valid: \(position), judged at \(moment)")
    }
  }

  /// Whether a planted fault passes over a rule of the chain.
  private func isForgiven(_ check: AttestationCheck) -> Bool {
    check == .chain && planted("attestation-chain-unchecked")
      || check == .basicConstraints && planted("attestation-authority-unchecked")
      || check == .pathLength && planted("attestation-path-length-unchecked")
      || check == .keyUsage && planted("attestation-key-usage-unchecked")
  }

  private mutating func judgeSignature() {
    guard let envelope, let leaf else {
      skip(.signature, because: "there is no readable leaf certificate")
      return
    }
    let message = COSESign1.toBeSigned(
      protectedHeader: envelope.protectedHeader, payload: envelope.payload)
    var good = false
    if case .p384(let key) = leaf.publicKey {
      good =
        key.isValid(signature: envelope.signature.span, for: message.span)
        || planted("attestation-signature-unchecked")
    }
    note(
      .signature, good ? .passed : .failed,
      good ? "signed by the leaf's key" : "not signed by the leaf's key")
  }

  private mutating func judgeMock() {
    guard let chain, let rootDigest else {
      skip(.mockEvidence, because: "the certificates could not be read")
      return
    }
    let marked = chain.markedAsMock
    if marked == 0 {
      note(.mockEvidence, .passed, "no certificate is marked as a mock")
      return
    }
    #if Mock
      let named = policy.roots?.contains(rootDigest) ?? false
      if marked == chain.certificates.count, named, rootDigest != MeasurementPolicy.awsRoot {
        note(.mockEvidence, .passed, "a mock whose root the policy names: development only")
      } else {
        note(.mockEvidence, .failed, "a mock whose root the policy does not name, or half a mock")
      }
    #else
      _ = rootDigest
      note(.mockEvidence, .failed, "this build refuses mock evidence whatever the policy says")
    #endif
  }

  // MARK: Contents

  private var isPinned: Bool {
    guard let document else { return false }
    return policy.measurements.contains { $0.matches(document.measurements) }
      || planted("attestation-pin-unchecked")
  }

  private mutating func judgeMeasurements() {
    guard let document else {
      skip(.debugMode, .measurements, because: "the document could not be read")
      return
    }
    let zero = (0...2).first { index in
      !(document.measurements[UInt8(index)] ?? []).contains { $0 != 0 }
    }
    if let zero, !planted("attestation-debug-accepted") {
      note(.debugMode, .failed, "PCR\(zero) is zero: an enclave in debug mode")
    } else {
      note(.debugMode, .passed, "PCR0, PCR1 and PCR2 are not zero")
    }
    if policy.measurements.isEmpty {
      skip(.measurements, because: "nothing is pinned")
    } else if isPinned {
      note(.measurements, .passed, "equal to a pinned tuple")
    } else {
      let image = Hexadecimal.encode(document.measurements[0] ?? [])
      note(.measurements, .failed, "no pinned tuple is equal; PCR0 is \(image)")
    }
  }

  private mutating func judgeInstance() {
    guard let document else {
      skip(.pcr4, .commonNames, because: "the document could not be read")
      return
    }
    guard let instance = document.instanceID else {
      note(.pcr4, .failed, "the module id names no instance")
      noteCommonNames(fit: false)
      return
    }
    let expected = RegisterExtension.ofZero(by: Array(instance.utf8))
    let fits = document.measurements[4] == expected || planted("attestation-instance-unchecked")
    note(
      .pcr4, fits ? .passed : .failed,
      fits ? "the measurement of the instance" : "not the measurement of the instance")
    guard let leaf else {
      skip(.commonNames, because: "there is no readable leaf certificate")
      return
    }
    // By bytes: a String also takes other characters for equal (Unicode's canonical equivalence).
    let names =
      (leaf.subject.commonName ?? "").utf8.starts(with: (document.moduleID + ".").utf8)
      && (leaf.issuer.commonName ?? "").utf8.starts(with: (instance + ".").utf8)
      || planted("attestation-names-unchecked")
    noteCommonNames(fit: names)
  }

  private mutating func noteCommonNames(fit: Bool) {
    if fit {
      note(.commonNames, .passed, "those of the module and of its instance")
      return
    }
    let outcome: AttestationOutcome
    switch policy.commonNames {
    case .enforce: outcome = .failed
    case .warn: outcome = .warned
    }
    note(.commonNames, outcome, "not those of the module and of its instance")
  }

  private mutating func judgeExpectation() {
    guard let document else {
      skip(.nonce, .userDataMismatch, .publicKey, because: "the document could not be read")
      return
    }
    guard let expectation else {
      skip(.nonce, .userDataMismatch, .publicKey, because: "nothing was expected")
      return
    }
    compare(.nonce, document.nonce, expectation.nonce, "the challenge")
    compare(
      .userDataMismatch, document.userData, expectation.userData, "the digest of this session")
    compare(.publicKey, document.publicKey, expectation.publicKey, "the session's KEM key")
  }

  private mutating func compare(
    _ check: AttestationCheck, _ found: [UInt8], _ expected: [UInt8], _ name: String
  ) {
    // An empty expectation would be met by a document that says nothing.
    let equal =
      !expected.isEmpty && found == expected
      || check == .nonce && planted("attestation-nonce-unchecked")
      || check == .userDataMismatch && planted("attestation-user-data-unchecked")
      || check == .publicKey && planted("attestation-public-key-unchecked")
    note(check, equal ? .passed : .failed, (equal ? "equal to " : "not ") + name)
  }

  private mutating func judgePolicyExpiry() {
    guard let expires = policy.expires else {
      note(.policyExpiry, .passed, "the policy does not expire")
      return
    }
    guard let seconds else {
      skip(.policyExpiry, because: "the time of judgement is unknown")
      return
    }
    let text = UnixTime.text(expires)
    let isCurrent = seconds <= expires || planted("attestation-policy-expiry-unchecked")
    note(.policyExpiry, isCurrent ? .passed : .failed, "the policy expires at \(text)")
  }

  // MARK: Verdict

  private func conclude() -> AttestationJudgement {
    let refused = findings.contains { $0.outcome == .failed }
    let verdict: AttestationVerdict =
      refused ? .refused : (isPinned ? .accepted : .genuineUnpinned)
    let kind = rootKind
    let report = AttestationReport(
      verdict: verdict, findings: findings, measurements: document?.measurements ?? [:],
      moduleID: document?.moduleID, timestampMilliseconds: document?.timestampMilliseconds,
      pinned: isPinned, rootDigest: rootDigest, rootKind: kind)
    guard verdict == .accepted, let expectation, let document, let rootDigest, let kind else {
      return AttestationJudgement(report: report, evidence: nil)
    }
    let evidence = VerifiedEvidence(
      document: document, expectation: expectation, documentDigest: SHA384.hash(bytes),
      documentHash: SHA256.hash(bytes), securityMode: kind.securityMode, rootDigest: rootDigest)
    return AttestationJudgement(report: report, evidence: evidence)
  }

  private var rootKind: AttestationRootKind? {
    guard let rootDigest, let chain else { return nil }
    if rootDigest == MeasurementPolicy.awsRoot { return .aws }
    return chain.markedAsMock > 0 ? .mock : .custom
  }
}

extension MeasurementPolicy.Pin {
  /// Whether every pinned register has this value; a zero PCR8 never matches a pin.
  func matches(_ registers: [UInt8: [UInt8]]) -> Bool {
    guard registers[0] == pcr0, registers[1] == pcr1, registers[2] == pcr2 else { return false }
    guard let pcr8 else { return true }
    return registers[8] == pcr8
  }
}
