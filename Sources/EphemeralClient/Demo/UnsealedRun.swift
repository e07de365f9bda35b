internal import EphemeralRuntime
internal import EphemeralWire
internal import Foundation

/// The control of the canary scan: the same messages through the same relay, but not sealed.
///
/// A scan that finds nothing proves nothing until it has found what is there.
enum UnsealedRun {
  /// Sends each message as a frame of its own through a recording relay to a listener that reads
  /// it, and returns what the relay recorded.
  static func record(_ messages: [[UInt8]]) throws(ClientFailure) -> [[UInt8]] {
    let (listener, port) = try LoopbackSocket.listen()
    let relay = try RecordingRelay(to: "tcp://127.0.0.1:\(port)")
    defer { relay.stop() }
    guard let relayPort = relay.address.split(separator: ":").last.flatMap({ UInt16($0) }),
      let client = LoopbackSocket.connect(port: relayPort)
    else { throw ClientFailure(.failed, "the relay cannot be reached") }
    defer { LoopbackSocket.close(client) }
    let server = LoopbackSocket.acceptOne(listener)
    LoopbackSocket.close(listener)
    defer { LoopbackSocket.close(server) }
    for message in messages {
      var frame: [UInt8] = []
      for piece in stride(from: 0, to: message.count, by: RecordHeader.maximumPieceBytes) {
        let content = message[piece..<min(piece + RecordHeader.maximumPieceBytes, message.count)]
        Frame.appendHead(.sealed, payloadBytes: content.count, to: &frame)
        frame += content
      }
      let total = frame.count
      let sent = frame
      // Reader and writer take turns on one socket pair; a thread keeps a full buffer from
      // stopping both.
      Thread.detachNewThread { _ = LoopbackSocket.write(client, sent) }
      guard LoopbackSocket.read(server, count: total) != nil else {
        throw ClientFailure(.failed, "the relay lost a message")
      }
    }
    return relay.recording.map(\.bytes)
  }
}
