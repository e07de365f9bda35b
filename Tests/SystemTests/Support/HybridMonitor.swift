import Foundation
import Glibc
import Synchronization

@testable import EphemeralRuntime

/// Plays a virtual machine monitor's hybrid vsock as vhost-device-vsock does it: takes `CONNECT`
/// lines on a Unix socket and joins each connection to what plays the guest.
///
/// As there, the end of one direction of the host's is the end of both for the guest, and the host
/// does not hear of the end of one direction of the guest's.
final class HybridMonitor: Sendable {
  /// What happens to it.
  struct Record {
    var joined = 0
    var refused = 0
    /// What no program may do.
    var faults: [String] = []
  }

  /// For the programs outside.
  let address: String
  private let state = Mutex(Record())
  private let isStopped = Mutex(false)

  var record: Record { state.withLock { $0 } }

  /// Starts one whose socket is `path_1`, for a guest that listens at a `unix:` address.
  init(at path: String, towards guest: String) throws {
    guard case .unix(let guestPath, let port) = try Address(guest) else {
      throw AddressError.unknownScheme
    }
    let place = Address.unix(path: SocketCalls.listeningPath(guestPath, port: port), port: 1)
    let own = Address.unix(path: path, port: 1)
    address = "unix:\(path)_1:\(port)"
    let started = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      guard let loop = try? EventLoop(computeThreads: 1, blockingThreads: 1),
        let listener = try? loop.listen(
          at: own,
          accepted: { stream in
            stream.queueMaximum = StreamLimits.messageQueueMaximum
            stream.handler = Link(self, loop: loop, guest: place, port: port)
          })
      else { return }
      started.signal()
      while !isStopped.withLock({ $0 }) {
        var isOver = false
        _ = loop.schedule(afterNanoseconds: 50_000_000) { isOver = true }
        loop.run { !isOver }
      }
      listener.close()
    }
    guard started.wait(timeout: .now() + 10) == .success else { throw ReactorError.outOfResources }
  }

  func stop() { isStopped.withLock { $0 = true } }

  fileprivate func note(_ change: (inout Record) -> Void) { state.withLock { change(&$0) } }

  /// The host's side of one connection.
  private final class Link: StreamHandler {
    private let monitor: HybridMonitor
    private let loop: EventLoop
    private let place: Address
    private let expected: [UInt8]
    private var line: [UInt8] = []
    private var guest: (any ByteStream)?

    init(_ monitor: HybridMonitor, loop: EventLoop, guest: Address, port: UInt32) {
      self.monitor = monitor
      self.loop = loop
      place = guest
      expected = Array("CONNECT \(port)\n".utf8)
    }

    func streamOpened(_ stream: any ByteStream) {}

    func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
      var copy: [UInt8] = []
      for index in bytes.indices { copy.append(bytes[index]) }
      if let guest { return guest.write(copy) }
      line += copy
      guard line.count >= expected.count else { return }
      guard line == expected else {
        monitor.note { $0.faults.append("\(line) instead of one line") }
        return stream.abort()
      }
      guard let socket = SocketCalls.open(for: place),
        SocketCalls.connect(socket.number, to: place) == 0,
        let joined = try? SocketStream(loop: loop, accepted: socket, at: place)
      else {
        monitor.note { $0.refused += 1 }
        return stream.abort()
      }
      monitor.note { $0.joined += 1 }
      joined.queueMaximum = StreamLimits.messageQueueMaximum
      joined.handler = GuestSide(host: stream)
      guest = joined
      // In two pieces, as a stream may bring it.
      stream.write(Array("OK 10".utf8))
      stream.write(Array("73741824\n".utf8))
    }

    func streamDrained(_ stream: any ByteStream) {}

    func streamPeerFinished(_ stream: any ByteStream) {
      if let guest { guest.close() } else { stream.abort() }
    }

    func streamEnded(_ stream: any ByteStream, reason: StreamEnd) {
      guest?.close()
      guest = nil
    }
  }

  /// The guest's side.
  private final class GuestSide: StreamHandler {
    private let host: any ByteStream

    init(host: any ByteStream) { self.host = host }

    func streamOpened(_ stream: any ByteStream) {}

    func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
      var copy: [UInt8] = []
      for index in bytes.indices { copy.append(bytes[index]) }
      host.write(copy)
    }

    func streamDrained(_ stream: any ByteStream) {}

    func streamPeerFinished(_ stream: any ByteStream) {}

    func streamEnded(_ stream: any ByteStream, reason: StreamEnd) { host.close() }
  }
}
