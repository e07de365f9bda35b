internal import EphemeralRuntime
internal import Foundation
internal import Glibc
internal import Synchronization

/// A TCP relay on loopback that keeps a copy of everything that passes, frame by frame.
///
/// It stands on both sides of the host and so sees exactly what the host sees.
final class RecordingRelay: Sendable {
  /// Which way bytes go.
  enum Direction: Sendable, CaseIterable {
    /// From the side that connected.
    case forward
    /// To the side that connected.
    case backward
  }

  /// What passed in one direction of one connection.
  struct Stream: Sendable {
    let direction: Direction
    var bytes: [UInt8] = []
    /// Type and place of each frame in `bytes`, head included.
    var frames: [(type: UInt8, range: Range<Int>)] = []
  }

  /// The most that one relay keeps, in bytes.
  private static let maximumRecording = 256 << 20
  /// The largest frame that it passes on, in bytes: above every bound of `Spec/Protocol.md`.
  private static let maximumFrame = 4 << 20

  /// Where the relay listens.
  let address: String
  private let listener: Int32
  private let upstream: UInt16
  private let streams = Mutex<[Stream]>([])
  private let tampering: Mutex<(forward: RelayTampering, backward: RelayTampering)>

  /// Starts relaying from a free port to `upstream`, such as `tcp://127.0.0.1:7100`.
  init(
    to upstream: String, forward: RelayTampering = .none, backward: RelayTampering = .none
  ) throws(ClientFailure) {
    guard let text = upstream.split(separator: ":").last, let port = UInt16(text) else {
      throw ClientFailure(.failed, "\(upstream): not an address to relay to")
    }
    let (descriptor, own) = try LoopbackSocket.listen()
    listener = descriptor
    address = "tcp://127.0.0.1:\(own)"
    self.upstream = port
    tampering = Mutex((forward, backward))
    Thread.detachNewThread { [self] in acceptAll() }
  }

  /// Takes no further connections.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  /// Everything that passed so far.
  var recording: [Stream] { streams.withLock { $0 } }

  /// Changes what happens to frames from now on.
  func tamper(forward: RelayTampering = .none, backward: RelayTampering = .none) {
    tampering.withLock { $0 = (forward, backward) }
  }

  private func acceptAll() {
    while true {
      let client = LoopbackSocket.acceptOne(listener)
      guard client >= 0 else { break }
      guard let server = LoopbackSocket.connect(port: upstream) else {
        close(client)
        continue
      }
      LoopbackSocket.sendAtOnce(client)
      let open = OpenPair(client, server)
      Thread.detachNewThread { [self] in
        pump(from: client, to: server, .forward)
        open.endOne()
      }
      Thread.detachNewThread { [self] in
        pump(from: server, to: client, .backward)
        open.endOne()
      }
    }
    close(listener)
  }

  private func pump(from source: Int32, to target: Int32, _ direction: Direction) {
    let index = streams.withLock { streams in
      streams.append(Stream(direction: direction))
      return streams.count - 1
    }
    var counts: [UInt8: Int] = [:]
    while let head = LoopbackSocket.read(source, count: 5) {
      let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= Self.maximumFrame,
        let payload = LoopbackSocket.read(source, count: length)
      else { break }
      let type = head[4]
      let changes = tampering.withLock { direction == .forward ? $0.forward : $0.backward }
      let frames = changes.forward(head + payload, type: type, ordinal: counts[type, default: 0])
      counts[type, default: 0] += 1
      for frame in frames {
        record(frame, type: type, in: index)
        guard LoopbackSocket.write(target, frame) else { break }
      }
    }
    shutdown(target, Int32(SHUT_WR))
    shutdown(source, Int32(SHUT_RD))
  }

  private func record(_ frame: [UInt8], type: UInt8, in index: Int) {
    streams.withLock { streams in
      let kept = streams.reduce(0) { $0 + $1.bytes.count }
      guard kept + frame.count <= Self.maximumRecording else { return }
      let start = streams[index].bytes.count
      streams[index].bytes += frame
      streams[index].frames.append((type, start..<start + frame.count))
    }
  }

  /// Two descriptors that are closed when both directions have ended.
  private final class OpenPair: Sendable {
    private let first: Int32
    private let second: Int32
    private let running = Atomic(2)

    init(_ first: Int32, _ second: Int32) {
      self.first = first
      self.second = second
    }

    func endOne() {
      guard running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
      close(first)
      close(second)
    }
  }
}
