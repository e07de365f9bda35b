/// What the enclave declares about itself; the attestation document signs its hash
/// (Spec/Protocol.md, "Evidence").
///
/// CBOR `[sessionID bstr .size 16, kemPublicKey bstr .size 32, receiptPublicKey bstr .size 32,
/// limits]`.
public struct EvidenceBody: CBORMessage {
  /// Bytes of a session id.
  public static let sessionIDBytes = 16
  /// Bytes of an X25519 or Ed25519 public key.
  public static let publicKeyBytes = 32
  /// The most bytes that an encoded body may have.
  public static let maximumBytes = 256

  /// The session's name, 16 random bytes of the enclave.
  public let sessionID: [UInt8]
  /// The session's X25519 public key, 32 bytes.
  public let kemPublicKey: [UInt8]
  /// The session's Ed25519 public key for receipts, 32 bytes.
  public let receiptPublicKey: [UInt8]
  /// What the enclave accepts.
  public let limits: EnclaveLimits

  /// A body from its fields: 16, 32 and 32 bytes.
  public init(
    sessionID: [UInt8], kemPublicKey: [UInt8], receiptPublicKey: [UInt8], limits: EnclaveLimits
  ) {
    precondition(sessionID.count == Self.sessionIDBytes)
    precondition(kemPublicKey.count == Self.publicKeyBytes)
    precondition(receiptPublicKey.count == Self.publicKeyBytes)
    self.sessionID = sessionID
    self.kemPublicKey = kemPublicKey
    self.receiptPublicKey = receiptPublicKey
    self.limits = limits
  }

  /// Reads a body that fills `bytes`.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    self = try decodeFields(bytes, 4) { (reader, bytes) throws(CBORError) in
      EvidenceBody(
        sessionID: try reader.byteArray(in: bytes, exactly: Self.sessionIDBytes),
        kemPublicKey: try reader.byteArray(in: bytes, exactly: Self.publicKeyBytes),
        receiptPublicKey: try reader.byteArray(in: bytes, exactly: Self.publicKeyBytes),
        limits: try EnclaveLimits(from: &reader, in: bytes))
    }
  }

  /// Writes the body; its bytes enter the transcript.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(4)
    encoder.bytes(sessionID)
    encoder.bytes(kemPublicKey)
    encoder.bytes(receiptPublicKey)
    limits.encode(into: &encoder)
  }
}

/// What an enclave accepts, in bytes and seconds.
///
/// CBOR `[maxTopologyBytes uint, maxRequestBytes uint, maxWeightBytes uint,
/// maxSessionSeconds uint]`.
public struct EnclaveLimits: Equatable, Sendable {
  /// The most that any limit in bytes may say, so that sums of limits stay far from overflow.
  public static let maximumBytes: UInt64 = 1 << 52
  /// The most that the limit in seconds may say.
  public static let maximumSeconds: UInt64 = 0xffff_ffff

  /// The longest topology key, in bytes.
  public let maxTopologyBytes: UInt64
  /// The longest InferRequest, in bytes.
  public let maxRequestBytes: UInt64
  /// The largest weights, in bytes of plaintext.
  public let maxWeightBytes: UInt64
  /// The longest life of a session, in seconds.
  public let maxSessionSeconds: UInt64

  /// Limits, each at most `maximumBytes` or `maximumSeconds`.
  public init(
    maxTopologyBytes: UInt64, maxRequestBytes: UInt64, maxWeightBytes: UInt64,
    maxSessionSeconds: UInt64
  ) {
    precondition(max(maxTopologyBytes, maxRequestBytes, maxWeightBytes) <= Self.maximumBytes)
    precondition(maxSessionSeconds <= Self.maximumSeconds)
    self.maxTopologyBytes = maxTopologyBytes
    self.maxRequestBytes = maxRequestBytes
    self.maxWeightBytes = maxWeightBytes
    self.maxSessionSeconds = maxSessionSeconds
  }

  init(from reader: inout CBORReader, in bytes: Span<UInt8>) throws(CBORError) {
    try reader.array(in: bytes, exactly: 4)
    self.init(
      maxTopologyBytes: try reader.unsigned(in: bytes, maximum: Self.maximumBytes),
      maxRequestBytes: try reader.unsigned(in: bytes, maximum: Self.maximumBytes),
      maxWeightBytes: try reader.unsigned(in: bytes, maximum: Self.maximumBytes),
      maxSessionSeconds: try reader.unsigned(in: bytes, maximum: Self.maximumSeconds))
  }

  func encode(into encoder: inout CBOREncoder) {
    encoder.array(4)
    encoder.unsigned(maxTopologyBytes)
    encoder.unsigned(maxRequestBytes)
    encoder.unsigned(maxWeightBytes)
    encoder.unsigned(maxSessionSeconds)
  }
}

/// The enclave's answer to ClientHello: a body and the document that signs for it.
///
/// CBOR `[body bstr .cbor EvidenceBody, document bstr]`. The body's bytes are kept as received,
/// because the transcript hashes exactly them.
public struct Evidence: WireMessage {
  /// The most bytes that an attestation document may have. The security module's answer, document
  /// and wrapping together, has at most 12,288.
  public static let maximumDocumentBytes = 16 * 1024

  /// The frame type that carries it.
  public static var frameType: FrameType { .evidence }

  /// The encoded `EvidenceBody`.
  public let body: [UInt8]
  /// The attestation document, not yet verified.
  public let document: [UInt8]
  /// The body's fields.
  public let fields: EvidenceBody

  /// Evidence from a body and a document of 1 to `maximumDocumentBytes` bytes.
  public init(body: EvidenceBody, document: [UInt8]) {
    precondition(!document.isEmpty && document.count <= Self.maximumDocumentBytes)
    self.body = body.encoded()
    self.document = document
    self.fields = body
  }

  /// Reads the message and its body; the document stays unverified bytes.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let (body, document) = try decodeFields(payload, 2) { (reader, bytes) throws(CBORError) in
      (
        try reader.byteArray(in: bytes, maximum: EvidenceBody.maximumBytes),
        try reader.byteArray(in: bytes, maximum: Self.maximumDocumentBytes)
      )
    }
    guard !document.isEmpty else { throw .invalidField }
    self.fields = try EvidenceBody(decoding: body)
    self.body = body
    self.document = document
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(2)
    encoder.bytes(body)
    encoder.bytes(document)
  }
}
