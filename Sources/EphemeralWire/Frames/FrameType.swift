/// The outer type of a frame (Spec/Protocol.md, "Frames").
public enum FrameType: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// Client to enclave: version, suite, nonce.
  case clientHello = 0x01
  /// Enclave to client: what the enclave is.
  case evidence = 0x02
  /// Client to enclave: HPKE encapsulation and the client's Finished.
  case keyExchange = 0x03
  /// Either way: one sealed record.
  case sealed = 0x04
  /// Any to any: a cleartext abort code.
  case abort = 0x05
  /// Client to host: a blob will follow.
  case putBegin = 0x10
  /// Client to host: bytes of the blob.
  case putData = 0x11
  /// Host to client: ready for the blob, or done.
  case putStatus = 0x12
  /// Client to host: is this blob stored?
  case have = 0x13
  /// Host to client: the answer to `have`.
  case haveReply = 0x14
  /// Enclave to host: send these chunks.
  case weightRequest = 0x20
  /// Host to enclave: one chunk.
  case weightChunk = 0x21
  /// Enclave to host: one audit record for the host's log.
  case audit = 0x22

  /// The most bytes that this type's payload may have.
  public var maximumPayloadBytes: Int {
    switch self {
    case .clientHello: return 128
    case .evidence: return 32 * 1024
    case .keyExchange: return 256
    case .sealed:
      return RecordHeader.byteCount + RecordHeader.maximumPieceBytes + RecordHeader.tagBytes
    case .abort: return 16
    case .putBegin: return 128
    case .putData: return PutData.maximumBytes + 32
    case .putStatus: return 32
    case .have: return 64
    case .haveReply: return 32
    case .weightRequest: return 128
    case .weightChunk: return WeightChunk.maximumPlaintextBytes + 128
    case .audit: return 4 * 1024
    }
  }
}

/// A set of frame types: what one receiver accepts at all.
public struct FrameTypeSet: Equatable, Sendable, ExpressibleByArrayLiteral {
  // Type bytes are below 64, so one word holds the set.
  private var bits: UInt64 = 0

  /// The set of the given types.
  public init(arrayLiteral elements: FrameType...) {
    for type in elements { insert(type) }
  }

  /// Adds a type.
  public mutating func insert(_ type: FrameType) { bits |= 1 << UInt64(type.rawValue) }

  /// Removes a type.
  public mutating func remove(_ type: FrameType) { bits &= ~(1 << UInt64(type.rawValue)) }

  /// Whether the set holds a type.
  public func contains(_ type: FrameType) -> Bool { bits & 1 << UInt64(type.rawValue) != 0 }

  /// What a client receives from a host.
  public static let clientFromHost: FrameTypeSet =
    [.evidence, .sealed, .abort, .putStatus, .haveReply]
  /// What a host receives from a client.
  public static let hostFromClient: FrameTypeSet =
    [.clientHello, .keyExchange, .sealed, .abort, .putBegin, .putData, .have]
  /// What a host receives from an enclave.
  public static let hostFromEnclave: FrameTypeSet =
    [.evidence, .sealed, .abort, .weightRequest, .audit]
  /// What an enclave receives from a host.
  public static let enclaveFromHost: FrameTypeSet =
    [.clientHello, .keyExchange, .sealed, .abort, .weightChunk]
}
