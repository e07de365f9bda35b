import CLinux
import Glibc

/// A listening socket that survives a lack of descriptors.
final class SocketListener: StreamListener, EventSource {
  /// Connections that the kernel keeps until they are taken.
  private static let backlog: Int32 = 128
  /// Connections taken in one round, so that the others get their turn.
  private static let batch = 32
  /// How long accepting rests when descriptors have run out, in nanoseconds.
  private static let restNanoseconds: UInt64 = 100_000_000

  let address: Address
  private let loop: EventLoop
  private var owned: Descriptor?
  /// Of a unix address.
  private var file: SocketFile?
  private let descriptor: Int32
  private let accepted: (any ByteStream) -> Void
  private var number: UInt64 = 0
  private var isPaused = false
  private var isClosed = false
  /// Given up for a moment when no descriptor is left, so that a waiting peer is hung up on
  /// instead of left hanging.
  private var reserve: Descriptor?

  init(
    loop: EventLoop, address: Address, accepted: @escaping (any ByteStream) -> Void
  ) throws(ReactorError) {
    guard let socket = SocketCalls.open(for: address) else {
      throw SocketListener.error(errno)
    }
    SocketCalls.setOption(socket.number, Int(SOL_SOCKET), SO_REUSEADDR)
    file = try SocketListener.bind(socket.number, to: address)
    guard Glibc.listen(socket.number, SocketListener.backlog) == 0 else {
      throw SocketListener.error(errno)
    }
    self.address = SocketCalls.bound(socket.number, requested: address)
    descriptor = socket.number
    owned = consume socket
    self.loop = loop
    self.accepted = accepted
    reserve = SocketListener.openReserve()
    number = try loop.add(self, descriptor: descriptor, events: EPOLLIN.rawValue)
  }

  /// Takes the address, and gives the file that was made for it.
  private static func bind(
    _ descriptor: Int32, to address: Address
  ) throws(ReactorError) -> SocketFile? {
    var status = SocketCalls.bind(descriptor, to: address)
    guard case .unix(let path, let port) = address else {
      guard status == 0 else { throw error(errno) }
      return nil
    }
    let place = SocketCalls.listeningPath(path, port: port)
    if status != 0, errno == EADDRINUSE {
      guard SocketFile.removeStale(place) else { throw .addressInUse }
      status = SocketCalls.bind(descriptor, to: address)
    }
    guard status == 0 else { throw error(errno) }
    return SocketFile(madeAt: place)
  }

  func pauseAccepting() {
    isPaused = true
    watch(0)
  }

  func resumeAccepting() {
    isPaused = false
    watch(EPOLLIN.rawValue)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    loop.remove(number, descriptor: descriptor)
    // First the file, so that nobody finds one that leads nowhere.
    file = nil
    owned = nil
  }

  func ready(_ events: UInt32) {
    for _ in 0..<SocketListener.batch {
      guard !isPaused, !isClosed else { return }
      if let connection = Descriptor(ephml_accept(descriptor)) {
        if case .tcp = address {
          SocketCalls.setOption(connection.number, IPPROTO_TCP, TCP_NODELAY)
        }
        if let stream = try? SocketStream(loop: loop, accepted: connection, at: address) {
          accepted(stream)
        }
        continue
      }
      switch errno {
      case EMFILE, ENFILE: return shedOne()
      case ENOBUFS, ENOMEM: return rest()
      case EAGAIN: return
      default: continue  // that connection is gone already; the next one may be well
      }
    }
  }

  /// Hangs up on one waiting peer with the descriptor kept for that, then rests.
  private func shedOne() {
    reserve = nil
    _ = Descriptor(ephml_accept(descriptor))
    reserve = SocketListener.openReserve()
    rest()
  }

  private func rest() {
    watch(0)
    _ = loop.schedule(afterNanoseconds: SocketListener.restNanoseconds) { [self] in
      if !isPaused { watch(EPOLLIN.rawValue) }
    }
  }

  private func watch(_ events: UInt32) {
    guard !isClosed else { return }
    loop.watch(number, descriptor: descriptor, events: events)
  }

  private static func openReserve() -> Descriptor? {
    // SAFETY: the literal lives for the call.
    unsafe Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
  }

  private static func error(_ code: Int32) -> ReactorError {
    switch code {
    case EADDRINUSE: .addressInUse
    case EADDRNOTAVAIL, EAFNOSUPPORT, EPROTONOSUPPORT, ENODEV, ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP:
      .addressUnavailable
    case EACCES, EPERM, EROFS: .notPermitted
    default: .outOfResources
    }
  }
}
