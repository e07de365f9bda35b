@testable import EphemeralRuntime

/// A stream's owner that writes down what it is told.
final class StreamProbe: StreamHandler {
  var isOpen = false
  var received: [UInt8] = []
  var drainCount = 0
  var end: StreamEnd?
  var peerHasFinished = false
  var closesWithPeer = true
  var onReceive: ((any ByteStream, [UInt8]) -> Void)?
  var onDrain: ((any ByteStream) -> Void)?

  func streamOpened(_ stream: any ByteStream) { isOpen = true }

  func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    if let onReceive { onReceive(stream, copy) } else { received += copy }
  }

  func streamDrained(_ stream: any ByteStream) {
    drainCount += 1
    onDrain?(stream)
  }

  func streamPeerFinished(_ stream: any ByteStream) {
    precondition(!peerHasFinished, "a peer finishes once")
    peerHasFinished = true
    if closesWithPeer { stream.close() }
  }

  func streamEnded(_ stream: any ByteStream, reason: StreamEnd) {
    precondition(end == nil, "a stream ends once")
    end = reason
  }
}
