/// Why bytes from a peer are not a message of `ephml/1`.
///
/// Closed, static, without a byte of what was received. Each has the abort code that a role answers
/// with (Spec/Protocol.md, "Abort codes").
public enum WireError: Error, Equatable, Sendable {
  /// No frame has this type byte.
  case unknownFrameType
  /// The frame's type exists, but never comes this way.
  case frameTypeNotAllowed
  /// The frame's length is above its type's maximum.
  case frameTooLong
  /// The stream ended inside a frame.
  case frameTruncated
  /// The payload is not the CBOR of the message, or not its deterministic encoding.
  case malformed(CBORError)
  /// A version or suite other than 1.
  case unsupportedVersion
  /// A field holds a value that its message does not allow.
  case invalidField
  /// An abort code outside the closed list.
  case unknownAbortCode
  /// A record's plaintext breaks the record layout: type, phase, flags, length or padding.
  case invalidRecord
  /// A message in several records breaks the rules of splitting.
  case invalidRecordSequence
  /// A message is larger than its bound.
  case messageTooLong

  /// The code that a role sends when it meets this error.
  public var abortCode: AbortCode {
    switch self {
    case .unknownFrameType, .frameTypeNotAllowed: return .unexpectedMessage
    case .frameTooLong, .messageTooLong: return .tooLarge
    case .unsupportedVersion: return .unsupportedVersion
    case .frameTruncated: return .peerClosed
    case .malformed, .invalidField, .unknownAbortCode: return .malformed
    case .invalidRecord, .invalidRecordSequence: return .recordInvalid
    }
  }
}

/// Runs CBOR work and turns its errors into `WireError.malformed`.
func wire<Value>(_ body: () throws(CBORError) -> Value) throws(WireError) -> Value {
  do { return try body() } catch { throw .malformed(error) }
}
