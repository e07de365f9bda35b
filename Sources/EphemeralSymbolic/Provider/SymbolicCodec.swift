public import EphemeralSession
public import EphemeralWire

/// Messages are tuples; what has another constructor is no such message.
extension SymbolicCryptography {
  /// ClientHello.
  public func encodeHello(nonce: Term) -> Term { arena.make(.hello, nonce) }
  /// Reads ClientHello.
  public func decodeHello(_ payload: Term) -> HelloReading<Term> {
    switch arena.constructor(payload) {
    case .hello: .hello(nonce: arena.argument(payload, 0))
    case .unsupportedHello: .unsupported
    default: .malformed
    }
  }
  /// EvidenceBody.
  public func encode(_ evidence: EvidenceFields<Term>) -> Term {
    arena.make(
      .body,
      SIMD8(
        evidence.sessionID.id, evidence.keyPublic.id, evidence.receiptPublic.id,
        encode(evidence.limits).id, 0, 0, 0, 0))
  }
  private func encode(_ limits: EnclaveLimits) -> Term {
    func low(_ number: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: number) }
    func high(_ number: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: number >> 32) }
    return arena.make(
      .limits,
      SIMD8(
        low(limits.maxTopologyBytes), high(limits.maxTopologyBytes),
        low(limits.maxRequestBytes), high(limits.maxRequestBytes),
        low(limits.maxWeightBytes), high(limits.maxWeightBytes),
        low(limits.maxSessionSeconds), high(limits.maxSessionSeconds)))
  }
  private func decodeLimits(_ limits: Term) -> EnclaveLimits {
    let words = arena.node(limits).arguments
    func join(_ index: Int) -> UInt64 { UInt64(words[index]) | UInt64(words[index + 1]) << 32 }
    return EnclaveLimits(
      maxTopologyBytes: join(0), maxRequestBytes: join(2), maxWeightBytes: join(4),
      maxSessionSeconds: join(6))
  }
  /// Evidence.
  public func encodeEvidence(body: Term, document: Term) -> Term? {
    arena.kind(document) == .oversized ? nil : arena.make(.evidence, body, document)
  }
  /// Reads Evidence.
  public func decodeEvidence(_ payload: Term) -> EvidenceParts<Term>? {
    guard arena.isMade(payload, by: .evidence) else { return nil }
    let body = arena.argument(payload, 0)
    guard arena.isMade(body, by: .body) else { return nil }
    return EvidenceParts(
      body: body,
      fields: EvidenceFields(
        sessionID: arena.argument(body, 0), keyPublic: arena.argument(body, 1),
        receiptPublic: arena.argument(body, 2), limits: decodeLimits(arena.argument(body, 3))),
      document: arena.argument(payload, 1))
  }
  /// KeyExchange.
  public func encode(_ exchange: KeyExchangeFields<Term>) -> Term {
    arena.make(.exchange, exchange.encapsulation, exchange.ciphertext)
  }
  /// Reads KeyExchange.
  public func decodeKeyExchange(_ payload: Term) -> KeyExchangeFields<Term>? {
    guard arena.isMade(payload, by: .exchange) else { return nil }
    return KeyExchangeFields(
      encapsulation: arena.argument(payload, 0), ciphertext: arena.argument(payload, 1))
  }
  /// Abort.
  public func encode(_ code: AbortCode) -> Term {
    arena.make(.abortCode, SIMD8(UInt32(code.rawValue), 0, 0, 0, 0, 0, 0, 0))
  }
  /// Reads Abort.
  public func decodeAbort(_ payload: Term) -> AbortCode? {
    guard arena.isMade(payload, by: .abortCode) else { return nil }
    return AbortCode(rawValue: UInt8(truncatingIfNeeded: arena.number(payload, 0)))
  }
  /// WeightRequest.
  public func encode(_ range: WeightRange<Term>) -> Term {
    arena.make(
      .weightRange, range.blobID,
      numbers: UInt32(truncatingIfNeeded: range.first),
      UInt32(truncatingIfNeeded: range.count))
  }
  /// Reads WeightRequest.
  public func decodeWeightRequest(_ payload: Term) -> WeightRange<Term>? {
    guard arena.isMade(payload, by: .weightRange) else { return nil }
    return WeightRange(
      blobID: arena.argument(payload, 0), first: UInt64(arena.number(payload, 1)),
      count: UInt64(arena.number(payload, 2)))
  }
  /// WeightChunk.
  public func encode(_ chunk: ChunkFields<Term>) -> Term {
    arena.make(
      .weightChunk, chunk.header, chunk.ciphertext,
      numbers: UInt32(truncatingIfNeeded: chunk.index))
  }
  /// Reads WeightChunk.
  public func decodeWeightChunk(_ payload: Term) -> ChunkFields<Term>? {
    guard arena.isMade(payload, by: .weightChunk) else { return nil }
    return ChunkFields(
      index: UInt64(arena.number(payload, 2)), header: arena.argument(payload, 0),
      ciphertext: arena.argument(payload, 1))
  }
  /// Reads PutBegin: a blob and its size.
  public func decodePutBegin(_ payload: Term) -> PutBeginFields<Term>? {
    guard arena.isMade(payload, by: .weightRange) else { return nil }
    return PutBeginFields(
      blobID: arena.argument(payload, 0), size: UInt64(arena.number(payload, 1)))
  }
  /// Reads PutData: a place and so many bytes.
  public func decodePutData(_ payload: Term) -> PutDataFields<Term>? {
    guard arena.isMade(payload, by: .weightRange) else { return nil }
    return PutDataFields(
      offset: UInt64(arena.number(payload, 1)), bytes: arena.argument(payload, 0),
      count: UInt64(arena.number(payload, 2)))
  }
  /// PutStatus.
  public func encodePutReady(offset: UInt64) -> Term { number(offset, kind: 1) }
  /// PutStatus of a stored blob.
  public func encodePutStored(size: UInt64) -> Term { number(size, kind: 2) }
  /// Reads Have.
  public func decodeHave(_ payload: Term) -> Term? {
    arena.kind(payload) == .blob ? payload : nil
  }
  /// HaveReply.
  public func encode(_ presence: BlobPresence) -> Term {
    switch presence {
    case .absent: number(0, kind: 3)
    case .partial(let bytes): number(bytes, kind: 4)
    case .stored(let bytes): number(bytes, kind: 5)
    }
  }
  /// Reads Audit.
  public func decodeAudit(_ payload: Term) -> Term? {
    arena.isMade(payload, by: .audit) ? arena.argument(payload, 0) : nil
  }

  private func number(_ value: UInt64, kind: UInt32) -> Term {
    arena.make(
      .number,
      SIMD8(
        kind, UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32), 0, 0,
        0, 0, 0))
  }
}
