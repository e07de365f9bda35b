/// Enclave to host: one line of the enclave's audit log (Spec/Protocol.md, "Audit").
///
/// CBOR `[record bstr]`.
public struct Audit: WireMessage {
  /// The most bytes of one record: a payload of 4 KiB less the heads.
  public static let maximumRecordBytes = 4 * 1024 - 4

  /// The frame type that carries it.
  public static var frameType: FrameType { .audit }

  /// The line's bytes, at least one.
  public let record: [UInt8]

  /// A record of 1 to `maximumRecordBytes` bytes.
  public init(record: [UInt8]) {
    precondition(!record.isEmpty && record.count <= Self.maximumRecordBytes)
    self.record = record
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let record = try decodeFields(payload, 1) { (reader, bytes) throws(CBORError) in
      try reader.byteArray(in: bytes, maximum: Self.maximumRecordBytes)
    }
    guard !record.isEmpty else { throw .invalidField }
    self.record = record
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(1)
    encoder.bytes(record)
  }
}
