import EphemeralCrypto
@testable import EphemeralSession
import EphemeralWire

/// The real provider with three switches: it can be told to fail, what to think of evidence, and
/// how many records a message takes. Its receipts are plain signatures, so that no attestation
/// document is needed.
struct TestCryptography: SessionCryptography {
  final class Switches {
    /// Every call that may throw throws `fault`.
    var faults = false
    var verdict = Verdict.accepted
    /// Overrides the number of records of the next message, once; 0 leaves it.
    var recordCount: UInt64 = 0
  }

  enum Verdict { case refused, unpinned, accepted }

  /// Stands for a verified document.
  struct Proof: Equatable {}

  typealias Bytes = [UInt8]
  typealias Digest = [UInt8]
  typealias Material = SecretMaterial
  typealias VerifiedEvidence = Proof
  typealias EvidenceReport = String

  let base = LibcryptoCryptography()
  let switches = Switches()

  private func check() throws(ProviderFailure) {
    if switches.faults { throw .fault }
  }

  static func destroy(_ material: SecretMaterial) { material.destroy() }

  func transcriptEvidence(hello: [UInt8], body: [UInt8]) -> [UInt8] {
    base.transcriptEvidence(hello: hello, body: body)
  }
  func transcriptOffer(_ evidence: [UInt8], document: [UInt8]) -> [UInt8] {
    base.transcriptOffer(evidence, document: document)
  }
  func transcriptKeys(_ offer: [UInt8], exchange: KeyExchangeFields<[UInt8]>) -> [UInt8] {
    base.transcriptKeys(offer, exchange: exchange)
  }
  func makeKeyPair(
    seed: SecretMaterial
  ) throws(ProviderFailure) -> (key: SecretMaterial, publicKey: [UInt8]) {
    try check()
    return try base.makeKeyPair(seed: seed)
  }
  func makeReceiptKey(
    seed: SecretMaterial
  ) throws(ProviderFailure) -> (key: SecretMaterial, publicKey: [UInt8]) {
    try check()
    return try base.makeReceiptKey(seed: seed)
  }
  func offerKeys(
    to publicKey: [UInt8], seed: SecretMaterial, transcript: [UInt8]
  ) throws(ProviderFailure) -> (
    exchange: KeyExchangeFields<[UInt8]>, exporter: SecretMaterial
  ) {
    try check()
    return try base.offerKeys(to: publicKey, seed: seed, transcript: transcript)
  }
  func acceptKeys(
    _ exchange: KeyExchangeFields<[UInt8]>, key: SecretMaterial, transcript: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.acceptKeys(exchange, key: key, transcript: transcript)
  }
  func exportRecordKey(
    _ exporter: SecretMaterial, direction: RecordDirection, transcript: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.exportRecordKey(exporter, direction: direction, transcript: transcript)
  }
  func confirmContent(_ transcript: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.confirmContent(transcript)
  }
  func confirms(_ content: SecretMaterial, _ transcript: [UInt8]) -> Bool {
    base.confirms(content, transcript)
  }
  func count(_ content: SecretMaterial) -> UInt64 { base.count(content) }
  func recordCount(_ content: SecretMaterial, padding: MessagePadding) -> UInt64 {
    defer { switches.recordCount = 0 }
    return switches.recordCount == 0
      ? base.recordCount(content, padding: padding) : switches.recordCount
  }
  func sealRecord(
    _ content: SecretMaterial, piece: UInt64, padding: MessagePadding, head: RecordHead,
    key: SecretMaterial, context: RecordContext<[UInt8]>
  ) throws(ProviderFailure) -> [UInt8] {
    try check()
    return try base.sealRecord(
      content, piece: piece, padding: padding, head: head, key: key, context: context)
  }
  func openRecord(
    _ payload: [UInt8], key: SecretMaterial, context: RecordContext<[UInt8]>
  ) throws(ProviderFailure) -> OpenedRecord<SecretMaterial> {
    try check()
    return try base.openRecord(payload, key: key, context: context)
  }
  func append(
    _ piece: SecretMaterial, to message: inout SecretMaterial
  ) throws(ProviderFailure) {
    try check()
    try base.append(piece, to: &message)
  }
  func abortContent(_ code: AbortCode) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.abortContent(code)
  }
  func readAbort(_ content: SecretMaterial) -> AbortCode? { base.readAbort(content) }
  func closeContent() throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.closeContent()
  }
  func isClose(_ content: SecretMaterial) -> Bool { base.isClose(content) }
  func assembledContent(
    _ fields: AssembledFields<[UInt8]>
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.assembledContent(fields)
  }
  func readAssembled(_ content: SecretMaterial) -> AssembledFields<[UInt8]>? {
    base.readAssembled(content)
  }
  func readRequest(_ content: SecretMaterial) -> RequestHead<[UInt8]>? {
    base.readRequest(content)
  }
  func resultContent(
    response: SecretMaterial, receipt: [UInt8]
  ) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.resultContent(response: response, receipt: receipt)
  }
  func readResult(
    _ content: SecretMaterial
  ) throws(ProviderFailure) -> (response: SecretMaterial, receipt: [UInt8]) {
    try check()
    return try base.readResult(content)
  }
  func responseHash(_ response: SecretMaterial) -> [UInt8] { base.responseHash(response) }
  func response(
    _ response: SecretMaterial, answers request: RequestHead<[UInt8]>
  ) -> Bool {
    base.response(response, answers: request)
  }
  func zeroizedContent(report: [UInt8]) throws(ProviderFailure) -> SecretMaterial {
    try check()
    return try base.zeroizedContent(report: report)
  }
  func readZeroized(_ content: SecretMaterial) -> [UInt8]? { base.readZeroized(content) }

  func judge(
    _ evidence: EvidenceParts<[UInt8]>, transcript: [UInt8], nonce: [UInt8], unixSeconds: UInt64
  ) -> (EvidenceJudgement<Proof>, String) {
    switch switches.verdict {
    case .refused: (.refused, "refused")
    case .unpinned: (.genuineUnpinned, "unpinned")
    case .accepted: (.accepted(Proof()), "accepted")
    }
  }

  private func receiptMessage(
    _ sessionID: [UInt8], _ requestHash: [UInt8], _ responseHash: [UInt8], _ modelHash: [UInt8],
    _ sequence: UInt64
  ) -> [UInt8] {
    sessionID + requestHash + responseHash + modelHash + bigEndian(sequence)
  }
  func signReceipt(
    _ claims: ReceiptStatement<[UInt8]>, key: SecretMaterial
  ) throws(ProviderFailure) -> [UInt8] {
    try check()
    let message = receiptMessage(
      claims.sessionID, claims.requestHash, claims.responseHash, claims.modelHash,
      claims.sequence)
    guard let signature = key.sign(message) else { throw .fault }
    return signature
  }
  func verifyReceipt(
    _ receipt: [UInt8], expectation: ReceiptExpectation<[UInt8]>, publicKey: [UInt8],
    evidence: Proof
  ) -> Bool {
    let message = receiptMessage(
      expectation.sessionID, expectation.requestHash, expectation.responseHash,
      expectation.modelHash, expectation.sequence)
    return Ed25519.verifyStrict(
      signature: receipt.span, message: message.span, publicKey: publicKey.span)
  }
  func signWipeReport(
    _ claims: WipeStatement<[UInt8]>, key: SecretMaterial
  ) throws(ProviderFailure) -> [UInt8] {
    try check()
    return try base.signWipeReport(claims, key: key)
  }
  func verifyWipeReport(
    _ report: [UInt8], sessionID: [UInt8], inferences: UInt64, publicKey: [UInt8]
  ) -> Bool {
    base.verifyWipeReport(
      report, sessionID: sessionID, inferences: inferences, publicKey: publicKey)
  }
}

extension TestCryptography {
  func encodeHello(nonce: [UInt8]) -> [UInt8] { base.encodeHello(nonce: nonce) }
  func decodeHello(_ payload: [UInt8]) -> HelloReading<[UInt8]> { base.decodeHello(payload) }
  func encode(_ evidence: EvidenceFields<[UInt8]>) -> [UInt8] { base.encode(evidence) }
  func encodeEvidence(body: [UInt8], document: [UInt8]) -> [UInt8]? {
    base.encodeEvidence(body: body, document: document)
  }
  func decodeEvidence(_ payload: [UInt8]) -> EvidenceParts<[UInt8]>? {
    base.decodeEvidence(payload)
  }
  func encode(_ exchange: KeyExchangeFields<[UInt8]>) -> [UInt8] { base.encode(exchange) }
  func decodeKeyExchange(_ payload: [UInt8]) -> KeyExchangeFields<[UInt8]>? {
    base.decodeKeyExchange(payload)
  }
  func encode(_ code: AbortCode) -> [UInt8] { base.encode(code) }
  func decodeAbort(_ payload: [UInt8]) -> AbortCode? { base.decodeAbort(payload) }
  func encode(_ range: WeightRange<[UInt8]>) -> [UInt8] { base.encode(range) }
  func decodeWeightRequest(_ payload: [UInt8]) -> WeightRange<[UInt8]>? {
    base.decodeWeightRequest(payload)
  }
  func encode(_ chunk: ChunkFields<[UInt8]>) -> [UInt8] { base.encode(chunk) }
  func decodeWeightChunk(_ payload: [UInt8]) -> ChunkFields<[UInt8]>? {
    base.decodeWeightChunk(payload)
  }
  func decodePutBegin(_ payload: [UInt8]) -> PutBeginFields<[UInt8]>? {
    base.decodePutBegin(payload)
  }
  func decodePutData(_ payload: [UInt8]) -> PutDataFields<[UInt8]>? {
    base.decodePutData(payload)
  }
  func encodePutReady(offset: UInt64) -> [UInt8] { base.encodePutReady(offset: offset) }
  func encodePutStored(size: UInt64) -> [UInt8] { base.encodePutStored(size: size) }
  func decodeHave(_ payload: [UInt8]) -> [UInt8]? { base.decodeHave(payload) }
  func encode(_ presence: BlobPresence) -> [UInt8] { base.encode(presence) }
  func decodeAudit(_ payload: [UInt8]) -> [UInt8]? { base.decodeAudit(payload) }
}
