/// Client to host: a blob of `size` bytes will follow (Spec/Protocol.md, "Blob store").
///
/// CBOR `[blobID bstr .size 32, size uint]`.
public struct PutBegin: WireMessage {
  /// The frame type that carries it.
  public static var frameType: FrameType { .putBegin }

  /// The blob's name.
  public let blobID: BlobID
  /// The blob's bytes, 1 to `BlobID.maximumBlobBytes`.
  public let size: UInt64

  /// An announcement of a blob.
  public init(blobID: BlobID, size: UInt64) {
    precondition(size > 0 && size <= BlobID.maximumBlobBytes)
    self.blobID = blobID
    self.size = size
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let (blobID, size) = try decodeFields(payload, 2) { (reader, bytes) throws(CBORError) in
      (
        try BlobID(from: &reader, in: bytes),
        try reader.unsigned(in: bytes, maximum: BlobID.maximumBlobBytes)
      )
    }
    guard size > 0 else { throw .invalidField }
    self.init(blobID: blobID, size: size)
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(2)
    encoder.bytes(blobID.bytes)
    encoder.unsigned(size)
  }
}

/// Client to host: bytes of the blob that `PutBegin` announced.
///
/// CBOR `[offset uint, bytes bstr]`.
public struct PutData: WireMessage {
  /// The most bytes of the blob in one message.
  public static let maximumBytes = 1 << 20

  /// The frame type that carries it.
  public static var frameType: FrameType { .putData }

  /// Where in the blob the bytes belong.
  public let offset: UInt64
  /// The bytes, 1 to `maximumBytes`.
  public let bytes: [UInt8]

  /// A part of a blob.
  public init(offset: UInt64, bytes: [UInt8]) {
    precondition(!bytes.isEmpty && bytes.count <= Self.maximumBytes)
    precondition(offset <= BlobID.maximumBlobBytes)
    self.offset = offset
    self.bytes = bytes
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let layout = try Self.layout(of: payload)
    self.init(offset: layout.offset, bytes: copyBytes(of: payload, layout.bytes))
  }

  /// Reads the message where it lies: the offset, and where in `payload` the bytes are.
  public static func layout(
    of payload: Span<UInt8>
  ) throws(WireError) -> (offset: UInt64, bytes: Range<Int>) {
    let (offset, range) = try decodeFields(payload, 2) { (reader, bytes) throws(CBORError) in
      (
        try reader.unsigned(in: bytes, maximum: BlobID.maximumBlobBytes),
        try reader.byteRange(in: bytes, maximum: Self.maximumBytes)
      )
    }
    guard !range.isEmpty else { throw .invalidField }
    return (offset, range)
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(2)
    encoder.unsigned(offset)
    encoder.bytes(bytes)
  }
}

/// Host to client: how a blob's storing stands.
///
/// CBOR `[state uint, offset uint]`. With `ready`, `offset` is where the client goes on, so that an
/// interrupted push resumes; with `stored` it is the blob's size.
public struct PutStatus: WireMessage {
  /// Where the host is.
  public enum State: UInt8, Equatable, Sendable, CaseIterable {
    /// Send from `offset` on.
    case ready = 0
    /// The blob is whole, its digest checked.
    case stored = 1
  }

  /// The frame type that carries it.
  public static var frameType: FrameType { .putStatus }

  /// Where the host is.
  public let state: State
  /// Bytes that the host holds.
  public let offset: UInt64

  /// A status.
  public init(state: State, offset: UInt64) {
    precondition(offset <= BlobID.maximumBlobBytes)
    self.state = state
    self.offset = offset
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let (state, offset) = try decodeState(payload)
    guard let state = State(rawValue: state) else { throw .invalidField }
    self.init(state: state, offset: offset)
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(2)
    encoder.unsigned(UInt64(state.rawValue))
    encoder.unsigned(offset)
  }
}

/// Client to host: is this blob stored?
///
/// CBOR `[blobID bstr .size 32]`.
public struct Have: WireMessage {
  /// The frame type that carries it.
  public static var frameType: FrameType { .have }

  /// The blob's name.
  public let blobID: BlobID

  /// A question for a blob.
  public init(blobID: BlobID) { self.blobID = blobID }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    self.blobID = try decodeFields(payload, 1) { (reader, bytes) throws(CBORError) in
      try BlobID(from: &reader, in: bytes)
    }
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(1)
    encoder.bytes(blobID.bytes)
  }
}

/// Host to client: the answer to `Have`.
///
/// CBOR `[state uint, bytes uint]`.
public struct HaveReply: WireMessage {
  /// What the host has of a blob.
  public enum State: UInt8, Equatable, Sendable, CaseIterable {
    /// Nothing.
    case absent = 0
    /// The first `bytes` bytes.
    case partial = 1
    /// All of it.
    case stored = 2
  }

  /// The frame type that carries it.
  public static var frameType: FrameType { .haveReply }

  /// What the host has.
  public let state: State
  /// Bytes that the host holds.
  public let bytes: UInt64

  /// An answer.
  public init(state: State, bytes: UInt64) {
    precondition(bytes <= BlobID.maximumBlobBytes)
    self.state = state
    self.bytes = bytes
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let (state, bytes) = try decodeState(payload)
    guard let state = State(rawValue: state) else { throw .invalidField }
    self.init(state: state, bytes: bytes)
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(2)
    encoder.unsigned(UInt64(state.rawValue))
    encoder.unsigned(bytes)
  }
}

/// Reads `[state uint, bytes uint]`.
private func decodeState(_ payload: Span<UInt8>) throws(WireError) -> (UInt8, UInt64) {
  try decodeFields(payload, 2) { (reader, bytes) throws(CBORError) in
    (
      UInt8(truncatingIfNeeded: try reader.unsigned(in: bytes, maximum: 0xff)),
      try reader.unsigned(in: bytes, maximum: BlobID.maximumBlobBytes)
    )
  }
}
