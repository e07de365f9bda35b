public import EphemeralWire

extension LibcryptoCryptography {
  /// ClientHello's payload.
  public func encodeHello(nonce: [UInt8]) -> [UInt8] { ClientHello(nonce: nonce).encoded() }

  /// Reads ClientHello.
  public func decodeHello(_ payload: [UInt8]) -> HelloReading<[UInt8]> {
    do throws(WireError) {
      return .hello(nonce: try ClientHello(decoding: payload).nonce)
    } catch {
      return error == .unsupportedVersion ? .unsupported : .malformed
    }
  }

  /// EvidenceBody's bytes.
  public func encode(_ evidence: EvidenceFields<[UInt8]>) -> [UInt8] {
    EvidenceBody(
      sessionID: evidence.sessionID, kemPublicKey: evidence.keyPublic,
      receiptPublicKey: evidence.receiptPublic, limits: evidence.limits
    ).encoded()
  }

  /// Evidence's payload around a body of this side's own making.
  public func encodeEvidence(body: [UInt8], document: [UInt8]) -> [UInt8]? {
    guard let fields = try? EvidenceBody(decoding: body), !document.isEmpty,
      document.count <= Evidence.maximumDocumentBytes
    else { return nil }
    return Evidence(body: fields, document: document).encoded()
  }

  /// Reads Evidence; the document stays unverified bytes.
  public func decodeEvidence(_ payload: [UInt8]) -> EvidenceParts<[UInt8]>? {
    guard let evidence = try? Evidence(decoding: payload) else { return nil }
    let fields = evidence.fields
    return EvidenceParts(
      body: evidence.body,
      fields: EvidenceFields(
        sessionID: fields.sessionID, keyPublic: fields.kemPublicKey,
        receiptPublic: fields.receiptPublicKey, limits: fields.limits),
      document: evidence.document)
  }

  /// KeyExchange's payload.
  public func encode(_ exchange: KeyExchangeFields<[UInt8]>) -> [UInt8] {
    KeyExchange(encapsulation: exchange.encapsulation, ciphertext: exchange.ciphertext).encoded()
  }

  /// Reads KeyExchange.
  public func decodeKeyExchange(_ payload: [UInt8]) -> KeyExchangeFields<[UInt8]>? {
    guard let message = try? KeyExchange(decoding: payload) else { return nil }
    return KeyExchangeFields(
      encapsulation: message.encapsulation, ciphertext: message.ciphertext)
  }

  /// A cleartext Abort's payload.
  public func encode(_ code: AbortCode) -> [UInt8] { Abort(code: code).encoded() }

  /// Reads a cleartext Abort.
  public func decodeAbort(_ payload: [UInt8]) -> AbortCode? {
    try? Abort(decoding: payload).code
  }

  /// WeightRequest's payload.
  public func encode(_ range: WeightRange<[UInt8]>) -> [UInt8] {
    WeightRequest(blobID: BlobID(range.blobID), first: range.first, count: range.count).encoded()
  }

  /// Reads WeightRequest.
  public func decodeWeightRequest(_ payload: [UInt8]) -> WeightRange<[UInt8]>? {
    guard let message = try? WeightRequest(decoding: payload) else { return nil }
    return WeightRange(blobID: message.blobID.bytes, first: message.first, count: message.count)
  }

  /// WeightChunk's payload.
  public func encode(_ chunk: ChunkFields<[UInt8]>) -> [UInt8] {
    WeightChunk(index: chunk.index, header: chunk.header, ciphertext: chunk.ciphertext).encoded()
  }

  /// Reads WeightChunk.
  public func decodeWeightChunk(_ payload: [UInt8]) -> ChunkFields<[UInt8]>? {
    guard let message = try? WeightChunk(decoding: payload) else { return nil }
    return ChunkFields(
      index: message.index, header: message.header, ciphertext: message.ciphertext)
  }

  /// Reads PutBegin.
  public func decodePutBegin(_ payload: [UInt8]) -> PutBeginFields<[UInt8]>? {
    guard let message = try? PutBegin(decoding: payload) else { return nil }
    return PutBeginFields(blobID: message.blobID.bytes, size: message.size)
  }

  /// Reads PutData.
  public func decodePutData(_ payload: [UInt8]) -> PutDataFields<[UInt8]>? {
    guard let message = try? PutData(decoding: payload) else { return nil }
    return PutDataFields(
      offset: message.offset, bytes: message.bytes, count: UInt64(message.bytes.count))
  }

  /// PutStatus's payload: go on from `offset`.
  public func encodePutReady(offset: UInt64) -> [UInt8] {
    PutStatus(state: .ready, offset: offset).encoded()
  }

  /// PutStatus's payload: stored.
  public func encodePutStored(size: UInt64) -> [UInt8] {
    PutStatus(state: .stored, offset: size).encoded()
  }

  /// Reads Have.
  public func decodeHave(_ payload: [UInt8]) -> [UInt8]? {
    try? Have(decoding: payload).blobID.bytes
  }

  /// HaveReply's payload.
  public func encode(_ presence: BlobPresence) -> [UInt8] {
    switch presence {
    case .absent: HaveReply(state: .absent, bytes: 0).encoded()
    case .partial(let bytes): HaveReply(state: .partial, bytes: bytes).encoded()
    case .stored(let bytes): HaveReply(state: .stored, bytes: bytes).encoded()
    }
  }

  /// Reads Audit.
  public func decodeAudit(_ payload: [UInt8]) -> [UInt8]? {
    try? Audit(decoding: payload).record
  }
}
