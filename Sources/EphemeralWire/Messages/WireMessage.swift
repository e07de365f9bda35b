/// A message that is one CBOR item and fills its container.
public protocol CBORMessage: Equatable, Sendable {
  /// Reads the message from a whole payload; nothing may follow it.
  init(decoding payload: Span<UInt8>) throws(WireError)
  /// Writes the message.
  func encode(into encoder: inout CBOREncoder)
}

extension CBORMessage {
  /// Reads the message from a whole payload; nothing may follow it.
  public init(decoding payload: [UInt8]) throws(WireError) {
    try self.init(decoding: payload.span)
  }

  /// The message's payload.
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder()
    encode(into: &encoder)
    return encoder.finish()
  }
}

/// A message that fills one frame's payload.
public protocol WireMessage: CBORMessage {
  /// The frame type that carries it.
  static var frameType: FrameType { get }
}

extension WireMessage {
  /// The message in its frame.
  public func frame() -> Frame { Frame(self) }
}

/// A message that is the content of sealed records.
public protocol InnerMessage: CBORMessage {
  /// The inner type that its records bear.
  static var innerType: InnerType { get }
}

/// Reads one array of exactly `fields` items that fills `payload`.
func decodeFields<Value>(
  _ payload: Span<UInt8>, _ fields: Int,
  _ body: (inout CBORReader, Span<UInt8>) throws(CBORError) -> Value
) throws(WireError) -> Value {
  do {
    var reader = CBORReader()
    try reader.array(in: payload, exactly: fields)
    let value = try body(&reader, payload)
    try reader.finish(in: payload)
    return value
  } catch {
    throw .malformed(error)
  }
}
