/// Enclave to host: send chunks `first ..< first + count` of a blob
/// (Spec/Protocol.md, "Weights").
///
/// CBOR `[blobID bstr .size 32, first uint, count uint]`.
public struct WeightRequest: WireMessage {
  /// One more than the largest index a chunk can have.
  public static let maximumChunks: UInt64 = 1 << 32

  /// The frame type that carries it.
  public static var frameType: FrameType { .weightRequest }

  /// The blob's name.
  public let blobID: BlobID
  /// The first chunk's index.
  public let first: UInt64
  /// How many chunks, at least one.
  public let count: UInt64

  /// A request; `first + count` is at most `maximumChunks`.
  public init(blobID: BlobID, first: UInt64, count: UInt64) {
    precondition(Self.isValid(first: first, count: count))
    self.blobID = blobID
    self.first = first
    self.count = count
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let (blobID, first, count) = try decodeFields(payload, 3) {
      (reader, bytes) throws(CBORError) in
      (
        try BlobID(from: &reader, in: bytes),
        try reader.unsigned(in: bytes, maximum: Self.maximumChunks),
        try reader.unsigned(in: bytes, maximum: Self.maximumChunks)
      )
    }
    guard Self.isValid(first: first, count: count) else { throw .invalidField }
    self.init(blobID: blobID, first: first, count: count)
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(3)
    encoder.bytes(blobID.bytes)
    encoder.unsigned(first)
    encoder.unsigned(count)
  }

  private static func isValid(first: UInt64, count: UInt64) -> Bool {
    count > 0 && count <= maximumChunks && first <= maximumChunks - count
  }
}

/// Host to enclave: one chunk of a blob, the blob's header beside the first.
///
/// CBOR `[index uint, header bstr, ciphertext bstr]`; the header has 32 bytes with index 0 and none
/// otherwise.
public struct WeightChunk: WireMessage {
  /// The most bytes of plaintext in one chunk.
  public static let maximumPlaintextBytes = 1 << 20
  /// Bytes of a chunk's AES-GCM tag.
  public static let tagBytes = 16
  /// Bytes of a blob's header.
  public static let headerBytes = 32

  /// The frame type that carries it.
  public static var frameType: FrameType { .weightChunk }

  /// The chunk's index.
  public let index: UInt64
  /// The blob's header with index 0, else empty.
  public let header: [UInt8]
  /// Ciphertext and tag.
  public let ciphertext: [UInt8]

  /// Where a chunk's parts lie in its payload.
  public struct Layout: Equatable, Sendable {
    /// The chunk's index.
    public let index: UInt64
    /// The blob's header: 32 bytes with index 0, else empty.
    public let header: Range<Int>
    /// Ciphertext and tag.
    public let ciphertext: Range<Int>
  }

  /// A chunk; the header belongs to index 0 alone.
  public init(index: UInt64, header: [UInt8], ciphertext: [UInt8]) {
    precondition(index < WeightRequest.maximumChunks)
    precondition(header.count == (index == 0 ? Self.headerBytes : 0))
    precondition(ciphertext.count > Self.tagBytes)
    precondition(ciphertext.count <= Self.maximumPlaintextBytes + Self.tagBytes)
    self.index = index
    self.header = header
    self.ciphertext = ciphertext
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let layout = try Self.layout(of: payload)
    self.init(
      index: layout.index, header: copyBytes(of: payload, layout.header),
      ciphertext: copyBytes(of: payload, layout.ciphertext))
  }

  /// Reads the message where it lies, without a copy.
  public static func layout(of payload: Span<UInt8>) throws(WireError) -> Layout {
    let layout = try decodeFields(payload, 3) { (reader, bytes) throws(CBORError) in
      Layout(
        index: try reader.unsigned(in: bytes, maximum: WeightRequest.maximumChunks - 1),
        header: try reader.byteRange(in: bytes, maximum: Self.headerBytes),
        ciphertext: try reader.byteRange(
          in: bytes, maximum: Self.maximumPlaintextBytes + Self.tagBytes))
    }
    guard layout.header.count == (layout.index == 0 ? Self.headerBytes : 0),
      layout.ciphertext.count > Self.tagBytes
    else { throw .invalidField }
    return layout
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(3)
    encoder.unsigned(index)
    encoder.bytes(header)
    encoder.bytes(ciphertext)
  }
}
