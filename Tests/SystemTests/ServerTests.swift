import EphemeralRuntime
import EphemeralSession
import EphemeralWire
import Foundation
import Glibc
import Testing

@testable import EphemeralClient

/// How the servers end, and what frames of an earlier session are worth to them.
@Suite("Servers")
struct ServerTests {
  @Test(
    "A signal ends a server cleanly: sessions are told, wiped and logged",
    arguments: ["ephml-enclave", "ephml-host"], [SIGTERM, SIGINT])
  func signals(program: String, signal: Int32) throws {
    let lobby = try Lobby()
    let models = [
      Perceptron(seed: 1, width: 16, depth: 1), Perceptron(seed: 2, width: 128, depth: 16),
    ]
    let guests = try models.enumerated().map { number, model in
      try Guest(number: UInt64(number), model: model, in: lobby)
    }
    for guest in guests { try guest.begin(in: lobby) }
    lobby.wait { guests.contains { $0.isOnTheWay } }
    try #require(guests.allSatisfy { $0.isReady })
    // One session is idle, one has a request under way.
    try guests[1].ask(0)
    let server = program == "ephml-host" ? lobby.servers.host : lobby.servers.enclave
    let began = Moment.now
    kill(server.processID, signal)
    lobby.wait { guests.contains { $0.run?.outcome == nil } }
    #expect(server.wait(timeoutMilliseconds: 10_000) == 0, "\(server.allErrors)")
    #expect(Moment.now - began < 5_000_000_000)
    for guest in guests {
      let run = try #require(guest.run)
      #expect(run.error == .aborted(.cancelled, authenticated: program == "ephml-enclave"))
      let session = try #require(run.sessionID)
      // An enclave whose host went away wipes a moment after that.
      var events: [String] = []
      for _ in 0..<500 {
        events = try Lobby.events(in: lobby.servers.enclaveAudit, session: session)
        if events.last == "wiped" { break }
        usleep(10_000)
      }
      #expect(events.suffix(2) == ["aborted", "wiped"], "\(events)")
    }
    let log =
      program == "ephml-host" ? lobby.servers.hostAudit : lobby.servers.enclaveAudit
    let events = try Lobby.events(in: log, session: nil)
    #expect(events.first == "started" && events.last == "stopped", "\(events)")
    let audit = try Run.client("audit", log, in: lobby.servers.folder)
    #expect(audit.exitCode == 0, "\(audit.errors)")
  }

  @Test("Without an enclave the host says so; with one again it works")
  func unreachable() throws {
    let lobby = try Lobby(Servers.Options(comesBack: true))
    let folder = lobby.servers.folder
    let guest = try Guest(number: 1, model: Perceptron(seed: 1, width: 8, depth: 1), in: lobby)
    try FileAccess.write(
      NumPyFormat.encode(guest.model.input(seed: 1)), to: folder.file("x.npy"))
    let arguments = lobby.servers.inferArguments(
      topology: guest.topology, input: "x=" + folder.file("x.npy"))
    lobby.servers.enclave.kill()
    let failed = try Run.toEnd("ephml-client", arguments, in: folder)
    #expect(failed.exitCode == 4)
    #expect(try failed.onlyError().contains("enclaveUnreachable"), "\(failed.errors)")
    try lobby.servers.restartEnclave()
    let run = try Run.toEnd("ephml-client", arguments, in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
  }

  /// A session through a relay that keeps its frames.
  private func record(_ lobby: Lobby, _ guest: Guest) throws -> (
    forward: [[UInt8]], backward: [[UInt8]]
  ) {
    let relay = try RecordingRelay(to: lobby.servers.address)
    let driver = ClientDriver(reactor: lobby.loop, host: try Address(relay.address))
    let key = try TopologyFile.read(guest.topology, passphraseFile: nil)
    let run = try driver.open(key, policy: lobby.policy)
    _ = try run.infer(
      try InferenceCoding.request(
        sequence: 0, inputs: [NamedTensor(name: "x", value: guest.model.input(seed: 1))]))
    _ = try run.close()
    relay.stop()
    func frames(_ direction: RecordingRelay.Direction) -> [[UInt8]] {
      relay.recording.filter { $0.direction == direction }.flatMap { stream in
        stream.frames.map { Array(stream.bytes[$0.range]) }
      }
    }
    return (frames(.forward), frames(.backward))
  }

  private func port(_ address: String) throws -> UInt16 {
    try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
  }

  /// Reads one frame; nil at the end.
  private static func frame(_ descriptor: Int32) -> [UInt8]? {
    guard let head = LoopbackSocket.read(descriptor, count: 5) else { return nil }
    let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard let payload = LoopbackSocket.read(descriptor, count: length) else { return nil }
    return head + payload
  }

  @Test("A client's frames of an earlier session open no key exchange")
  func replayToEnclave() throws {
    let lobby = try Lobby()
    let guest = try Guest(number: 1, model: Perceptron(seed: 1, width: 8, depth: 1), in: lobby)
    let (sent, received) = try record(lobby, guest)
    #expect(sent.map { $0[4] } == [0x01, 0x03, 0x04, 0x04, 0x04])
    let descriptor = try #require(LoopbackSocket.connect(port: try port(lobby.servers.address)))
    defer { LoopbackSocket.close(descriptor) }
    #expect(LoopbackSocket.write(descriptor, sent[0]))
    let evidence = try #require(Self.frame(descriptor))
    #expect(evidence[4] == FrameType.evidence.rawValue)
    #expect(evidence != received[0])
    for frame in sent.dropFirst() { _ = LoopbackSocket.write(descriptor, frame) }
    let answer = try #require(Self.frame(descriptor))
    let abort = Frame(type: .abort, payload: Abort(code: .keyExchangeFailed).encoded())
    #expect(answer[4] == abort.type.rawValue)
    #expect(Array(answer.dropFirst(5)) == abort.payload)
    #expect(Self.frame(descriptor) == nil)
  }

  @Test("An enclave's frames of an earlier session do not satisfy a client: its nonce is missing")
  func replayToClient() throws {
    let lobby = try Lobby()
    let folder = lobby.servers.folder
    let guest = try Guest(number: 1, model: Perceptron(seed: 1, width: 8, depth: 1), in: lobby)
    let (_, received) = try record(lobby, guest)
    try FileAccess.write(
      NumPyFormat.encode(guest.model.input(seed: 1)), to: folder.file("x.npy"))
    let (listener, ownPort) = try LoopbackSocket.listen()
    defer { LoopbackSocket.close(listener) }
    Thread.detachNewThread {
      let client = LoopbackSocket.acceptOne(listener)
      guard client >= 0, Self.frame(client) != nil else { return }
      for frame in received { _ = LoopbackSocket.write(client, frame) }
      while Self.frame(client) != nil {}
      LoopbackSocket.close(client)
    }
    let address = "tcp://127.0.0.1:\(ownPort)"
    let run = try Run.client(
      "infer", "--host", address, "--topology", guest.topology, "--policy",
      lobby.servers.policy, "--input", "x=" + folder.file("x.npy"), in: folder)
    #expect(run.exitCode == 3, "\(run.errors)")
    let line = try run.onlyError()
    #expect(line.contains(address) && line.contains("nonce"), "\(line)")
  }
}
