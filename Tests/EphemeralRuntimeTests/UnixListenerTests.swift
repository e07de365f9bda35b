import CLinux
import Glibc
import PropertyTesting
import SimulationSupport
import Testing

@testable import EphemeralRuntime

/// Listening for what a guest connects to (`Spec/Protocol.md` §15.3), and how much one call writes
/// (§15.4).
@Suite("Hybrid vsock: listening and writing")
struct UnixListenerTests {
  private let folder: TemporaryFolder
  private let address: Address

  init() throws {
    folder = try TemporaryFolder()
    address = .unix(path: folder.path + "/vm", port: 7100)
  }

  /// A stream to the listener, as a monitor makes one for its guest: without a handshake.
  private func guest(_ loop: EventLoop) throws -> any ByteStream {
    let place = Address.unix(path: folder.path + "/vm_7100", port: 1)
    return try SocketStream(loop: loop, accepted: BareSocket.connected(to: place), at: place)
  }

  @Test("A guest's connection comes to PATH_PORT, and bytes go both ways")
  func echo() throws {
    let loop = try EventLoop(computeThreads: 1)
    let server = StreamProbe()
    server.onReceive = { stream, bytes in stream.write(bytes) }
    let listener = try loop.listen(at: address) { $0.handler = server }
    #expect(listener.address == address)
    #expect(folder.names() == ["vm_7100"])
    let client = StreamProbe()
    let stream = try guest(loop)
    stream.handler = client
    let message = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    stream.write(message)
    loop.run { client.received.count < message.count }
    #expect(client.received == message)
    stream.close()
    loop.run { client.end == nil || server.end == nil }
    #expect(client.end == .closedHere)
    #expect(server.end == .closedByPeer)
    listener.close()
    #expect(folder.names().isEmpty)
  }

  @Test("A file in the listener's place is not removed when the listener closes")
  func replaced() throws {
    let loop = try EventLoop(computeThreads: 1)
    let listener = try loop.listen(at: address) { _ in }
    // Moved, not removed: the number of a removed file may be given to the next.
    #expect(unsafe rename(folder.path + "/vm_7100", folder.path + "/old") == 0)
    try folder.write([1], to: "vm_7100")
    listener.close()
    #expect(folder.read("vm_7100") == [1])
  }

  @Test("A socket that somebody listens on is in use; it goes on working")
  func inUse() throws {
    let loop = try EventLoop(computeThreads: 1)
    var accepted = 0
    let listener = try loop.listen(at: address) { _ in accepted += 1 }
    for _ in 0..<3 {
      #expect(throws: ReactorError.addressInUse) { _ = try loop.listen(at: address) { _ in } }
    }
    _ = try guest(loop)
    loop.run { accepted < 4 }
    listener.close()
  }

  @Test("A socket that a killed process left is replaced")
  func stale() throws {
    _ = try BareSocket.listening(at: address, backlog: 1)
    #expect(folder.names() == ["vm_7100"])
    let loop = try EventLoop(computeThreads: 1)
    var accepted = 0
    let listener = try loop.listen(at: address) { _ in accepted += 1 }
    _ = try guest(loop)
    loop.run { accepted < 1 }
    listener.close()
    #expect(folder.names().isEmpty)
  }

  @Test("What is no socket stays where it is", arguments: ["file", "folder", "link"])
  func otherFiles(kind: String) throws {
    let path = folder.path + "/vm_7100"
    switch kind {
    case "file": try folder.write([7], to: "vm_7100")
    case "folder": #expect(unsafe mkdir(path, 0o700) == 0)
    default: #expect(unsafe symlink(folder.path + "/nowhere", path) == 0)
    }
    let loop = try EventLoop(computeThreads: 1)
    #expect(throws: ReactorError.addressInUse) { _ = try loop.listen(at: address) { _ in } }
    #expect(folder.names() == ["vm_7100"])
  }

  @Test("Paths that cannot be listened at")
  func unusable() throws {
    let loop = try EventLoop(computeThreads: 1)
    try folder.write([7], to: "file")
    for path in ["/none/vm", "/file/vm", "/" + String(repeating: "p", count: 200)] {
      #expect(throws: ReactorError.addressUnavailable) {
        _ = try loop.listen(at: .unix(path: folder.path + path, port: 1)) { _ in }
      }
    }
    #expect(folder.names() == ["file"])
  }

  // MARK: Writing

  /// The sizes of the system calls by which `writes` leave a stream of an address's kind: a
  /// sequenced-packet socket keeps each call's bytes together.
  private static func calls(
    _ writes: [Int], kind: Address, bufferBytes: Int32 = 1 << 20
  ) throws -> (sizes: [Int], bytes: [UInt8]) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(
      bitPattern: SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    // SAFETY: the call fills the two numbers.
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0, let own = Descriptor(ends[0]),
      let peer = Descriptor(ends[1])
    else { throw BareSocket.Failure(code: errno) }
    var room = bufferBytes
    // SAFETY: four bytes of a local are read.
    _ = unsafe setsockopt(own.number, SOL_SOCKET, SO_SNDBUF, &room, 4)
    let loop = try EventLoop(computeThreads: 1)
    let stream = try SocketStream(loop: loop, accepted: own, at: kind)
    let probe = StreamProbe()
    stream.handler = probe
    var next: UInt8 = 0
    for count in writes {
      stream.write(
        (0..<count).map { _ in
          next = next &* 5 &+ 1
          return next
        })
    }
    let total = writes.reduce(0, +)
    var sizes: [Int] = []
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while bytes.count < total, probe.end == nil {
      // SAFETY: the call writes at most the buffer's length.
      let count = unsafe recv(peer.number, &buffer, buffer.count, 0)
      if count > 0 {
        sizes.append(count)
        bytes += buffer[..<count]
      } else if stream.queuedByteCount > 0 {
        loop.rest(milliseconds: 1)
      } else {
        break  // the stream gave up
      }
    }
    stream.abort()
    loop.run { probe.end == nil }
    return (sizes, bytes)
  }

  private static let cappedKinds = [Address.vsock(cid: 3, port: 1), .unix(path: "p", port: 1)]

  @Test("Over vsock no call writes more than 32 KiB, and every byte arrives in order")
  func cap() throws {
    #expect(StreamLimits.vsockWriteMaximum == 32_768)
    let size = Generator<Int>.oneOf([
      .integer(in: 0...200), .integer(in: 32_766...32_770), .integer(in: 0...150_000),
    ])
    try check(
      name: "vsock writes", cases: 60, covering: [RequiredLabel("cut", share: 0.2)]
    ) { testCase in
      let writes = try testCase.draw(size.array(count: 1...6), as: "writes")
      let kind = try testCase.draw(.element(of: Self.cappedKinds), as: "kind")
      let room = try testCase.draw(.element(of: [40_000, 1 << 20] as [Int32]), as: "room")
      let (sizes, bytes) = try Self.calls(writes, kind: kind, bufferBytes: room)
      testCase.label("cut", if: sizes.contains(32_768))
      try testCase.require(sizes.allSatisfy { $0 <= 32_768 }, "\(sizes)")
      try testCase.require(bytes.count == writes.reduce(0, +))
      var expected: UInt8 = 0
      try testCase.require(
        bytes.allSatisfy {
          expected = expected &* 5 &+ 1
          return $0 == expected
        }, "bytes differ")
    }
  }

  @Test("The observation observes: over TCP one call writes all")
  func uncapped() throws {
    let (sizes, _) = try Self.calls([100_000], kind: .tcp(.loopback, port: 1))
    #expect(sizes == [100_000])
  }

  // MARK: The kernel's vsock

  /// Whether this machine's kernel has vsock and its loopback device.
  static let hasLoopback: Bool = {
    let local = Address.vsock(cid: 1, port: 0)
    var words = "a socket cannot be made"
    if let socket = SocketCalls.open(for: local) {
      if SocketCalls.bind(socket.number, to: local) == 0 { return true }
      words = "CID 1 cannot be bound"
    }
    let line = "*** NO VSOCK LOOPBACK: \(words): the test that needs it is SKIPPED ***\n"
    StandardStream.error(line)
    return false
  }()

  @Test("Over the kernel's own vsock: a free port, bytes both ways", .enabled(if: hasLoopback))
  func vsock() throws {
    let loop = try EventLoop(computeThreads: 1)
    let server = StreamProbe()
    server.onReceive = { stream, bytes in stream.write(bytes) }
    let listener = try loop.listen(at: .vsock(cid: Address.anyCID, port: 0)) {
      $0.handler = server
    }
    guard case .vsock(Address.anyCID, let port) = listener.address else {
      Issue.record("\(listener.address)")
      return
    }
    #expect(port != 0 && port != .max)
    let client = StreamProbe()
    let stream = try loop.connect(to: .vsock(cid: 1, port: port))
    stream.handler = client
    let message = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    stream.write(message)
    loop.run { client.received.count < message.count && client.end == nil }
    #expect(client.received == message)
    stream.close()
    loop.run { client.end == nil || server.end == nil }
    listener.close()
  }
}
