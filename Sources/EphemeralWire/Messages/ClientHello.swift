/// The first message: client to enclave (Spec/Protocol.md, "ClientHello").
///
/// CBOR `[version uint, suite uint, nonce bstr .size 32]`.
public struct ClientHello: WireMessage {
  /// The one version of the protocol.
  public static let version: UInt64 = 1
  /// The one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
  public static let suite: UInt64 = 1
  /// Bytes of the nonce.
  public static let nonceBytes = 32

  /// The frame type that carries it.
  public static var frameType: FrameType { .clientHello }

  /// The client's nonce, 32 fresh random bytes.
  public let nonce: [UInt8]

  /// A hello with a nonce of 32 bytes.
  public init(nonce: [UInt8]) {
    precondition(nonce.count == Self.nonceBytes)
    self.nonce = nonce
  }

  /// Reads the message; another version or suite throws `unsupportedVersion`.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    // A later version may have other fields: judge version and suite before the rest.
    var reader = CBORReader()
    let (fields, version) = try wire { () throws(CBORError) in
      let fields = try reader.arrayHeader(in: payload, maximum: 16)
      return (fields, try reader.unsigned(in: payload))
    }
    guard version == Self.version else { throw .unsupportedVersion }
    guard fields == 3 else { throw .malformed(.wrongCount) }
    let suite = try wire { () throws(CBORError) in try reader.unsigned(in: payload) }
    guard suite == Self.suite else { throw .unsupportedVersion }
    self.nonce = try wire { () throws(CBORError) in
      let nonce = try reader.byteArray(in: payload, exactly: Self.nonceBytes)
      try reader.finish(in: payload)
      return nonce
    }
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(3)
    encoder.unsigned(Self.version)
    encoder.unsigned(Self.suite)
    encoder.bytes(nonce)
  }
}
