/// Cuts a byte stream into frames, however the bytes arrive.
///
/// The five-byte head is judged before any memory is taken: the type must be known and among those
/// that this receiver accepts, the length at most the type's maximum. Memory grows with the bytes
/// that really came, at most ``growth`` times as many, never with the length that was claimed alone.
/// After an error the decoder stays failed: a stream that lost its framing has no next
/// frame.
public struct FrameDecoder: Sendable {
  /// The first reservation for a payload, in bytes; it grows as bytes arrive.
  static let firstReservation = 4096
  /// How many times larger a full reservation becomes, up to the payload's length: few bytes are
  /// moved again, and the last reservation is exact.
  static let growth = 8

  private enum State: Sendable {
    case head(UInt64, count: Int)
    case payload(FrameType, length: Int)
    case failed(WireError)
  }

  /// The types that this receiver accepts; a change applies from the next head on.
  public var allowed: FrameTypeSet
  private var state: State = .head(0, count: 0)
  private var payload: [UInt8] = []

  /// A decoder at the start of a stream.
  public init(allowed: FrameTypeSet) { self.allowed = allowed }

  /// Whether the stream may end here: no frame is half read.
  public var isBetweenFrames: Bool {
    if case .head(_, count: 0) = state { return true }
    return false
  }

  /// Bytes of the current frame's payload that are held.
  public var bufferedBytes: Int { payload.count }

  /// Checks that the stream does not end inside a frame; throws `frameTruncated`.
  public func finish() throws(WireError) {
    if case .failed(let error) = state { throw error }
    guard isBetweenFrames else { throw .frameTruncated }
  }

  /// Takes bytes until a frame is whole or the bytes are used up.
  ///
  /// - Parameters:
  ///   - bytes: what arrived.
  ///   - position: where to go on in `bytes`; moved past what was taken.
  /// - Returns: a frame, or nil once `position` is at the end of `bytes`. Call until nil.
  public mutating func next(
    from bytes: Span<UInt8>, at position: inout Int
  ) throws(WireError) -> Frame? {
    while true {
      switch state {
      case .failed(let error): throw error
      case .head(let value, let count):
        guard count == Frame.headBytes else {
          guard position >= 0, position < bytes.count else { return nil }
          state = .head(value << 8 | UInt64(bytes[position]), count: count + 1)
          position += 1
          continue
        }
        try beginPayload(head: value)
      case .payload(let type, let length):
        take(from: bytes, at: &position, upTo: length)
        guard payload.count == length else { return nil }
        let frame = Frame(type: type, payload: payload)
        payload = []
        state = .head(0, count: 0)
        return frame
      }
    }
  }

  /// Judges a whole head: 32 bits of length, 8 of type.
  private mutating func beginPayload(head: UInt64) throws(WireError) {
    guard let type = FrameType(rawValue: UInt8(truncatingIfNeeded: head)) else {
      throw fail(.unknownFrameType)
    }
    guard allowed.contains(type) else { throw fail(.frameTypeNotAllowed) }
    let length = Int(head >> 8)
    guard length <= type.maximumPayloadBytes else { throw fail(.frameTooLong) }
    payload.reserveCapacity(min(length, Self.firstReservation))
    state = .payload(type, length: length)
  }

  private mutating func take(from bytes: Span<UInt8>, at position: inout Int, upTo length: Int) {
    guard position >= 0, position < bytes.count else { return }
    let count = min(length - payload.count, bytes.count - position)
    let needed = payload.count + count
    if needed > payload.capacity {
      payload.reserveCapacity(min(length, max(needed, Self.firstReservation) * Self.growth))
    }
    // One bulk copy; the pointer does not outlive the closure.
    unsafe bytes.extracting(position..<(position + count)).withUnsafeBufferPointer {
      unsafe payload.append(contentsOf: $0)
    }
    position += count
  }

  private mutating func fail(_ error: WireError) -> WireError {
    state = .failed(error)
    payload = []
    return error
  }
}
