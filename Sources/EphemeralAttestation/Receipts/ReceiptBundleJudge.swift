import EphemeralCrypto
import EphemeralWire

/// The judgement of one bundle in progress.
///
/// As with documents, a check whose input an earlier failure took away is skipped: that earlier
/// failure refuses the bundle.
struct ReceiptBundleJudge {
  let policy: MeasurementPolicy?
  let expectation: ReceiptBundleVerifier.Expectation

  private var findings: [ReceiptBundleFinding] = []
  private var attestation: AttestationReport?
  private var body: EvidenceBody?
  private var claims: AIRClaims?
  private var wipe: WipeClaims?

  init(policy: MeasurementPolicy?, expectation: ReceiptBundleVerifier.Expectation) {
    self.policy = policy
    self.expectation = expectation
  }

  /// Runs every check in order and draws the verdict.
  mutating func run(_ bytes: [UInt8]) -> ReceiptBundleReport {
    do throws(ReceiptBundleError) {
      let bundle = try ReceiptBundle(decoding: bytes)
      note(.bundle, .passed, "a receipt bundle within its bounds")
      judgeDocument(bundle)
      judgeReceipt(bundle)
      judgeClaims(bundle)
      judgeModel()
      judgePreimages()
      judgeWipe(bundle)
    } catch {
      note(.bundle, .failed, Self.words(error))
      skipRest()
    }
    return conclude()
  }

  private mutating func note(
    _ check: ReceiptBundleCheck, _ outcome: AttestationOutcome, _ detail: String
  ) {
    findings.append(ReceiptBundleFinding(check: .bundle(check), outcome: outcome, detail: detail))
  }

  private mutating func require(
    _ check: ReceiptBundleCheck, _ holds: Bool, _ passed: String, otherwise failed: String
  ) {
    note(check, holds ? .passed : .failed, holds ? passed : failed)
  }

  private static func words(_ error: ReceiptBundleError) -> String {
    switch error {
    case .tooLarge: "larger than a bundle, or than one of its parts, may be"
    case .malformed: "not a receipt bundle in deterministic encoding"
    case .unsupportedVersion: "a bundle of a version that is not read"
    }
  }

  /// Nothing could be read.
  private mutating func skipRest() {
    let unread = "the bundle could not be read"
    for check in ReceiptBundleCheck.leading.dropFirst() { note(check, .skipped, unread) }
    for check in AttestationCheck.allCases {
      findings.append(
        ReceiptBundleFinding(check: .document(check), outcome: .skipped, detail: unread))
    }
    for check in ReceiptBundleCheck.allCases.dropFirst(ReceiptBundleCheck.leading.count) {
      note(check, .skipped, unread)
    }
  }

  // MARK: The document, bound to ClientHello and Evidence

  private mutating func judgeDocument(_ bundle: ReceiptBundle) {
    let hello = try? ClientHello(decoding: bundle.clientHello)
    require(
      .clientHello, hello != nil, "a ClientHello of ephml/1",
      otherwise: "not a ClientHello of ephml/1")
    body = try? EvidenceBody(decoding: bundle.evidenceBody)
    require(
      .evidence, body != nil, "an enclave's keys and limits",
      otherwise: "not an enclave's keys and limits")
    var expected: AttestationExpectation?
    if let hello, let body {
      expected = AttestationExpectation(
        nonce: hello.nonce,
        userData: EvidenceTranscript.digest(
          clientHello: bundle.clientHello, body: bundle.evidenceBody),
        publicKey: body.kemPublicKey)
    }
    let report = AttestationVerifier.judge(
      document: bundle.document, expectation: expected, policy: policy, at: .document
    ).report
    attestation = report
    findings += report.findings.map {
      ReceiptBundleFinding(check: .document($0.check), outcome: $0.outcome, detail: $0.detail)
    }
  }

  // MARK: The receipt

  private mutating func judgeReceipt(_ bundle: ReceiptBundle) {
    guard let body else {
      for check in [ReceiptBundleCheck.receiptEnvelope, .receiptSignature, .receiptClaims] {
        note(check, .skipped, "the receipt key could not be read")
      }
      return
    }
    let report = AIRReceipt.judge(
      bundle.receipt, publicKey: body.receiptPublicKey, expecting: .init(nonce: nil))
    claims = report.claims
    let layers: [(ReceiptCheck, ReceiptBundleCheck, String)] = [
      (.envelope, .receiptEnvelope, "COSE_Sign1 with EdDSA"),
      (.signature, .receiptSignature, "signed by the session's receipt key"),
      (.claims, .receiptClaims, "the claims of AIR v1"),
    ]
    for (layer, check, words) in layers {
      guard let finding = report.findings.first(where: { $0.check == layer }) else { continue }
      let reason = finding.error.map { $0.rawValue + ": " + $0.words }
      let unread = "an earlier layer failed"
      note(check, finding.outcome, reason ?? (finding.outcome == .passed ? words : unread))
    }
  }

  private mutating func judgeClaims(_ bundle: ReceiptBundle) {
    guard let claims, let body, let attestation,
      let document = try? AttestationDocument(unverified: bundle.document)
    else {
      for check in [
        ReceiptBundleCheck.receiptNonce, .documentHash, .receiptMeasurements, .receiptIdentifier,
        .issuedAt, .securityMode,
      ] {
        note(check, .skipped, "the receipt or the document could not be read")
      }
      return
    }
    require(
      .receiptNonce, !document.nonce.isEmpty && claims.nonce == document.nonce,
      "the document's challenge", otherwise: "not the document's challenge")
    require(
      .documentHash, claims.attestationDocumentHash == SHA256.hash(bundle.document),
      "SHA-256 of the document", otherwise: "another document's")
    require(
      .receiptMeasurements,
      claims.measurements == AIRMeasurements(nitro: document.measurements),
      "the document's", otherwise: "not the document's")
    require(
      .receiptIdentifier,
      claims.receiptID
        == AIRReceipt.identifier(sessionID: body.sessionID, sequence: claims.sequenceNumber),
      "that of session and sequence number", otherwise: "another session's or number's")
    judgeTime(claims, body, attestedAt: document.timestampMilliseconds / 1000)
    guard let mode = attestation.securityMode else {
      note(.securityMode, .skipped, "the chain could not be read")
      return
    }
    require(
      .securityMode, claims.securityMode == mode.rawValue, "\(mode.rawValue), as the root says",
      otherwise: "the root says \(mode.rawValue), the receipt something else")
  }

  /// A document's timestamp is at most the year 9999 and the limit has 32 bits: no sum overflows.
  private mutating func judgeTime(
    _ claims: AIRClaims, _ body: EvidenceBody, attestedAt attested: UInt64
  ) {
    let skew = AIRReceipt.clockSkewSeconds
    let latest = attested + body.limits.maxSessionSeconds + skew
    let earliest = attested - min(attested, skew)
    require(
      .issuedAt, (earliest...latest).contains(claims.issuedAt),
      "within the session's life", otherwise: "outside the session's life")
  }

  // MARK: What the verifier expects

  private mutating func judgeModel() {
    guard let expected = expectation.modelHash else {
      note(.modelHash, .skipped, "no model is expected")
      return
    }
    guard let claims else {
      note(.modelHash, .skipped, "the receipt could not be read")
      return
    }
    require(
      .modelHash, claims.modelHash == expected && claims.modelHashScheme == .manifest,
      "the expected model", otherwise: "another model, or a hash of another scheme")
  }

  private mutating func judgePreimages() {
    compare(.requestHash, expectation.request, claims?.requestHash, "request")
    compare(.responseHash, expectation.response, claims?.responseHash, "response")
    guard let request = expectation.request, let response = expectation.response else {
      note(.echo, .skipped, "it takes request and response")
      return
    }
    guard let claims else {
      note(.echo, .skipped, "the receipt could not be read")
      return
    }
    require(
      .echo,
      request.echo != nil && request.echo == response.echo
        && request.echo?.sequence == claims.sequenceNumber,
      "the same random bytes and the receipt's number",
      otherwise: "not a request and its response, or not of the receipt's number")
  }

  private mutating func compare(
    _ check: ReceiptBundleCheck, _ preimage: ReceiptPreimage?, _ stated: [UInt8]?, _ name: String
  ) {
    guard let preimage else {
      note(check, .skipped, "no \(name) is given")
      return
    }
    guard let stated else {
      note(check, .skipped, "the receipt could not be read")
      return
    }
    require(
      check, preimage.hash == stated, "SHA-256 of the \(name)", otherwise: "another \(name)'s")
  }

  // MARK: The wipe report

  private mutating func judgeWipe(_ bundle: ReceiptBundle) {
    guard let report = bundle.wipeReport else {
      note(.wipeReport, .skipped, "there is none: nothing is said about wiping")
      return
    }
    guard let body else {
      note(.wipeReport, .skipped, "the receipt key could not be read")
      return
    }
    do throws(ReceiptError) {
      let stated = try WipeReport.verify(report, publicKey: body.receiptPublicKey)
      guard stated.sessionID == body.sessionID else {
        return note(.wipeReport, .failed, "another session's")
      }
      guard let claims else {
        return note(.wipeReport, .skipped, "the receipt could not be read")
      }
      guard let last = stated.lastSequence, last >= claims.sequenceNumber else {
        return note(.wipeReport, .failed, "made before this inference")
      }
      wipe = stated
      note(.wipeReport, .passed, "the session's, after this inference: a statement, not a proof")
    } catch {
      note(.wipeReport, .failed, error.rawValue + ": " + error.words)
    }
  }

  // MARK: Verdict

  private func conclude() -> ReceiptBundleReport {
    let refused = findings.contains { $0.outcome == .failed }
    return ReceiptBundleReport(
      verdict: refused ? .refused : attestation?.verdict ?? .refused, findings: findings,
      attestation: attestation, claims: claims, sessionID: body?.sessionID, wipe: wipe)
  }
}
