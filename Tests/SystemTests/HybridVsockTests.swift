import EphemeralRuntime
import EphemeralSession
import Foundation
import Glibc
import Testing

@testable import EphemeralClient

/// The three programs over hybrid vsock (`Spec/Protocol.md` §15.3).
@Suite("Hybrid vsock between processes")
struct HybridVsockTests {
  private func lobby() throws -> Lobby { try Lobby(Servers.Options(isHybrid: true)) }

  private func arguments(_ guest: Guest, in lobby: Lobby) throws -> [String] {
    let input = lobby.servers.folder.file("x.npy")
    try FileAccess.write(NumPyFormat.encode(guest.model.input(seed: 1)), to: input)
    return lobby.servers.inferArguments(
      topology: guest.topology, input: "x=" + input,
      ["--output", lobby.servers.folder.file("output")])
  }

  @Test("Sessions at once get their own right answers, and every one is wiped")
  func sessions() throws {
    let lobby = try lobby()
    // The second has more weights than one frame, and than one write may have.
    let models = [
      Perceptron(seed: 1, width: 16, depth: 1), Perceptron(seed: 2, width: 512, depth: 3),
    ]
    let guests = try models.enumerated().map { number, model in
      try Guest(number: UInt64(number), model: model, in: lobby)
    }
    for guest in guests { try guest.begin(in: lobby) }
    lobby.wait { guests.contains { $0.isOnTheWay } }
    try #require(guests.allSatisfy { $0.isReady })
    for index in 0..<2 {
      for guest in guests { try guest.ask(index) }
      lobby.wait { guests.contains { $0.run?.hasResult == false && $0.run?.outcome == nil } }
      for guest in guests {
        #expect(try guest.takeAnswer().isClose(to: guest.rightAnswer(index)))
      }
    }
    for guest in guests { guest.run?.finish() }
    lobby.wait { guests.contains { $0.run?.outcome == nil } }
    for guest in guests {
      #expect(guest.run?.outcome == .completed)
      #expect(guest.run?.wipeReport != nil)
    }
    let run = try Run.toEnd(
      "ephml-client", try arguments(guests[1], in: lobby), in: lobby.servers.folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    let records = lobby.servers.monitors.map(\.record)
    #expect(records.map(\.faults) == [[], []])
    // A session each for two guests and a program; towards the host also two pushes.
    #expect(records.map(\.joined) == [3, 5])
  }

  @Test("A killed enclave's socket is replaced; a stopped server's is gone")
  func restart() throws {
    let lobby = try lobby()
    let folder = lobby.servers.folder
    let guest = try Guest(number: 1, model: Perceptron(seed: 1, width: 8, depth: 1), in: lobby)
    let arguments = try arguments(guest, in: lobby)
    lobby.servers.enclave.kill()
    let failed = try Run.toEnd("ephml-client", arguments, in: folder)
    #expect(failed.exitCode == 4)
    #expect(try failed.onlyError().contains("enclaveUnreachable"), "\(failed.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.file("enclave_7100")))
    try lobby.servers.restartEnclave()
    let run = try Run.toEnd("ephml-client", arguments, in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    for (server, file) in [
      (lobby.servers.host, "host_7100"), (lobby.servers.enclave, "enclave_7100"),
    ] {
      kill(server.processID, SIGTERM)
      #expect(server.wait(timeoutMilliseconds: 10_000) == 0, "\(server.allErrors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file(file)))
    }
  }

  @Test("A client without a monitor, and one at a socket that is no monitor's")
  func noMonitor() throws {
    let lobby = try lobby()
    let guest = try Guest(number: 1, model: Perceptron(seed: 1, width: 8, depth: 1), in: lobby)
    var arguments = try arguments(guest, in: lobby)
    // The host's own socket speaks the session's protocol and answers no CONNECT.
    for path in [lobby.servers.folder.file("none"), lobby.servers.folder.file("host_7100")] {
      arguments[2] = "unix:\(path):7100"
      let run = try Run.toEnd("ephml-client", arguments, in: lobby.servers.folder)
      #expect(run.exitCode == 4, "\(run.errors)")
      #expect(try run.onlyError().contains(arguments[2]), "\(run.errors)")
    }
  }

  @Test(
    "Addresses that cannot be",
    arguments: [
      (["--listen", "unix:/run/vm:0", "--enclave", "unix:/run/vm:1"], "--listen: a unix address"),
      (["--listen", "unix::1", "--enclave", "unix:/run/vm:1"], "--listen: the path"),
      (
        ["--listen", "tcp://127.0.0.1:0", "--enclave", "vsock://any:1"], "--enclave: one can listen"
      ),
      (["--listen", "tcp://127.0.0.1:0", "--enclave", "vm.vsock"], "unix:/run/vm.vsock:7100"),
    ])
  func refusals(addresses: [String], words: String) throws {
    let folder = try TemporaryFolder()
    let run = try Run.toEnd(
      "ephml-host", ["serve", "--store", folder.file("store")] + addresses, in: folder)
    #expect(run.exitCode == 2)
    #expect(try run.onlyError().contains(words), "\(run.errors)")
  }
}
