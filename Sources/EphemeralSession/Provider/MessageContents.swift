public import EphemeralWire

/// What ClientHello's payload turned out to be (Spec/Protocol.md §4.1).
public enum HelloReading<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Not a ClientHello.
  case malformed
  /// A version or suite other than 1.
  case unsupported
  /// A hello of version 1 with the client's nonce.
  case hello(nonce: Bytes)
}

/// EvidenceBody's fields (Spec/Protocol.md §4.2).
public struct EvidenceFields<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The session identifier, 16 bytes.
  public var sessionID: Bytes
  /// The KEM public key, 32 bytes.
  public var keyPublic: Bytes
  /// The receipt public key, 32 bytes.
  public var receiptPublic: Bytes
  /// What the enclave admits.
  public var limits: EnclaveLimits
  /// Groups the fields.
  public init(sessionID: Bytes, keyPublic: Bytes, receiptPublic: Bytes, limits: EnclaveLimits) {
    self.sessionID = sessionID
    self.keyPublic = keyPublic
    self.receiptPublic = receiptPublic
    self.limits = limits
  }
}

/// Evidence as received: the body's exact bytes, its fields, the attestation document.
public struct EvidenceParts<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// EvidenceBody as it was received.
  public var body: Bytes
  /// EvidenceBody's fields.
  public var fields: EvidenceFields<Bytes>
  /// The attestation document.
  public var document: Bytes
  /// Groups the parts.
  public init(body: Bytes, fields: EvidenceFields<Bytes>, document: Bytes) {
    self.body = body
    self.fields = fields
    self.document = document
  }
}

/// KeyExchange's fields (Spec/Protocol.md §4.3).
public struct KeyExchangeFields<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// HPKE's `enc`, 32 bytes.
  public var encapsulation: Bytes
  /// Ciphertext and tag.
  public var ciphertext: Bytes
  /// Groups the fields.
  public init(encapsulation: Bytes, ciphertext: Bytes) {
    self.encapsulation = encapsulation
    self.ciphertext = ciphertext
  }
}

/// Assembled's fields (Spec/Protocol.md §7.3).
public struct AssembledFields<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The model hash, 32 bytes.
  public var modelHash: Bytes
  /// Bytes of plaintext weights.
  public var weightBytes: UInt64
  /// How long the assembly took.
  public var nanoseconds: UInt64
  /// Groups the fields.
  public init(modelHash: Bytes, weightBytes: UInt64, nanoseconds: UInt64) {
    self.modelHash = modelHash
    self.weightBytes = weightBytes
    self.nanoseconds = nanoseconds
  }
}

/// WeightRequest's fields (Spec/Protocol.md §8.1).
public struct WeightRange<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The weight blob's name, 32 bytes.
  public var blobID: Bytes
  /// The first chunk's index.
  public var first: UInt64
  /// How many.
  public var count: UInt64
  /// Groups the fields.
  public init(blobID: Bytes, first: UInt64, count: UInt64) {
    self.blobID = blobID
    self.first = first
    self.count = count
  }
}

/// WeightChunk's fields; the header is empty except with index 0 (Spec/Protocol.md §8.2).
public struct ChunkFields<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The chunk's index.
  public var index: UInt64
  /// The blob's header with index 0, else empty.
  public var header: Bytes
  /// Ciphertext and tag.
  public var ciphertext: Bytes
  /// Groups the fields.
  public init(index: UInt64, header: Bytes, ciphertext: Bytes) {
    self.index = index
    self.header = header
    self.ciphertext = ciphertext
  }
}

/// PutBegin's fields (Spec/Protocol.md §9.1).
public struct PutBeginFields<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The weight blob's name, 32 bytes.
  public var blobID: Bytes
  /// The blob's size in bytes.
  public var size: UInt64
  /// Groups the fields.
  public init(blobID: Bytes, size: UInt64) {
    self.blobID = blobID
    self.size = size
  }
}

/// PutData's fields; `count` is the length of `bytes` (Spec/Protocol.md §9.1).
public struct PutDataFields<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Where in the blob the bytes belong.
  public var offset: UInt64
  /// The bytes.
  public var bytes: Bytes
  /// How many.
  public var count: UInt64
  /// Groups the fields.
  public init(offset: UInt64, bytes: Bytes, count: UInt64) {
    self.offset = offset
    self.bytes = bytes
    self.count = count
  }
}

/// How much of a blob the host has (Spec/Protocol.md §9.2).
public enum BlobPresence: Equatable, Hashable, Sendable {
  case absent
  case partial(bytes: UInt64)
  case stored(bytes: UInt64)
}

/// What the machines keep of an InferRequest once it is sealed or opened.
public struct RequestHead<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The request's sequence number, from 0.
  public var sequence: UInt64
  /// SHA-256 over the request's unpadded CBOR.
  public var hash: Bytes
  /// SHA-256 over the 32 random bytes, by which the echo in the result is recognised.
  public var echo: Bytes
  /// Groups the fields.
  public init(sequence: UInt64, hash: Bytes, echo: Bytes) {
    self.sequence = sequence
    self.hash = hash
    self.echo = echo
  }
}

/// What a driver measured during one inference.
public struct InferenceStatistics: Equatable, Hashable, Sendable {
  /// How long it took, in milliseconds.
  public var milliseconds: UInt64
  /// The memory that it took at most, in mebibytes.
  public var peakMegabytes: UInt64
  /// For how long plaintext weights were in memory (Spec/Protocol.md §7.4), in nanoseconds.
  public var exposureNanoseconds: UInt64
  /// Groups the numbers.
  public init(milliseconds: UInt64, peakMegabytes: UInt64, exposureNanoseconds: UInt64) {
    self.milliseconds = milliseconds
    self.peakMegabytes = peakMegabytes
    self.exposureNanoseconds = exposureNanoseconds
  }
}

/// What a driver reports after a wipe.
public struct WipeTally<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Memory regions overwritten.
  public var regions: UInt64
  /// Bytes overwritten.
  public var bytes: UInt64
  /// For how long plaintext weights were in memory, all in all, in nanoseconds.
  public var exposureNanoseconds: UInt64
  /// The audit chain's head after the record of this wipe.
  public var auditHead: Bytes
  /// Groups the numbers.
  public init(regions: UInt64, bytes: UInt64, exposureNanoseconds: UInt64, auditHead: Bytes) {
    self.regions = regions
    self.bytes = bytes
    self.exposureNanoseconds = exposureNanoseconds
    self.auditHead = auditHead
  }
}

/// The model as receipts name it.
public struct ModelIdentity<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// UTF-8 of the model's name.
  public var name: Bytes
  /// UTF-8 of the model's version.
  public var version: Bytes
  /// Groups the fields.
  public init(name: Bytes, version: Bytes) {
    self.name = name
    self.version = version
  }
}

/// What one receipt says (AIR v1; Spec/Attestation.md).
public struct ReceiptStatement<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The session identifier, 16 bytes.
  public var sessionID: Bytes
  /// When, in seconds since 1970.
  public var issuedAt: UInt64
  /// The client's nonce, 32 bytes.
  public var clientNonce: Bytes
  /// The attestation document.
  public var document: Bytes
  /// The model by name and version.
  public var model: ModelIdentity<Bytes>
  /// The model hash, 32 bytes.
  public var modelHash: Bytes
  /// SHA-256 over the request's CBOR.
  public var requestHash: Bytes
  /// SHA-256 over the response's CBOR.
  public var responseHash: Bytes
  /// The sequence number.
  public var sequence: UInt64
  /// What the driver measured.
  public var statistics: InferenceStatistics

  /// Groups the values.
  package init(
    sessionID: Bytes, issuedAt: UInt64, clientNonce: Bytes, document: Bytes,
    model: ModelIdentity<Bytes>, modelHash: Bytes, requestHash: Bytes, responseHash: Bytes,
    sequence: UInt64, statistics: InferenceStatistics
  ) {
    self.sessionID = sessionID
    self.issuedAt = issuedAt
    self.clientNonce = clientNonce
    self.document = document
    self.model = model
    self.modelHash = modelHash
    self.requestHash = requestHash
    self.responseHash = responseHash
    self.sequence = sequence
    self.statistics = statistics
  }
}

/// What a verifier demands of a receipt (the client does not know the enclave's measurements of
/// time and memory).
public struct ReceiptExpectation<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The session identifier, 16 bytes.
  public var sessionID: Bytes
  /// The client's nonce, 32 bytes.
  public var clientNonce: Bytes
  /// The attestation document.
  public var document: Bytes
  /// The model hash, 32 bytes.
  public var modelHash: Bytes
  /// SHA-256 over the request's CBOR.
  public var requestHash: Bytes
  /// SHA-256 over the response's CBOR.
  public var responseHash: Bytes
  /// The sequence number.
  public var sequence: UInt64
  /// The enclave's stated longest session, in seconds: how late a receipt may be issued.
  public var maximumSeconds: UInt64

  /// Groups the values.
  package init(
    sessionID: Bytes, clientNonce: Bytes, document: Bytes, modelHash: Bytes, requestHash: Bytes,
    responseHash: Bytes, sequence: UInt64, maximumSeconds: UInt64
  ) {
    self.sessionID = sessionID
    self.clientNonce = clientNonce
    self.document = document
    self.modelHash = modelHash
    self.requestHash = requestHash
    self.responseHash = responseHash
    self.sequence = sequence
    self.maximumSeconds = maximumSeconds
  }
}

/// What the wipe report says (Spec/Attestation.md).
public struct WipeStatement<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The session identifier, 16 bytes.
  public var sessionID: Bytes
  /// The number of inferences answered in the session.
  public var inferences: UInt64
  /// What the driver reported.
  public var tally: WipeTally<Bytes>

  /// Groups the values.
  package init(
    sessionID: Bytes, inferences: UInt64, tally: WipeTally<Bytes>
  ) {
    self.sessionID = sessionID
    self.inferences = inferences
    self.tally = tally
  }
}
