public import EphemeralSession
public import EphemeralWire

extension SymbolicCryptography {
  /// Abort's content.
  public func abortContent(_ code: AbortCode) throws(ProviderFailure) -> Term { encode(code) }
  /// Abort's code.
  public func readAbort(_ content: Term) -> AbortCode? { decodeAbort(content) }
  /// Close's content.
  public func closeContent() throws(ProviderFailure) -> Term { arena.make(.close) }
  /// Whether the content is Close's.
  public func isClose(_ content: Term) -> Bool { arena.isMade(content, by: .close) }
  /// Assembled's content.
  public func assembledContent(
    _ fields: AssembledFields<Term>
  ) throws(ProviderFailure) -> Term {
    arena.make(
      .assembled, fields.modelHash,
      numbers: UInt32(truncatingIfNeeded: fields.weightBytes),
      UInt32(truncatingIfNeeded: fields.nanoseconds))
  }
  /// Assembled's fields.
  public func readAssembled(_ content: Term) -> AssembledFields<Term>? {
    guard arena.isMade(content, by: .assembled) else { return nil }
    return AssembledFields(
      modelHash: arena.argument(content, 0), weightBytes: UInt64(arena.number(content, 1)),
      nanoseconds: UInt64(arena.number(content, 2)))
  }
  /// A request's head.
  public func readRequest(_ content: Term) -> RequestHead<Term>? {
    guard arena.isMade(content, by: .request) else { return nil }
    return RequestHead(
      sequence: UInt64(arena.number(content, 2)), hash: arena.make(.hash, content),
      echo: arena.make(.hash, arena.argument(content, 0)))
  }
  /// InferResult's content; the exposure is a time, of which terms know nothing.
  public func resultContent(
    response: Term, receipt: Term, exposureNanoseconds: UInt64
  ) throws(ProviderFailure) -> Term {
    arena.make(.result, response, receipt)
  }
  /// Takes InferResult's content apart.
  public func readResult(
    _ content: Term
  ) throws(ProviderFailure) -> (response: Term, receipt: Term, exposureNanoseconds: UInt64) {
    guard arena.isMade(content, by: .result) else { throw .refused }
    return (arena.argument(content, 0), arena.argument(content, 1), 0)
  }
  /// A response's hash.
  public func responseHash(_ response: Term) -> Term { arena.make(.hash, response) }
  /// Whether number and random value are the request's.
  public func response(_ response: Term, answers request: RequestHead<Term>) -> Bool {
    arena.isMade(response, by: .response)
      && UInt64(arena.number(response, 2)) == request.sequence
      && arena.make(.hash, arena.argument(response, 0)) == request.echo
  }
  /// Zeroized's content.
  public func zeroizedContent(report: Term) throws(ProviderFailure) -> Term {
    arena.make(.zeroized, report)
  }
  /// Zeroized's report.
  public func readZeroized(_ content: Term) -> Term? {
    arena.isMade(content, by: .zeroized) ? arena.argument(content, 0) : nil
  }
}

/// Who signed a document, and what of.
struct DocumentFacts: Equatable {
  /// Signed by the security module; otherwise by somebody.
  var isGenuine = true
  /// Of the pinned measurement.
  var isPinned = true
  /// Of an enclave in debug mode.
  var isDebug = false
}

extension SymbolicCryptography {
  /// An attestation document.
  func document(
    _ facts: DocumentFacts = DocumentFacts(), userData: Term, nonce: Term, key: Term
  ) -> Term {
    arena.make(
      .document, userData, nonce, key,
      numbers: facts.isGenuine ? 1 : 0, facts.isPinned ? 1 : 0, facts.isDebug ? 1 : 0)
  }

  /// What a document says of itself; nil where the term is none.
  func facts(of document: Term) -> DocumentFacts? {
    guard arena.isMade(document, by: .document) else { return nil }
    return DocumentFacts(
      isGenuine: arena.number(document, 3) == 1, isPinned: arena.number(document, 4) == 1,
      isDebug: arena.number(document, 5) == 1)
  }

  /// Genuine, pinned, not in debug mode, and bound to T0, nonce and key.
  public func judge(
    _ evidence: EvidenceParts<Term>, transcript: Term, nonce: Term, unixSeconds: UInt64
  ) -> (EvidenceJudgement<Term>, Bool) {
    let document = evidence.document
    guard let facts = facts(of: document) else { return (.refused, false) }
    let isFreshnessUnchecked = flaws.contains(.freshnessUnchecked)
    let holds =
      (facts.isGenuine || flaws.contains(.signatureUnchecked))
      && (!facts.isDebug || flaws.contains(.debugAccepted))
      && (arena.argument(document, 0) == transcript || flaws.contains(.userDataUnchecked)
        || isFreshnessUnchecked)
      && (arena.argument(document, 1) == nonce || isFreshnessUnchecked)
      && (arena.argument(document, 2) == evidence.fields.keyPublic
        || flaws.contains(.publicKeyUnchecked))
    guard holds else { return (.refused, false) }
    guard facts.isPinned || flaws.contains(.measurementUnchecked) else {
      return (.genuineUnpinned, false)
    }
    return (.accepted(document), true)
  }

  /// A receipt.
  public func signReceipt(
    _ claims: ReceiptStatement<Term>, key: Term
  ) throws(ProviderFailure) -> Term {
    guard arena.isMade(key, by: .signPrivate) else { throw .fault }
    let agreed = arena.make(.pair, claims.clientNonce, claims.document)
    let model = arena.make(.triple, claims.model.name, claims.model.version, claims.modelHash)
    let hashes = arena.make(.pair, claims.requestHash, claims.responseHash)
    return receipt(
      signer: arena.argument(key, 0), claims.sessionID, agreed, model, hashes,
      sequence: claims.sequence, issuedAt: claims.issuedAt, claims.statistics)
  }
  /// The term of a receipt.
  func receipt(
    signer seed: Term, _ sessionID: Term, _ agreed: Term, _ model: Term, _ hashes: Term,
    sequence: UInt64, issuedAt: UInt64, _ statistics: InferenceStatistics
  ) -> Term {
    arena.make(
      .receipt,
      SIMD8(
        arena.make(.signPublic, seed).id, sessionID.id, agreed.id, model.id, hashes.id,
        UInt32(truncatingIfNeeded: sequence), UInt32(truncatingIfNeeded: issuedAt),
        UInt32(truncatingIfNeeded: statistics.milliseconds << 16)
          | UInt32(truncatingIfNeeded: statistics.peakMegabytes)))
  }
  /// Signature, and every claim that the client can foretell.
  public func verifyReceipt(
    _ receipt: Term, expectation: ReceiptExpectation<Term>, publicKey: Term, evidence: Term
  ) -> Bool {
    guard arena.isMade(receipt, by: .receipt) else { return false }
    let model = arena.argument(receipt, 3)
    let hashes = arena.make(.pair, expectation.requestHash, expectation.responseHash)
    return arena.argument(receipt, 0) == publicKey
      && arena.argument(receipt, 1) == expectation.sessionID
      && arena.argument(receipt, 2)
        == arena.make(.pair, expectation.clientNonce, expectation.document)
      && arena.argument(model, 2) == expectation.modelHash
      && (arena.argument(receipt, 4) == hashes || flaws.contains(.receiptUnchecked))
      && UInt64(arena.number(receipt, 5)) == expectation.sequence
  }
  /// A wipe report.
  public func signWipeReport(
    _ claims: WipeStatement<Term>, key: Term
  ) throws(ProviderFailure) -> Term {
    guard arena.isMade(key, by: .signPrivate) else { throw .fault }
    return wipeReport(
      signer: arena.argument(key, 0), claims.sessionID, inferences: claims.inferences,
      claims.tally)
  }
  /// The term of a wipe report.
  func wipeReport(
    signer seed: Term, _ sessionID: Term, inferences: UInt64, _ tally: WipeTally<Term>
  ) -> Term {
    arena.make(
      .wipeReport,
      SIMD8(
        arena.make(.signPublic, seed).id, sessionID.id, tally.auditHead.id,
        UInt32(truncatingIfNeeded: inferences), UInt32(truncatingIfNeeded: tally.regions),
        UInt32(truncatingIfNeeded: tally.bytes), 0, 0))
  }
  /// Signature, session and number of the last inference.
  public func verifyWipeReport(
    _ report: Term, sessionID: Term, inferences: UInt64, publicKey: Term
  ) -> Bool {
    if flaws.contains(.reportUnchecked) { return true }
    return arena.isMade(report, by: .wipeReport) && arena.argument(report, 0) == publicKey
      && arena.argument(report, 1) == sessionID
      && UInt64(arena.number(report, 3)) == inferences
  }
}
