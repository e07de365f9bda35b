public import EphemeralWire

/// How messages become payload bytes and back; a symbolic provider uses terms instead of bytes.
///
/// Decoders return `nil` for anything but the one canonical encoding.
public protocol SessionCodec {
  /// Public bytes: payloads, identifiers, public keys, hashes, documents.
  associatedtype Bytes: Equatable & Sendable

  /// ClientHello's payload, version and suite 1.
  func encodeHello(nonce: Bytes) -> Bytes
  /// Reads ClientHello.
  func decodeHello(_ payload: Bytes) -> HelloReading<Bytes>
  /// EvidenceBody's bytes, over which T0 is computed.
  func encode(_ evidence: EvidenceFields<Bytes>) -> Bytes
  /// Evidence's payload; `nil` when the document exceeds its bound.
  func encodeEvidence(body: Bytes, document: Bytes) -> Bytes?
  /// Reads Evidence; `nil` unless it is one.
  func decodeEvidence(_ payload: Bytes) -> EvidenceParts<Bytes>?
  /// KeyExchange's payload.
  func encode(_ exchange: KeyExchangeFields<Bytes>) -> Bytes
  /// Reads KeyExchange; `nil` unless it is one.
  func decodeKeyExchange(_ payload: Bytes) -> KeyExchangeFields<Bytes>?
  /// Abort's payload.
  func encode(_ code: AbortCode) -> Bytes
  /// Reads Abort; `nil` unless it is one.
  func decodeAbort(_ payload: Bytes) -> AbortCode?
  /// WeightRequest's payload.
  func encode(_ range: WeightRange<Bytes>) -> Bytes
  /// Reads WeightRequest; `nil` unless it is one.
  func decodeWeightRequest(_ payload: Bytes) -> WeightRange<Bytes>?
  /// WeightChunk's payload.
  func encode(_ chunk: ChunkFields<Bytes>) -> Bytes
  /// Reads WeightChunk; `nil` unless it is one.
  func decodeWeightChunk(_ payload: Bytes) -> ChunkFields<Bytes>?
  /// Reads PutBegin; `nil` unless it is one.
  func decodePutBegin(_ payload: Bytes) -> PutBeginFields<Bytes>?
  /// Reads PutData; `nil` unless it is one.
  func decodePutData(_ payload: Bytes) -> PutDataFields<Bytes>?
  /// PutStatus's payload: go on from `offset`.
  func encodePutReady(offset: UInt64) -> Bytes
  /// PutStatus's payload: stored.
  func encodePutStored(size: UInt64) -> Bytes
  /// Have's blob identifier.
  func decodeHave(_ payload: Bytes) -> Bytes?
  /// HaveReply's payload.
  func encode(_ presence: BlobPresence) -> Bytes
  /// Audit's one record.
  func decodeAudit(_ payload: Bytes) -> Bytes?
}
