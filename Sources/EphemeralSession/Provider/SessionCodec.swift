public import EphemeralWire

/// How messages become payload bytes and back; a symbolic provider uses terms instead of bytes.
///
/// Decoders return `nil` for anything but the one canonical encoding.
public protocol SessionCodec {
  /// Public bytes: payloads, identifiers, public keys, hashes, documents.
  associatedtype Bytes: Equatable & Sendable

  /// ClientHello's payload, version and suite 1.
  func encodeHello(nonce: Bytes) -> Bytes
  func decodeHello(_ payload: Bytes) -> HelloReading<Bytes>
  /// EvidenceBody's bytes, over which T0 is computed.
  func encode(_ evidence: EvidenceFields<Bytes>) -> Bytes
  /// Evidence's payload; `nil` when the document exceeds its bound.
  func encodeEvidence(body: Bytes, document: Bytes) -> Bytes?
  func decodeEvidence(_ payload: Bytes) -> EvidenceParts<Bytes>?
  func encode(_ exchange: KeyExchangeFields<Bytes>) -> Bytes
  func decodeKeyExchange(_ payload: Bytes) -> KeyExchangeFields<Bytes>?
  func encode(_ code: AbortCode) -> Bytes
  func decodeAbort(_ payload: Bytes) -> AbortCode?
  func encode(_ range: WeightRange<Bytes>) -> Bytes
  func decodeWeightRequest(_ payload: Bytes) -> WeightRange<Bytes>?
  func encode(_ chunk: ChunkFields<Bytes>) -> Bytes
  func decodeWeightChunk(_ payload: Bytes) -> ChunkFields<Bytes>?
  func decodePutBegin(_ payload: Bytes) -> PutBeginFields<Bytes>?
  func decodePutData(_ payload: Bytes) -> PutDataFields<Bytes>?
  func encodePutReady(offset: UInt64) -> Bytes
  func encodePutStored(size: UInt64) -> Bytes
  /// Have's blob identifier.
  func decodeHave(_ payload: Bytes) -> Bytes?
  func encode(_ presence: BlobPresence) -> Bytes
  /// Audit's one record.
  func decodeAudit(_ payload: Bytes) -> Bytes?
}
