/// Enclave to client: the model is whole, its digests checked (Spec/Protocol.md, "Assembled").
///
/// CBOR `[modelHash bstr .size 32, weightBytes uint, nanoseconds uint]`.
public struct Assembled: InnerMessage {
  /// Bytes of the model hash.
  public static let modelHashBytes = 32

  /// The inner type that its record bears.
  public static var innerType: InnerType { .assembled }

  /// SHA-256 of the model's manifest; the client compares it with its own.
  public let modelHash: [UInt8]
  /// Bytes of plaintext weights, padding included.
  public let weightBytes: UInt64
  /// How long assembly took.
  public let nanoseconds: UInt64

  /// A message with a model hash of 32 bytes.
  public init(modelHash: [UInt8], weightBytes: UInt64, nanoseconds: UInt64) {
    precondition(modelHash.count == Self.modelHashBytes)
    self.modelHash = modelHash
    self.weightBytes = weightBytes
    self.nanoseconds = nanoseconds
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    self = try decodeFields(payload, 3) { (reader, bytes) throws(CBORError) in
      Assembled(
        modelHash: try reader.byteArray(in: bytes, exactly: Self.modelHashBytes),
        weightBytes: try reader.unsigned(in: bytes),
        nanoseconds: try reader.unsigned(in: bytes))
    }
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(3)
    encoder.bytes(modelHash)
    encoder.unsigned(weightBytes)
    encoder.unsigned(nanoseconds)
  }
}
