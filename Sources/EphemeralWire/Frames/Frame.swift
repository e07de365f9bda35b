/// One frame: a type and its payload. On the wire `length u32 BE | type u8 | payload`
/// (Spec/Protocol.md, "Frames").
public struct Frame: Equatable, Sendable {
  /// Bytes of the head: four of length, one of type.
  public static let headBytes = 5

  /// What the payload is.
  public let type: FrameType
  /// The payload, at most `type.maximumPayloadBytes`.
  public let payload: [UInt8]

  /// A frame; the payload must not be longer than its type allows.
  public init(type: FrameType, payload: [UInt8]) {
    precondition(payload.count <= type.maximumPayloadBytes, "payload above its type's maximum")
    self.type = type
    self.payload = payload
  }

  /// A frame that holds one message.
  public init<Message: WireMessage>(_ message: borrowing Message) {
    self.init(type: Message.frameType, payload: message.encoded())
  }

  /// Bytes of the whole frame.
  public var byteCount: Int { Self.headBytes + payload.count }

  /// The frame's bytes.
  public func encoded() -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(byteCount)
    append(to: &output)
    return output
  }

  /// Appends the frame's bytes to a send buffer.
  public func append(to output: inout [UInt8]) {
    Self.appendHead(type, payloadBytes: payload.count, to: &output)
    output.append(contentsOf: payload)
  }

  /// Appends only the head, for a payload that is written behind it without a copy of its own.
  public static func appendHead(
    _ type: FrameType, payloadBytes: Int, to output: inout [UInt8]
  ) {
    precondition(payloadBytes >= 0 && payloadBytes <= type.maximumPayloadBytes)
    let length = UInt32(payloadBytes)
    for shift: UInt32 in [24, 16, 8, 0] {
      output.append(UInt8(truncatingIfNeeded: length >> shift))
    }
    output.append(type.rawValue)
  }
}
