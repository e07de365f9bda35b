import EphemeralSession
import EphemeralWire

/// A connection that gets a clear Abort and nothing else.
final class RefusedConnection: FrameChannelOwner {
  private var channel: FrameChannel?
  private let ended: () -> Void

  init(stream: any ByteStream, code: AbortCode, ended: @escaping () -> Void) {
    self.ended = ended
    let channel = FrameChannel(stream: stream, allowed: [], owner: self)
    self.channel = channel
    channel.send(.abort, Abort(code: code).encoded())
    channel.close()
  }

  func channelOpened(_ channel: FrameChannel) {}
  func channel(_ channel: FrameChannel, received frame: IncomingFrame<[UInt8]>) {}
  func channel(_ channel: FrameChannel, broken code: AbortCode) {}
  func channelDrained(_ channel: FrameChannel) {}
  func channelPeerFinished(_ channel: FrameChannel) {}

  func channelEnded(_ channel: FrameChannel, reason: StreamEnd) {
    self.channel = nil
    ended()
  }
}
