import EphemeralModel
import EphemeralRuntime
import Testing

@testable import EphemeralClient

/// Servers that trace, a model on the host, and the traces' places.
final class TracedSessions {
  let lobby: Lobby
  let guest: Guest
  var folder: TemporaryFolder { lobby.servers.folder }
  /// Where the client processes trace.
  var clientTrace: String { folder.file("client.trace") }
  /// Where the guest's sessions trace.
  var guestTrace: String { folder.file("guest.trace") }
  private(set) var warnings: [String] = []

  /// - Parameter enclave: further options of `ephml-enclave serve`.
  init(enclave: [String] = []) throws {
    lobby = try Lobby(Servers.Options(enclave: enclave, tracesHost: true))
    guest = try Guest(number: 3, model: Perceptron(seed: 3, width: 8, depth: 2), in: lobby)
    try FileAccess.write(
      NumPyFormat.encode(guest.model.input(seed: 1)), to: folder.file("x.npy"))
    lobby.driver.trace = try TransitionTrace(path: guestTrace) { [unowned self] in
      warnings.append($0)
    }
  }

  /// A whole session of a client process, with one inference.
  func infer(policy: String? = nil, _ more: String...) throws -> ProgramRun {
    try Run.toEnd(
      "ephml-client",
      [
        "infer", "--host", lobby.servers.address, "--topology", guest.topology, "--policy",
        policy ?? lobby.servers.policy, "--input", "x=" + folder.file("x.npy"), "--trace",
        clientTrace,
      ] + more, in: folder)
  }

  /// A client process that only judges the evidence.
  func attest() throws -> ProgramRun {
    try Run.client(
      "attest", "--host", lobby.servers.address, "--policy", lobby.servers.policy, "--trace",
      clientTrace, in: folder)
  }

  /// Opens a session of the guest.
  func open() throws {
    try guest.begin(in: lobby)
    lobby.wait { [guest] in guest.isOnTheWay }
    try #require(guest.isReady)
  }

  /// Asks and checks the answer.
  func ask(_ index: Int) throws {
    try guest.ask(index)
    let run = try #require(guest.run)
    lobby.wait { !run.hasResult && run.outcome == nil }
    #expect(try guest.takeAnswer().isClose(to: guest.rightAnswer(index)))
  }

  /// A policy that pins another enclave.
  func otherPolicy() throws -> String {
    let text = String(
      decoding: try FileAccess.read(lobby.servers.policy, maximum: 1 << 16), as: UTF8.self)
    let digit = try #require(text.firstMatch(of: #/"pcr0": ?"([0-9a-f])/#)).output.1
    let bent = text.replacing(
      #/("pcr0": ?")[0-9a-f]/#, with: { "\($0.1)\(digit == "0" ? "1" : "0")" })
    let path = folder.file("other.json")
    try FileAccess.write(Array(bent.utf8), to: path)
    return path
  }

  /// Stops both servers in order, so that every run of theirs has ended.
  func stop() {
    #expect(lobby.servers.host.terminate() == 0)
    #expect(lobby.servers.enclave.terminate() == 0)
  }

  /// All logs.
  var traces: [String] {
    [clientTrace, guestTrace, lobby.servers.hostTrace, lobby.servers.trace]
  }
}
