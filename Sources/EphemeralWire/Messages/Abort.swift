/// The end of a session before its time: one code and nothing else.
///
/// CBOR `[code uint]`, the same in a cleartext frame and as a sealed record's content.
public struct Abort: WireMessage, InnerMessage {
  /// The frame type that carries it in cleartext.
  public static var frameType: FrameType { .abort }
  /// The inner type that its record bears once records are sealed.
  public static var innerType: InnerType { .abort }

  /// Why the session ends.
  public let code: AbortCode

  /// An abort with a code.
  public init(code: AbortCode) { self.code = code }

  /// Reads the message; a code outside the list throws `unknownAbortCode`.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    let value = try decodeFields(payload, 1) { (reader, bytes) throws(CBORError) in
      try reader.unsigned(in: bytes)
    }
    guard let raw = UInt8(exactly: value), let code = AbortCode(rawValue: raw) else {
      throw .unknownAbortCode
    }
    self.code = code
  }

  /// Writes the message.
  public func encode(into encoder: inout CBOREncoder) {
    encoder.array(1)
    encoder.unsigned(UInt64(code.rawValue))
  }
}
