import EphemeralSession
import EphemeralWire

/// Who hears from a ``FrameChannel``. Nothing comes after `channelEnded`.
protocol FrameChannelOwner: AnyObject {
  /// The connection stands.
  func channelOpened(_ channel: FrameChannel)
  /// A whole frame of an allowed type arrived.
  func channel(_ channel: FrameChannel, received frame: IncomingFrame<[UInt8]>)
  /// The peer broke the framing rules; nothing more is read.
  func channel(_ channel: FrameChannel, broken code: AbortCode)
  /// The queue has room again.
  func channelDrained(_ channel: FrameChannel)
  /// The peer sends nothing more.
  func channelPeerFinished(_ channel: FrameChannel)
  /// The connection is gone.
  func channelEnded(_ channel: FrameChannel, reason: StreamEnd)
}

/// A stream cut into frames, both ways.
final class FrameChannel: StreamHandler {
  private let stream: any ByteStream
  private var decoder: FrameDecoder
  private var owner: (any FrameChannelOwner)?
  private var isDeaf = false

  /// Bytes that wait to leave.
  var queuedByteCount: Int { stream.queuedByteCount }

  /// Whether so much waits to leave that the sources of it should rest.
  var isCongested: Bool { stream.queuedByteCount > StreamLimits.highWater }

  /// - Parameters:
  ///   - allowed: the frame types that this side takes at all.
  ///   - queueMaximum: the most bytes that may wait to leave.
  init(
    stream: any ByteStream, allowed: FrameTypeSet, owner: any FrameChannelOwner,
    queueMaximum: Int = StreamLimits.queueMaximum
  ) {
    stream.queueMaximum = queueMaximum
    self.stream = stream
    decoder = FrameDecoder(allowed: allowed)
    self.owner = owner
    stream.handler = self
  }

  /// Queues a frame.
  func send(_ type: FrameType, _ payload: [UInt8]) {
    var head: [UInt8] = []
    head.reserveCapacity(Frame.headBytes)
    Frame.appendHead(type, payloadBytes: payload.count, to: &head)
    stream.write(head, payload)
  }

  /// Takes other types, from the next frame on.
  func allow(_ types: FrameTypeSet) { decoder.allowed = types }

  func pauseReading() { stream.pauseReading() }

  func resumeReading() { if !isDeaf { stream.resumeReading() } }

  /// Sends nothing more once the queue has left, but goes on reading.
  func finishWriting() { stream.finishWriting() }

  /// Closes once the queue has left; delivers nothing more.
  func close() {
    isDeaf = true
    stream.close()
  }

  /// Closes now.
  func abort() {
    isDeaf = true
    stream.abort()
  }

  // MARK: From the stream

  func streamOpened(_ stream: any ByteStream) { owner?.channelOpened(self) }

  func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
    var position = 0
    while !isDeaf {
      do {
        guard let frame = try decoder.next(from: bytes, at: &position) else { return }
        owner?.channel(self, received: IncomingFrame(type: frame.type, payload: frame.payload))
      } catch {
        breakOff(error.abortCode)
      }
    }
  }

  func streamDrained(_ stream: any ByteStream) { owner?.channelDrained(self) }

  func streamPeerFinished(_ stream: any ByteStream) {
    guard !isDeaf else { return }
    owner?.channelPeerFinished(self)
  }

  func streamEnded(_ stream: any ByteStream, reason: StreamEnd) {
    isDeaf = true
    let owner = owner
    self.owner = nil
    owner?.channelEnded(self, reason: reason)
  }

  private func breakOff(_ code: AbortCode) {
    isDeaf = true
    stream.pauseReading()
    owner?.channel(self, broken: code)
  }
}
