public import EphemeralWire

/// A message of `ephml/1` by name, whatever its outer frame.
public enum SessionMessage: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case clientHello, evidence, keyExchange, abort
  case keyConfirm, topologyDeliver, assembled, inferRequest, inferResult, close, zeroized
  case sealedAbort
  case putStatus, haveReply, weightRequest, weightChunk

  /// The outer frame that carries the message.
  public var frameType: FrameType {
    switch self {
    case .clientHello: .clientHello
    case .evidence: .evidence
    case .keyExchange: .keyExchange
    case .abort: .abort
    case .keyConfirm, .topologyDeliver, .assembled, .inferRequest, .inferResult, .close,
      .zeroized, .sealedAbort:
      .sealed
    case .putStatus: .putStatus
    case .haveReply: .haveReply
    case .weightRequest: .weightRequest
    case .weightChunk: .weightChunk
    }
  }
}

/// A frame on its way out: its message's name, and the payload for the wire.
public struct OutgoingFrame<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Which message it is; never sent, only for logs, traces and tests.
  public let message: SessionMessage
  /// The frame's payload, without the outer head.
  public let payload: Bytes

  /// Names a payload.
  public init(_ message: SessionMessage, _ payload: Bytes) {
    self.message = message
    self.payload = payload
  }

  /// The outer frame type for the wire.
  public var type: FrameType { message.frameType }
}

/// A frame as it arrived: outer type and payload, both unchecked beyond their bound.
public struct IncomingFrame<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// The outer frame type.
  public let type: FrameType
  /// The frame's payload.
  public let payload: Bytes

  /// Describes a received frame.
  public init(type: FrameType, payload: Bytes) {
    self.type = type
    self.payload = payload
  }
}
