import EphemeralAttestation
import EphemeralRuntime
import EphemeralSimulation
import Testing

@testable import EphemeralNitro

/// The parent's end of a heartbeat.
private final class Parent: StreamHandler {
  enum Manner: CaseIterable {
    case echo, other, twice, twoBytes, close, finish, silence
  }

  let manner: Manner
  private(set) var received: [UInt8] = []
  private(set) var connections = 0
  private(set) var ends = 0

  init(_ manner: Manner, at address: Address, of reactor: SimulatedReactor) throws {
    self.manner = manner
    listener = try reactor.listen(at: address) { [unowned self] stream in
      connections += 1
      stream.handler = self
      if manner == .close { stream.close() }
    }
  }

  private var listener: (any StreamListener)?

  func streamOpened(_ stream: any ByteStream) {}
  func streamDrained(_ stream: any ByteStream) {}
  func streamPeerFinished(_ stream: any ByteStream) { stream.close() }
  func streamEnded(_ stream: any ByteStream, reason: StreamEnd) { ends += 1 }

  func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
    for at in bytes.indices { received.append(bytes[at]) }
    switch manner {
    case .echo: stream.write([0xb7])
    case .other: stream.write([0xb6])
    case .twice, .twoBytes: stream.write([0xb7, 0xb7])
    case .close: break
    case .finish: stream.finishWriting()
    case .silence: break
    }
  }
}

@Suite("Before serving")
struct ServingTests {
  private static let address = Address.vsock(cid: 3, port: 9000)

  private func options(
    _ arguments: [String], whole: Bool = true
  ) throws -> NitroServeOptions {
    let program = EnclaveProgram(NitroEnclave(isWholeUserSpace: whole).platform).specification
    let line = ["serve", "--listen", "vsock://any:7100"] + arguments
    guard case .run(let command) = try CommandLineParser(program).parse(line) else {
      throw HeartbeatError.late
    }
    return try NitroServeOptions(command, sendsHeartbeat: whole)
  }

  @Test("The parent gets the byte, gives it back, and sees the connection end")
  func heartbeat() throws {
    let reactor = SimulatedReactor(seed: 1, unixSeconds: 0)
    let parent = try Parent(.echo, at: Self.address, of: reactor)
    try Heartbeat.send(to: Self.address, over: reactor)
    reactor.run { parent.ends == 0 }
    #expect(parent.received == [0xb7])
    #expect(parent.connections == 1)
    #expect(reactor.nowNanoseconds < Heartbeat.deadlineNanoseconds)
  }

  @Test("Another answer, an end and silence are told apart")
  func failures() throws {
    let expected: [(Parent.Manner, HeartbeatError)] = [
      (.other, .wrongAnswer), (.twice, .wrongAnswer), (.twoBytes, .wrongAnswer),
      (.close, .noAnswer), (.finish, .noAnswer), (.silence, .late),
    ]
    for (manner, error) in expected {
      let reactor = SimulatedReactor(seed: 1, unixSeconds: 0)
      let parent = try Parent(manner, at: Self.address, of: reactor)
      #expect(throws: error) { try Heartbeat.send(to: Self.address, over: reactor) }
      #expect(reactor.nowNanoseconds <= Heartbeat.deadlineNanoseconds + 1)
      withExtendedLifetime(parent) {}
    }
    let reactor = SimulatedReactor(seed: 1, unixSeconds: 0)
    #expect(throws: HeartbeatError.unreachable) {
      try Heartbeat.send(to: Self.address, over: reactor)
    }
    #expect(Set(HeartbeatError.allCases.map { "\($0.message)" }).count == 4)
  }

  @Test("Over real sockets too")
  func sockets() throws {
    let loop = try EventLoop(computeThreads: 1)
    let echo = EchoHandler()
    let listener = try loop.listen(at: .tcp(.loopback, port: 0)) { $0.handler = echo }
    try Heartbeat.send(to: listener.address, over: loop)
    #expect(echo.received == [0xb7])
    listener.close()
  }

  private final class EchoHandler: StreamHandler {
    private(set) var received: [UInt8] = []
    func streamOpened(_ stream: any ByteStream) {}
    func streamDrained(_ stream: any ByteStream) {}
    func streamPeerFinished(_ stream: any ByteStream) { stream.close() }
    func streamEnded(_ stream: any ByteStream, reason: StreamEnd) {}
    func stream(_ stream: any ByteStream, received bytes: Span<UInt8>) {
      for at in bytes.indices { received.append(bytes[at]) }
      stream.write(received)
    }
  }

  @Test("By default an image's heartbeat goes to AWS's parent, and an ordinary program sends none")
  func defaults() throws {
    #expect(try options([]).heartbeat == Self.address)
    #expect(try options([], whole: false).heartbeat == nil)
    #expect(try options(["--heartbeat", "none"]).heartbeat == nil)
    #expect(try options(["--parent", "2"]).heartbeat == .vsock(cid: 2, port: 9000))
    #expect(
      try options(["--parent=4", "--heartbeat=1"], whole: false).heartbeat
        == .vsock(cid: 4, port: 1))
    #expect(try options([]).policyDigest == nil)
    #expect(
      try options(["--policy-digest", String(repeating: "aB", count: 48)]).policyDigest
        == [UInt8](repeating: 0xab, count: 48))
  }

  @Test(
    "Values that make no sense are usage errors",
    arguments: [
      ["--parent", "x"], ["--parent", "4294967296"], ["--heartbeat", "0"], ["--heartbeat", "None"],
      ["--heartbeat=-1"], ["--heartbeat="], ["--policy-digest", "ab"], ["--policy-digest", ""],
      ["--policy-digest", String(repeating: "g", count: 96)],
      ["--policy-digest", String(repeating: "a", count: 97)],
    ])
  func usage(arguments: [String]) {
    let failure = #expect(throws: ServerFailure.self) { try options(arguments) }
    #expect(failure?.exitCode == .usage)
  }

  @Test("Measuring takes no option of serving")
  func measure() {
    let program = EnclaveProgram(NitroEnclave(isWholeUserSpace: false).platform).specification
    for option in NitroServeOptions.specifications {
      #expect(throws: UsageError.self) {
        try CommandLineParser(program).parse(["measure", option.name, "1"])
      }
    }
  }

  @Test("The register is bound before the parent is told, and nothing follows a failure")
  func order() throws {
    let reactor = SimulatedReactor(seed: 1, unixSeconds: 0)
    let parent = try Parent(.echo, at: Self.address, of: reactor)
    let options = try options(["--policy-digest", String(repeating: "00", count: 48)])
    let locked = ScriptedDevice(
      .describePCR(locked: true, value: [UInt8](repeating: 0, count: 48)))
    let failure = #expect(throws: ServerFailure.self) {
      try options.prepare(NSMClient(locked), over: reactor)
    }
    #expect(failure == ServerFailure("PCR16: the register is locked"))
    #expect(parent.connections == 0)
  }

  @Test("A heartbeat that fails ends the program as the peer's fault")
  func fatal() throws {
    let reactor = SimulatedReactor(seed: 1, unixSeconds: 0)
    let options = try options([])
    let failure = #expect(throws: ServerFailure.self) {
      try options.prepare(NSMClient(ScriptedDevice()), over: reactor)
    }
    #expect(failure?.exitCode == .peer)
    #expect(failure?.message == "vsock://3:9000: the parent takes no heartbeat")
  }

  @Test("The policy that is printed pins PCR8 where the image is signed")
  func policy() throws {
    func answer(_ byte: UInt8) -> NSMResponse {
      .describePCR(locked: true, value: [UInt8](repeating: byte, count: 48))
    }
    let unsigned = try NitroEnclave.policy(
      of: ScriptedDevice(answer(0), answer(1), answer(2), answer(3)))
    #expect(unsigned.contains(String(repeating: "01", count: 48)))
    #expect(!unsigned.contains("pcr8"))
    let signed = try NitroEnclave.policy(
      of: ScriptedDevice(answer(8), answer(1), answer(2), answer(3)))
    #expect(signed.contains("pcr8"))
    #expect(signed.contains(String(repeating: "08", count: 48)))
    #expect(throws: ServerFailure("this enclave runs in debug mode: there is nothing to pin")) {
      try NitroEnclave.policy(of: ScriptedDevice(answer(0), answer(0), answer(0), answer(0)))
    }
    #expect(throws: ServerFailure.self) { try NitroEnclave.policy(of: ScriptedDevice()) }
  }
}
