import EphemeralCrypto
package import EphemeralSession
package import EphemeralWire

/// The real provider with three switches: it can be told to fail, what to think of evidence, and
/// how many records a message takes. Its receipts are plain signatures, so that no attestation
/// document is needed.
package struct TestCryptography: SessionCryptography {
  package init() {}

  package final class Switches {
    /// Every call that may throw throws `fault`.
    package var faults = false
    package var verdict = Verdict.accepted
    /// Overrides the number of records of the next message, once; 0 leaves it.
    package var recordCount: UInt64 = 0
    /// The transcript and the nonce of the last judgement.
    package var judged: [[UInt8]] = []
    /// Every key that the provider gave out, so that a bench can see whether it was destroyed.
    package var keys: [(use: KeyUse, material: SecretMaterial)] = []
  }

  /// What a key that was given out is for.
  package enum KeyUse: Equatable, Sendable {
    case agreement, receipt, exporter
    case record(RecordDirection)
  }

  package enum Verdict { case refused, unpinned, accepted }

  /// Stands for a verified document.
  package struct Proof: Equatable, Sendable {}

  package typealias Bytes = [UInt8]
  package typealias Digest = [UInt8]
  package typealias Material = SecretMaterial
  package typealias VerifiedEvidence = Proof
  package typealias EvidenceReport = String

  package let base = LibcryptoCryptography()
  package let switches = Switches()

  private func check() throws(ProviderFailure) {
    if switches.faults { throw .fault }
  }

  package static func destroy(_ material: SecretMaterial) { material.destroy() }

  package func transcriptEvidence(hello: [UInt8], body: [UInt8]) -> [UInt8] {
    base.transcriptEvidence(hello: hello, body: body)
  }
  package func transcriptOffer(_ evidence: [UInt8], document: [UInt8]) -> [UInt8] {
    base.transcriptOffer(evidence, document: document)
  }
  package func transcriptKeys(_ offer: [UInt8], exchange: KeyExchangeFields<[UInt8]>) -> [UInt8] {
    base.transcriptKeys(offer, exchange: exchange)
  }
  package func makeKeyPair(
    seed: SecretMaterial
  ) throws(ProviderFailure) -> (key: SecretMaterial, publicKey: [UInt8]) {
    try check()
    let pair = try base.makeKeyPair(seed: seed)
    switches.keys.append((.agreement, pair.key))
    return pair
  }
  package func makeReceiptKey(
    seed: SecretMaterial
  ) throws(ProviderFailure) -> (key: SecretMaterial, publicKey: [UInt8]) {
    try check()
    let pair = try base.makeReceiptKey(seed: seed)
    switches.keys.append((.receipt, pair.key))
    return pair
  }
  package func offerKeys(
    to publicKey: [UInt8], seed: SecretMaterial, transcript: [UInt8]
  ) throws(ProviderFailure) -> (
    exchange: KeyExchangeFields<[UInt8]>, exporter: SecretMaterial
  ) {
    try check()
    let offered = try base.offerKeys(to: publicKey, seed: seed, transcript: transcript)
    switches.keys.append((.exporter, offered.exporter))
    return offered
  }
  package func acceptKeys(
    _ exchange: KeyExchangeFields<[UInt8]>, key: SecretMaterial, transcript: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    let exporter = try base.acceptKeys(exchange, key: key, transcript: transcript)
    switches.keys.append((.exporter, exporter))
    return exporter
  }
  package func exportRecordKey(
    _ exporter: SecretMaterial, direction: RecordDirection, transcript: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    let key = try base.exportRecordKey(exporter, direction: direction, transcript: transcript)
    switches.keys.append((.record(direction), key))
    return key
  }
  package func confirmContent(_ transcript: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.confirmContent(transcript)
  }
  package func confirms(_ content: SecretMaterial, _ transcript: [UInt8]) -> Bool {
    base.confirms(content, transcript)
  }
  package func count(_ content: SecretMaterial) -> UInt64 { base.count(content) }
  package func recordCount(_ content: SecretMaterial, padding: MessagePadding) -> UInt64 {
    defer { switches.recordCount = 0 }
    return switches.recordCount == 0
      ? base.recordCount(content, padding: padding) : switches.recordCount
  }
  package func sealRecord(
    _ content: SecretMaterial, piece: UInt64, padding: MessagePadding, head: RecordHead,
    key: SecretMaterial, context: RecordContext<[UInt8]>
  ) throws(ProviderFailure) -> [UInt8] {
    try check()
    return try base.sealRecord(
      content, piece: piece, padding: padding, head: head, key: key, context: context)
  }
  package func openRecord(
    _ payload: [UInt8], key: SecretMaterial, context: RecordContext<[UInt8]>
  ) throws(ProviderFailure) -> OpenedRecord<SecretMaterial> {
    try check()
    return try base.openRecord(payload, key: key, context: context)
  }
  package func append(
    _ piece: SecretMaterial, to message: inout SecretMaterial
  ) throws(ProviderFailure) {
    try check()
    try base.append(piece, to: &message)
  }
  package func abortContent(_ code: AbortCode) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.abortContent(code)
  }
  package func readAbort(_ content: SecretMaterial) -> AbortCode? { base.readAbort(content) }
  package func closeContent() throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.closeContent()
  }
  package func isClose(_ content: SecretMaterial) -> Bool { base.isClose(content) }
  package func assembledContent(
    _ fields: AssembledFields<[UInt8]>
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.assembledContent(fields)
  }
  package func readAssembled(_ content: SecretMaterial) -> AssembledFields<[UInt8]>? {
    base.readAssembled(content)
  }
  package func readRequest(_ content: SecretMaterial) -> RequestHead<[UInt8]>? {
    base.readRequest(content)
  }
  package func resultContent(
    response: SecretMaterial, receipt: [UInt8], exposureNanoseconds: UInt64
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.resultContent(
      response: response, receipt: receipt, exposureNanoseconds: exposureNanoseconds)
  }
  package func readResult(
    _ content: SecretMaterial
  ) throws(ProviderFailure) -> (
    response: SecretMaterial, receipt: [UInt8], exposureNanoseconds: UInt64
  ) {
    try check()
    return try base.readResult(content)
  }
  package func responseHash(_ response: SecretMaterial) -> [UInt8] { base.responseHash(response) }
  package func response(
    _ response: SecretMaterial, answers request: RequestHead<[UInt8]>
  ) -> Bool {
    base.response(response, answers: request)
  }
  package func zeroizedContent(report: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.zeroizedContent(report: report)
  }
  package func readZeroized(_ content: SecretMaterial) -> [UInt8]? { base.readZeroized(content) }

  package func judge(
    _ evidence: EvidenceParts<[UInt8]>, transcript: [UInt8], nonce: [UInt8], unixSeconds: UInt64
  ) -> (EvidenceJudgement<Proof>, String) {
    switches.judged = [transcript, nonce]
    return switch switches.verdict {
    case .refused: (.refused, "refused")
    case .unpinned: (.genuineUnpinned, "unpinned")
    case .accepted: (.accepted(Proof()), "accepted")
    }
  }

  private func receiptMessage(
    _ sessionID: [UInt8], _ requestHash: [UInt8], _ responseHash: [UInt8], _ modelHash: [UInt8],
    _ sequence: UInt64
  ) -> [UInt8] {
    sessionID + requestHash + responseHash + modelHash
      + (0..<8).map { UInt8(truncatingIfNeeded: sequence >> UInt64(56 - 8 * $0)) }
  }
  package func signReceipt(
    _ claims: ReceiptStatement<[UInt8]>, key: SecretMaterial
  ) throws(ProviderFailure) -> [UInt8] {
    try check()
    let message = receiptMessage(
      claims.sessionID, claims.requestHash, claims.responseHash, claims.modelHash,
      claims.sequence)
    guard let signature = key.sign(message) else { throw .fault }
    return signature
  }
  package func verifyReceipt(
    _ receipt: [UInt8], expectation: ReceiptExpectation<[UInt8]>, publicKey: [UInt8],
    evidence: Proof
  ) -> Bool {
    let message = receiptMessage(
      expectation.sessionID, expectation.requestHash, expectation.responseHash,
      expectation.modelHash, expectation.sequence)
    return Ed25519.verifyStrict(
      signature: receipt.span, message: message.span, publicKey: publicKey.span)
  }
  package func signWipeReport(
    _ claims: WipeStatement<[UInt8]>, key: SecretMaterial
  ) throws(ProviderFailure) -> [UInt8] {
    try check()
    return try base.signWipeReport(claims, key: key)
  }
  package func verifyWipeReport(
    _ report: [UInt8], sessionID: [UInt8], inferences: UInt64, publicKey: [UInt8]
  ) -> Bool {
    base.verifyWipeReport(
      report, sessionID: sessionID, inferences: inferences, publicKey: publicKey)
  }
}

extension TestCryptography {
  package func encodeHello(nonce: [UInt8]) -> [UInt8] { base.encodeHello(nonce: nonce) }
  package func decodeHello(_ payload: [UInt8]) -> HelloReading<[UInt8]> {
    base.decodeHello(payload)
  }
  package func encode(_ evidence: EvidenceFields<[UInt8]>) -> [UInt8] { base.encode(evidence) }
  package func encodeEvidence(body: [UInt8], document: [UInt8]) -> [UInt8]? {
    base.encodeEvidence(body: body, document: document)
  }
  package func decodeEvidence(_ payload: [UInt8]) -> EvidenceParts<[UInt8]>? {
    base.decodeEvidence(payload)
  }
  package func encode(_ exchange: KeyExchangeFields<[UInt8]>) -> [UInt8] { base.encode(exchange) }
  package func decodeKeyExchange(_ payload: [UInt8]) -> KeyExchangeFields<[UInt8]>? {
    base.decodeKeyExchange(payload)
  }
  package func encode(_ code: AbortCode) -> [UInt8] { base.encode(code) }
  package func decodeAbort(_ payload: [UInt8]) -> AbortCode? { base.decodeAbort(payload) }
  package func encode(_ range: WeightRange<[UInt8]>) -> [UInt8] { base.encode(range) }
  package func decodeWeightRequest(_ payload: [UInt8]) -> WeightRange<[UInt8]>? {
    base.decodeWeightRequest(payload)
  }
  package func encode(_ chunk: ChunkFields<[UInt8]>) -> [UInt8] { base.encode(chunk) }
  package func decodeWeightChunk(_ payload: [UInt8]) -> ChunkFields<[UInt8]>? {
    base.decodeWeightChunk(payload)
  }
  package func decodePutBegin(_ payload: [UInt8]) -> PutBeginFields<[UInt8]>? {
    base.decodePutBegin(payload)
  }
  package func decodePutData(_ payload: [UInt8]) -> PutDataFields<[UInt8]>? {
    base.decodePutData(payload)
  }
  package func encodePutReady(offset: UInt64) -> [UInt8] { base.encodePutReady(offset: offset) }
  package func encodePutStored(size: UInt64) -> [UInt8] { base.encodePutStored(size: size) }
  package func decodeHave(_ payload: [UInt8]) -> [UInt8]? { base.decodeHave(payload) }
  package func encode(_ presence: BlobPresence) -> [UInt8] { base.encode(presence) }
  package func decodeAudit(_ payload: [UInt8]) -> [UInt8]? { base.decodeAudit(payload) }
}
