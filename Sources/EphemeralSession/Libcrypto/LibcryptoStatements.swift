public import EphemeralAttestation
import EphemeralCrypto
import EphemeralWire
import FaultPoints

extension LibcryptoCryptography {
  /// What every receipt of this protocol names as issuer and policy version.
  static let receiptIssuer = "ephml/1"

  /// Every attestation check, with the document bound to T0, nonce and KEM key.
  public func judge(
    _ evidence: EvidenceParts<[UInt8]>, transcript: [UInt8], nonce: [UInt8], unixSeconds: UInt64
  ) -> (EvidenceJudgement<EphemeralAttestation.VerifiedEvidence>, AttestationReport) {
    let judgement = AttestationVerifier.judge(
      document: evidence.document,
      expectation: AttestationExpectation(
        nonce: nonce, userData: transcript, publicKey: evidence.fields.keyPublic),
      policy: policy, at: .time(unixSeconds))
    switch judgement.report.verdict {
    case .refused: return (.refused, judgement.report)
    case .genuineUnpinned: return (.genuineUnpinned, judgement.report)
    case .accepted:
      guard let proof = judgement.evidence else { return (.refused, judgement.report) }
      return (.accepted(proof), judgement.report)
    }
  }

  /// An AIR v1 receipt (Spec/Attestation.md §9).
  public func signReceipt(
    _ claims: ReceiptStatement<[UInt8]>, key: SecretMaterial
  ) throws(ProviderFailure) -> [UInt8] {
    guard let document = try? AttestationDocument(unverified: claims.document),
      let measurements = AIRMeasurements(nitro: document.measurements)
    else { throw .fault }
    let receipt = AIRClaims(
      issuer: Self.receiptIssuer, issuedAt: claims.issuedAt,
      receiptID: AIRReceipt.identifier(sessionID: claims.sessionID, sequence: claims.sequence),
      nonce: claims.clientNonce, modelID: String(decoding: claims.model.name, as: UTF8.self),
      modelVersion: String(decoding: claims.model.version, as: UTF8.self),
      modelHash: claims.modelHash, requestHash: claims.requestHash,
      responseHash: claims.responseHash,
      attestationDocumentHash: SHA256.hash(claims.document), measurements: measurements,
      policyVersion: Self.receiptIssuer, sequenceNumber: claims.sequence,
      executionMilliseconds: claims.statistics.milliseconds,
      memoryPeakMebibytes: claims.statistics.peakMegabytes,
      securityMode: document.statedSecurityMode.rawValue, modelHashScheme: .manifest)
    do {
      return try AIRReceipt.sign(receipt) { key.sign($0) }
    } catch {
      throw .fault
    }
  }

  /// The signature, and every claim that the client can foretell.
  public func verifyReceipt(
    _ receipt: [UInt8], expectation: ReceiptExpectation<[UInt8]>, publicKey: [UInt8],
    evidence: EphemeralAttestation.VerifiedEvidence
  ) -> Bool {
    guard
      let verified = try? AIRReceipt.verify(
        receipt, publicKey: publicKey,
        expecting: AIRReceipt.Expectation(nonce: expectation.clientNonce))
    else { return false }
    let claims = verified.claims
    let attested = evidence.timestampMilliseconds / 1000
    let (latest, overflowed) = attested.addingReportingOverflow(
      expectation.maximumSeconds + AIRReceipt.clockSkewSeconds)
    let identifier = AIRReceipt.identifier(
      sessionID: expectation.sessionID, sequence: expectation.sequence)
    return (claims.receiptID == identifier || planted("receipt-identifier-unchecked"))
      && (claims.sequenceNumber == expectation.sequence || planted("receipt-sequence-unchecked"))
      && (claims.modelHash == expectation.modelHash || planted("receipt-model-unchecked"))
      && claims.modelHashScheme == .manifest
      && (claims.requestHash == expectation.requestHash || planted("receipt-request-unchecked"))
      && (claims.responseHash == expectation.responseHash || planted("receipt-response-unchecked"))
      && (verified.agrees(with: evidence) || planted("receipt-evidence-unchecked"))
      && (!overflowed && claims.issuedAt <= latest || planted("receipt-time-unchecked"))
      && claims.issuedAt >= attested - min(attested, AIRReceipt.clockSkewSeconds)
  }

  /// A wipe report (Spec/Attestation.md §10).
  public func signWipeReport(
    _ claims: WipeStatement<[UInt8]>, key: SecretMaterial
  ) throws(ProviderFailure) -> [UInt8] {
    let report = WipeClaims(
      sessionID: claims.sessionID,
      lastSequence: claims.inferences == 0 ? nil : claims.inferences - 1,
      regions: claims.tally.regions, bytes: claims.tally.bytes,
      exposureNanoseconds: claims.tally.exposureNanoseconds,
      auditHead: claims.tally.auditHead)
    do {
      return try WipeReport.sign(report) { key.sign($0) }
    } catch {
      throw .fault
    }
  }

  /// The signature, the session, and the number of the last inference.
  public func verifyWipeReport(
    _ report: [UInt8], sessionID: [UInt8], inferences: UInt64, publicKey: [UInt8]
  ) -> Bool {
    guard let claims = try? WipeReport.verify(report, publicKey: publicKey) else { return false }
    let last = inferences == 0 ? nil : inferences - 1
    return (claims.sessionID == sessionID || planted("wipe-report-session-unchecked"))
      && (claims.lastSequence == last || planted("wipe-report-count-unchecked"))
  }
}

extension SecretMaterial {
  /// An Ed25519 signature; `nil` unless this is a signing key.
  package func sign(_ message: [UInt8]) -> [UInt8]? {
    switch storage {
    case .signing(let key): return try? key.sign(message.span)
    default: return nil
    }
  }
}
