/// HPKE encapsulation and the client's Finished (Spec/Protocol.md, "KeyExchange").
///
/// CBOR `[enc bstr .size 32, ciphertext bstr .size 64]`.
public struct KeyExchange: WireMessage {
  /// Bytes of the encapsulated key: an X25519 public key.
  public static let encapsulationBytes = 32
  /// Bytes of the sealed Finished: 48 of T1 and a tag of 16.
  public static let ciphertextBytes = 64

  /// The frame type that carries it.
  public static var frameType: FrameType { .keyExchange }

  /// HPKE's `enc`, 32 bytes.
  public let encapsulation: [UInt8]
  /// T1 sealed by the HPKE context, 64 bytes.
  public let ciphertext: [UInt8]

  /// A key exchange from its fields: 32 and 64 bytes.
  public init(encapsulation: [UInt8], ciphertext: [UInt8]) {
    precondition(encapsulation.count == Self.encapsulationBytes)
    precondition(ciphertext.count == Self.ciphertextBytes)
    self.encapsulation = encapsulation
    self.ciphertext = ciphertext
  }

  /// Reads the message.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    self = try decodeFields(payload, 2) { (reader, bytes) throws(CBORError) in
      KeyExchange(
        encapsulation: try reader.byteArray(in: bytes, exactly: Self.encapsulationBytes),
        ciphertext: try reader.byteArray(in: bytes, exactly: Self.ciphertextBytes))
    }
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(2)
    encoder.bytes(encapsulation)
    encoder.bytes(ciphertext)
  }
}
