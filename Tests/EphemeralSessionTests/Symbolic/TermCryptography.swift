@testable import EphemeralSession
import EphemeralWire

/// A symbolic value: a name, or a constructor over others. Nothing can be taken apart but by the
/// functions below.
indirect enum Term: Hashable, Sendable {
  case name(String)
  case number(UInt64)
  case make(String, [Term])

  /// The arguments, if the term was made by this constructor.
  func arguments(of constructor: String) -> [Term]? {
    guard case .make(constructor, let arguments) = self else { return nil }
    return arguments
  }

  var value: UInt64? {
    guard case .number(let value) = self else { return nil }
    return value
  }
}

/// A provider over terms: shows that the machines need neither bytes nor libcrypto.
struct TermCryptography: ForkableProvider {
  typealias Bytes = Term
  typealias Digest = Term
  typealias Material = Term
  typealias VerifiedEvidence = Term
  typealias EvidenceReport = Bool

  static func destroy(_ material: Term) {}
  static func fork(_ material: Term) -> Term { material }

  func transcriptEvidence(hello: Term, body: Term) -> Term { .make("T0", [hello, body]) }
  func transcriptOffer(_ evidence: Term, document: Term) -> Term {
    .make("T1", [evidence, document])
  }
  func transcriptKeys(_ offer: Term, exchange: KeyExchangeFields<Term>) -> Term {
    .make("T2", [offer, exchange.encapsulation, exchange.ciphertext])
  }
  func makeKeyPair(seed: Term) throws(ProviderFailure) -> (key: Term, publicKey: Term) {
    (.make("private", [seed]), .make("public", [seed]))
  }
  func makeReceiptKey(seed: Term) throws(ProviderFailure) -> (key: Term, publicKey: Term) {
    try makeKeyPair(seed: seed)
  }
  func offerKeys(
    to publicKey: Term, seed: Term, transcript: Term
  ) throws(ProviderFailure) -> (exchange: KeyExchangeFields<Term>, exporter: Term) {
    guard let owner = publicKey.arguments(of: "public") else { throw .refused }
    let context = Term.make("context", [owner[0], seed, transcript])
    return (
      KeyExchangeFields(
        encapsulation: .make("public", [seed]), ciphertext: .make("finished", [context])),
      context
    )
  }
  func acceptKeys(
    _ exchange: KeyExchangeFields<Term>, key: Term, transcript: Term
  ) throws(ProviderFailure) -> Term {
    guard let own = key.arguments(of: "private"),
      let peer = exchange.encapsulation.arguments(of: "public")
    else { throw .refused }
    let context = Term.make("context", [own[0], peer[0], transcript])
    guard exchange.ciphertext == .make("finished", [context]) else { throw .refused }
    return context
  }
  func exportRecordKey(
    _ exporter: Term, direction: RecordDirection, transcript: Term
  ) throws(ProviderFailure) -> Term {
    .make("key", [exporter, .number(UInt64(direction.rawValue)), transcript])
  }
  func confirmContent(_ transcript: Term) throws(ProviderFailure) -> Term { transcript }
  func confirms(_ content: Term, _ transcript: Term) -> Bool { content == transcript }
  func count(_ content: Term) -> UInt64 { 1 }
  func recordCount(_ content: Term, padding: MessagePadding) -> UInt64 { 1 }
  func sealRecord(
    _ content: Term, piece: UInt64, padding: MessagePadding, head: RecordHead, key: Term,
    context: RecordContext<Term>
  ) throws(ProviderFailure) -> Term {
    .make(
      "sealed",
      [
        key, context.sessionID, .number(context.sequence), .number(UInt64(head.type.rawValue)),
        .number(UInt64(head.phase.rawValue)), .number(head.isFinal ? 1 : 0), content,
      ])
  }
  func openRecord(
    _ payload: Term, key: Term, context: RecordContext<Term>
  ) throws(ProviderFailure) -> OpenedRecord<Term> {
    guard let parts = payload.arguments(of: "sealed"), parts.count == 7, parts[0] == key,
      parts[1] == context.sessionID, parts[2] == .number(context.sequence),
      let type = parts[3].value.flatMap({ InnerType(rawValue: UInt8($0)) }),
      let phase = parts[4].value.flatMap({ Phase(rawValue: UInt8($0)) })
    else { throw .refused }
    return OpenedRecord(
      head: RecordHead(type: type, phase: phase, isFinal: parts[5] == .number(1)),
      contentCount: 1, paddedCount: 1, content: parts[6])
  }
  func append(_ piece: Term, to message: inout Term) throws(ProviderFailure) {
    message = .make("joined", [message, piece])
  }
  func abortContent(_ code: AbortCode) throws(ProviderFailure) -> Term { encode(code) }
  func readAbort(_ content: Term) -> AbortCode? { decodeAbort(content) }
  func closeContent() throws(ProviderFailure) -> Term { .make("close", []) }
  func isClose(_ content: Term) -> Bool { content == .make("close", []) }
  func assembledContent(_ fields: AssembledFields<Term>) throws(ProviderFailure) -> Term {
    .make("assembled", [fields.modelHash])
  }
  func readAssembled(_ content: Term) -> AssembledFields<Term>? {
    content.arguments(of: "assembled").map {
      AssembledFields(modelHash: $0[0], weightBytes: 0, nanoseconds: 0)
    }
  }
  func readRequest(_ content: Term) -> RequestHead<Term>? {
    guard let parts = content.arguments(of: "request"), let sequence = parts[0].value else {
      return nil
    }
    return RequestHead(
      sequence: sequence, hash: .make("hash", [content]), echo: .make("hash", [parts[1]]))
  }
  func resultContent(
    response: Term, receipt: Term, exposureNanoseconds: UInt64
  ) throws(ProviderFailure) -> Term {
    .make("result", [response, receipt, .number(exposureNanoseconds)])
  }
  func readResult(
    _ content: Term
  ) throws(ProviderFailure) -> (response: Term, receipt: Term, exposureNanoseconds: UInt64) {
    guard let parts = content.arguments(of: "result"), case .number(let exposure) = parts[2]
    else { throw .refused }
    return (parts[0], parts[1], exposure)
  }
  func responseHash(_ response: Term) -> Term { .make("hash", [response]) }
  func response(_ response: Term, answers request: RequestHead<Term>) -> Bool {
    guard let parts = response.arguments(of: "response") else { return false }
    return parts[0] == .number(request.sequence) && .make("hash", [parts[1]]) == request.echo
  }
  func zeroizedContent(report: Term) throws(ProviderFailure) -> Term {
    .make("zeroized", [report])
  }
  func readZeroized(_ content: Term) -> Term? { content.arguments(of: "zeroized")?.first }

  func judge(
    _ evidence: EvidenceParts<Term>, transcript: Term, nonce: Term, unixSeconds: UInt64
  ) -> (EvidenceJudgement<Term>, Bool) {
    let expected = Term.make("document", [transcript, nonce, evidence.fields.keyPublic])
    return evidence.document == expected
      ? (.accepted(expected), true) : (.refused, false)
  }
  func signReceipt(
    _ claims: ReceiptStatement<Term>, key: Term
  ) throws(ProviderFailure) -> Term {
    guard let owner = key.arguments(of: "private") else { throw .fault }
    return .make("receipt", [.make("public", owner), claims.requestHash, claims.responseHash])
  }
  func verifyReceipt(
    _ receipt: Term, expectation: ReceiptExpectation<Term>, publicKey: Term, evidence: Term
  ) -> Bool {
    receipt == .make("receipt", [publicKey, expectation.requestHash, expectation.responseHash])
  }
  func signWipeReport(
    _ claims: WipeStatement<Term>, key: Term
  ) throws(ProviderFailure) -> Term {
    guard let owner = key.arguments(of: "private") else { throw .fault }
    return .make("report", [.make("public", owner), .number(claims.inferences)])
  }
  func verifyWipeReport(
    _ report: Term, sessionID: Term, inferences: UInt64, publicKey: Term
  ) -> Bool {
    report == .make("report", [publicKey, .number(inferences)])
  }
}

extension TermCryptography {
  func encodeHello(nonce: Term) -> Term { .make("hello", [nonce]) }
  func decodeHello(_ payload: Term) -> HelloReading<Term> {
    payload.arguments(of: "hello").map { .hello(nonce: $0[0]) } ?? .malformed
  }
  func encode(_ evidence: EvidenceFields<Term>) -> Term {
    .make("body", [evidence.sessionID, evidence.keyPublic, evidence.receiptPublic])
  }
  func encodeEvidence(body: Term, document: Term) -> Term? { .make("evidence", [body, document]) }
  func decodeEvidence(_ payload: Term) -> EvidenceParts<Term>? {
    guard let parts = payload.arguments(of: "evidence"),
      let body = parts[0].arguments(of: "body")
    else { return nil }
    return EvidenceParts(
      body: parts[0],
      fields: EvidenceFields(
        sessionID: body[0], keyPublic: body[1], receiptPublic: body[2], limits: .standard),
      document: parts[1])
  }
  func encode(_ exchange: KeyExchangeFields<Term>) -> Term {
    .make("exchange", [exchange.encapsulation, exchange.ciphertext])
  }
  func decodeKeyExchange(_ payload: Term) -> KeyExchangeFields<Term>? {
    payload.arguments(of: "exchange").map {
      KeyExchangeFields(encapsulation: $0[0], ciphertext: $0[1])
    }
  }
  func encode(_ code: AbortCode) -> Term { .make("abort", [.number(UInt64(code.rawValue))]) }
  func decodeAbort(_ payload: Term) -> AbortCode? {
    payload.arguments(of: "abort")?.first?.value.flatMap { AbortCode(rawValue: UInt8($0)) }
  }
  func encode(_ range: WeightRange<Term>) -> Term {
    .make("weights", [range.blobID, .number(range.first), .number(range.count)])
  }
  func decodeWeightRequest(_ payload: Term) -> WeightRange<Term>? { nil }
  func encode(_ chunk: ChunkFields<Term>) -> Term {
    .make("chunk", [.number(chunk.index), chunk.ciphertext])
  }
  func decodeWeightChunk(_ payload: Term) -> ChunkFields<Term>? {
    guard let parts = payload.arguments(of: "chunk"), let index = parts[0].value else {
      return nil
    }
    return ChunkFields(index: index, header: .make("", []), ciphertext: parts[1])
  }
  func decodePutBegin(_ payload: Term) -> PutBeginFields<Term>? { nil }
  func decodePutData(_ payload: Term) -> PutDataFields<Term>? { nil }
  func encodePutReady(offset: UInt64) -> Term { .number(offset) }
  func encodePutStored(size: UInt64) -> Term { .number(size) }
  func decodeHave(_ payload: Term) -> Term? { nil }
  func encode(_ presence: BlobPresence) -> Term { .name("presence") }
  func decodeAudit(_ payload: Term) -> Term? { payload }
}
