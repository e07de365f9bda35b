import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import EphemeralSession

extension RefusalOracle {
  /// Receipts and wipe reports: right ones hold; each that is off in one thing does not.
  static func statements() throws {
    let chain = WrongDocument(name: "sound", check: .envelope) { _ in }
    let wanted = AttestationExpectation(
      nonce: Samples.nonce, userData: [UInt8](repeating: 7, count: 48),
      publicKey: [UInt8](repeating: 8, count: 32))
    let (document, policy) = try chain.make(wanted)
    let judged = AttestationVerifier.judge(
      document: document, expectation: wanted, policy: policy, at: .time(WrongDocument.now))
    guard let evidence = judged.evidence else { throw Finding("a sound document is refused") }
    let pair = try crypto.makeReceiptKey(seed: Samples.seed(5))
    let stranger = try crypto.makeReceiptKey(seed: Samples.seed(6))
    let right = ReceiptStatement<[UInt8]>(
      sessionID: Samples.sessionID, issuedAt: WrongDocument.now + 5, clientNonce: Samples.nonce,
      document: document, model: Samples.model, modelHash: Samples.modelHash,
      requestHash: SHA256.hash([1]), responseHash: SHA256.hash([2]), sequence: 1,
      statistics: Samples.statistics)
    let expectation = ReceiptExpectation<[UInt8]>(
      sessionID: Samples.sessionID, clientNonce: Samples.nonce, document: document,
      modelHash: Samples.modelHash, requestHash: SHA256.hash([1]),
      responseHash: SHA256.hash([2]), sequence: 1, maximumSeconds: 3600)
    let signed = try crypto.signReceipt(right, key: pair.key)
    let claims = try AIRReceipt.verify(
      signed, publicKey: pair.publicKey, expecting: AIRReceipt.Expectation(nonce: Samples.nonce)
    ).claims
    func holds(_ change: (inout AIRClaims) -> Void) throws -> Bool {
      var changed = claims
      change(&changed)
      let receipt = try AIRReceipt.sign(changed) { pair.key.sign($0) }
      return crypto.verifyReceipt(
        receipt, expectation: expectation, publicKey: pair.publicKey, evidence: evidence)
    }
    try expect("a right receipt", try holds { _ in }, true)
    let other32 = [UInt8](repeating: 1, count: 32)
    let changes: [(String, (inout AIRClaims) -> Void)] = [
      ("number", { $0.sequenceNumber = 2 }), ("nonce", { $0.nonce = other32 }),
      ("identifier", { $0.receiptID[0] ^= 1 }), ("model", { $0.modelHash = other32 }),
      ("request", { $0.requestHash = other32 }), ("response", { $0.responseHash = other32 }),
      ("document", { $0.attestationDocumentHash = other32 }),
      ("image", { $0.measurements.pcr0[0] ^= 1 }),
      ("early", { $0.issuedAt = WrongDocument.now - 61 }),
      ("late", { $0.issuedAt = WrongDocument.now + 3661 }),
    ]
    for (name, change) in changes {
      try expect("a receipt with another \(name)", try holds(change), false)
    }
    let isForeign = crypto.verifyReceipt(
      signed, expectation: expectation, publicKey: stranger.publicKey, evidence: evidence)
    try expect("a receipt under another key", isForeign, false)
    try wipeReports(pair, stranger.publicKey)
  }

  private static func wipeReports(
    _ pair: (key: SecretMaterial, publicKey: [UInt8]), _ stranger: [UInt8]
  ) throws {
    for made in [0, 1, 3] as [UInt64] {
      let report = try crypto.signWipeReport(
        WipeStatement(sessionID: Samples.sessionID, inferences: made, tally: Samples.tally),
        key: pair.key)
      func holds(_ session: [UInt8], _ inferences: UInt64, _ key: [UInt8]) -> Bool {
        crypto.verifyWipeReport(
          report, sessionID: session, inferences: inferences, publicKey: key)
      }
      let session = Samples.sessionID
      try expect("a right wipe report", holds(session, made, pair.publicKey), true)
      try expect("another count", holds(session, made + 1, pair.publicKey), false)
      let other = [UInt8](repeating: 1, count: 16)
      try expect("another session", holds(other, made, pair.publicKey), false)
      try expect("another key", holds(session, made, stranger), false)
    }
  }
}
