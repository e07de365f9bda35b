import Glibc
import PropertyTesting
import SimulationSupport
import Testing

@testable import EphemeralRuntime

/// The handshake of a connection to a hybrid-vsock socket (`Spec/Protocol.md` §15.3).
@Suite("Hybrid vsock: the handshake")
struct HybridVsockTests {
  private static let request = Array("CONNECT 7100\n".utf8)

  /// A connection that has begun and whose request has been read.
  private struct Scene {
    let loop: EventLoop
    let monitor: MonitorSocket
    let probe = StreamProbe()
    let stream: any ByteStream

    init(handshakeNanoseconds: UInt64 = StreamLimits.handshakeNanoseconds) throws {
      loop = try EventLoop(computeThreads: 1)
      loop.handshakeNanoseconds = handshakeNanoseconds
      monitor = try MonitorSocket()
      stream = try loop.connect(to: monitor.address)
      stream.handler = probe
      stream.write([1, 2, 3])
      try #require(monitor.take())
      var request: [UInt8] = []
      while request.count < HybridVsockTests.request.count {
        loop.rest(milliseconds: 1)
        request += monitor.received()
      }
      #expect(request == HybridVsockTests.request)
    }
  }

  @Test(
    "However the line is cut, what follows it is the stream's",
    arguments: [[], [1], [3], [4], [5], [1, 2, 3, 4, 5, 6, 7, 8], [2, 6]])
  func reply(cuts: [Int]) throws {
    let scene = try Scene()
    let bytes = Array("OK 1073\nhello".utf8)
    var begin = 0
    for cut in cuts {
      scene.monitor.send(Array(bytes[begin..<cut]))
      scene.loop.rest(milliseconds: 1)
      #expect(scene.probe.isOpen == (cut >= 8))
      begin = cut
    }
    scene.stream.write([4])
    if cuts.last ?? 0 < 8 { #expect(scene.monitor.received().isEmpty) }
    scene.monitor.send(Array(bytes[begin...]))
    scene.loop.run { scene.probe.received.count < 5 && scene.probe.end == nil }
    #expect(scene.probe.isOpen)
    #expect(scene.probe.received == Array("hello".utf8))
    var answer: [UInt8] = []
    while answer.count < 4 {
      scene.loop.rest(milliseconds: 1)
      answer += scene.monitor.received()
    }
    #expect(answer == [1, 2, 3, 4])
    scene.monitor.hangUp()
    scene.loop.run { scene.probe.end == nil }
    #expect(scene.probe.end == .closedByPeer)
  }

  @Test("An owner that pauses when it hears of the connection loses nothing")
  func pause() throws {
    let scene = try Scene()
    scene.stream.pauseReading()
    scene.monitor.send("OK 1\nhello")
    scene.loop.run { !scene.probe.isOpen }
    scene.loop.rest(milliseconds: 5)
    #expect(scene.probe.received.isEmpty)
    scene.stream.resumeReading()
    scene.loop.run { scene.probe.received.count < 5 }
    #expect(scene.probe.received == Array("hello".utf8))
    scene.stream.abort()
    scene.loop.run { scene.probe.end == nil }
  }

  @Test("A finish that was asked for early comes after the handshake and the queue")
  func earlyFinish() throws {
    let scene = try Scene()
    scene.stream.finishWriting()
    scene.stream.write([9])
    scene.monitor.send("OK 1\n")
    scene.loop.run { !scene.probe.isOpen }
    scene.loop.rest(milliseconds: 2)
    #expect(scene.monitor.received() == [1, 2, 3])
    #expect(scene.probe.end == nil)
    scene.monitor.hangUp()
    scene.loop.run { scene.probe.end == nil }
    #expect(scene.probe.end == .closedByPeer)
  }

  static let wrong = [
    "\n", "OK\n", "OK \n", "ok 1\n", "OK  1\n", " OK 1\n", "OK 1 \n", "OK 1\r\n", "OK 01\n",
    "OK 00\n", "OK -1\n", "OK +1\n", "OK 4294967296\n", "OK 99999999999999999999999\n", "OK 1x\n",
    "KO 1\n", "ERROR no such port\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0", "OK\t1\n",
  ]

  @Test("Any other line is unreachable, at the byte that makes it wrong", arguments: wrong)
  func refused(line: String) throws {
    let scene = try Scene()
    scene.monitor.send(line)
    scene.loop.run { scene.probe.end == nil && !scene.probe.isOpen }
    #expect(scene.probe.end == .unreachable)
    #expect(!scene.probe.isOpen && scene.probe.received.isEmpty)
  }

  @Test("A flood without a line's end is not read on")
  func flood() throws {
    let scene = try Scene()
    scene.monitor.send([UInt8](repeating: 0x31, count: 100_000))
    scene.loop.run { scene.probe.end == nil && !scene.probe.isOpen }
    #expect(scene.probe.end == .unreachable)
  }

  @Test("A peer that hangs up before its line is whole", arguments: ["", "O", "OK 12", "OK 12 "])
  func hangUp(beginning: String) throws {
    let scene = try Scene()
    if !beginning.isEmpty { scene.monitor.send(beginning) }
    scene.monitor.hangUp()
    scene.loop.run { scene.probe.end == nil && !scene.probe.isOpen }
    #expect(scene.probe.end == .unreachable)
    #expect(!scene.probe.isOpen)
  }

  @Test("Silence ends at the deadline")
  func silence() throws {
    let scene = try Scene(handshakeNanoseconds: 60_000_000)
    scene.loop.run { scene.probe.end == nil && !scene.probe.isOpen }
    #expect(scene.probe.end == .unreachable)
  }

  @Test("Bytes that drip in do not move the deadline")
  func drip() throws {
    let scene = try Scene(handshakeNanoseconds: 100_000_000)
    let line = Array("OK 4294967295\n".utf8)
    let begin = scene.loop.nowNanoseconds
    // The last byte would come long after the deadline; timers run in their order.
    for (index, byte) in line.enumerated() {
      _ = scene.loop.schedule(atNanoseconds: begin + UInt64(index) * 20_000_000) {
        scene.monitor.send([byte])
      }
    }
    scene.loop.run { scene.probe.end == nil && !scene.probe.isOpen }
    #expect(scene.probe.end == .unreachable)
    #expect(!scene.probe.isOpen)
  }

  @Test("The deadline is the handshake's alone")
  func deadlineIsOver() throws {
    let scene = try Scene(handshakeNanoseconds: 1_000_000_000)
    scene.monitor.send("OK 1\n")
    scene.loop.run { !scene.probe.isOpen && scene.probe.end == nil }
    scene.loop.rest(milliseconds: 1_100)
    #expect(scene.probe.end == nil)
    scene.stream.abort()
    scene.loop.run { scene.probe.end == nil }
    #expect(scene.probe.end == .closedHere)
  }

  @Test("The owner may give up while the peer is silent", arguments: [true, false])
  func givesUp(closes: Bool) throws {
    let scene = try Scene()
    if closes { scene.stream.close() } else { scene.stream.abort() }
    scene.loop.run { scene.probe.end == nil }
    #expect(scene.probe.end == .closedHere)
    #expect(!scene.probe.isOpen)
    #expect(scene.monitor.received().isEmpty)
  }

  @Test("A peer that reads nothing costs a bounded queue, before the handshake and after it")
  func readsNothing() throws {
    for answers in [false, true] {
      let scene = try Scene()
      if answers {
        scene.monitor.send("OK 1\n")
        scene.loop.run { !scene.probe.isOpen }
      }
      for _ in 0..<9 { scene.stream.write([UInt8](repeating: 0, count: 1 << 20)) }
      scene.loop.run { scene.probe.end == nil }
      #expect(scene.probe.end == .queueOverflow)
    }
  }

  @Test("A full queue of the socket is waited for, at most until the deadline")
  func fullBacklog() throws {
    let loop = try EventLoop(computeThreads: 1)
    let monitor = try MonitorSocket(backlog: 0)
    func connect() throws -> StreamProbe {
      let probe = StreamProbe()
      try loop.connect(to: monitor.address).handler = probe
      return probe
    }
    // The first fills the queue; the second comes to it as soon as there is room.
    let early = [try connect(), try connect()]
    for expected in 1...2 {
      while !monitor.take() { loop.rest(milliseconds: 1) }
      monitor.send("OK 1\n")
      loop.run { early.count { $0.isOpen } < expected }
    }
    loop.handshakeNanoseconds = 100_000_000
    let late = [try connect(), try connect()]
    loop.run { late.contains { $0.end == nil } }
    #expect(late.allSatisfy { $0.end == .unreachable && !$0.isOpen })
    monitor.hangUp()
    loop.run { early.contains { $0.end == nil } }
  }

  @Test("Where nobody listens, or no socket is: unreachable")
  func nobody() throws {
    let monitor = try MonitorSocket()
    try monitor.folder.write([1], to: "file")
    for path in ["/none", "/file", "", "/vm_1/below"] {
      let loop = try EventLoop(computeThreads: 1)
      let stream = try loop.connect(to: .unix(path: monitor.folder.path + path, port: 1))
      let probe = StreamProbe()
      stream.handler = probe
      loop.run { probe.end == nil }
      #expect(probe.end == .unreachable)
    }
  }

  @Test("Of all bytes the parser takes the lines of numbers below 2^32, and decides in time")
  func replies() throws {
    let byte = Generator<UInt8>.oneOf([.element(of: Array("OK 0123456789\n".utf8)), .integer()])
    let text = Generator<[UInt8]>.oneOf([
      byte.array(count: 0...20),
      Generator<UInt64>.integer().map { Array("OK \($0)\n".utf8) },
      Generator<UInt32>.integer().map { Array("OK \($0)\n".utf8) },
      Generator.tuple(Generator<UInt32>.integer(), byte, .integer(in: 0...14)).map {
        var line = Array("OK \($0)\n".utf8)
        if $2 < line.count { line[$2] = $1 }
        return line
      },
    ])
    try check(
      name: "replies", cases: 3000,
      covering: [RequiredLabel("accepted", share: 0.1), RequiredLabel("refused", share: 0.1)]
    ) { testCase in
      let bytes = try testCase.draw(text, as: "bytes")
      var reply = HybridReply()
      var verdict = HybridReply.Verdict.unfinished
      var taken = 0
      while verdict == .unfinished, taken < bytes.count {
        verdict = reply.receive(bytes[taken])
        taken += 1
      }
      testCase.label("accepted", if: verdict == .accepted)
      testCase.label("refused", if: verdict == .refused)
      try testCase.require(
        verdict != .unfinished || taken < HybridReply.maximumByteCount, "no end in sight")
      // Which lines are right is told here by writing, not by reading.
      let digits = String(decoding: bytes.prefix(taken).dropFirst(3).dropLast(), as: UTF8.self)
      let line = UInt32(digits).map { Array("OK \($0)\n".utf8) }
      try testCase.require((verdict == .accepted) == (line == Array(bytes.prefix(taken))))
    }
  }
}
