import EphemeralCrypto
import EphemeralDecompose
import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import Foundation
import Glibc
import Testing

@testable import EphemeralClient

/// An enclave that scans its own memory, a host, and a client inside the test with a planted model.
final class ScannedWorld {
  /// What differs from test to test.
  struct Options {
    var lifetime = LifetimePolicy.standard
    var isInterpreted = false
    var enclave: [String] = []
  }

  let model: PlantedModel
  let lobby: Lobby
  let run: ClientRun
  private let folder: TemporaryFolder
  private let trace: EnclaveTrace
  private var report: String { folder.file("scans") }

  /// Starts the servers and a session, which is not ready yet.
  init(_ options: Options = Options()) throws {
    folder = try TemporaryFolder()
    model = PlantedModel(
      seed: UInt64.random(in: .min ... .max), isInterpreted: options.isInterpreted)
    try FileAccess.write(model.onnx, to: folder.file("planted.onnx"))
    var decomposition = DecomposeOptions()
    decomposition.lifetime = options.lifetime
    let made = try Decomposer.decompose(
      model: folder.file("planted.onnx"), to: folder.file("planted"), options: decomposition)
    let key = try TopologyFile.read(made.topologyPath, passphraseFile: nil)
    let blobKey = key.blobKey.withSpan { span in span.indices.map { span[$0] } }
    let canaries = model.canaries + [PlantedCanary(name: "blobKey", bytes: blobKey)]
    try FileAccess.write(
      Array(canaries.map(\.maskedLine).joined().utf8), to: folder.file("canaries"))
    lobby = try Lobby(
      Servers.Options(
        enclave: [
          "--scan-memory", folder.file("canaries"), "--scan-report", folder.file("scans"),
        ] + options.enclave))
    trace = EnclaveTrace(path: lobby.servers.trace)
    _ = try lobby.driver.push(path: made.blobPath)
    run = try lobby.driver.begin(key, policy: lobby.policy)
  }

  /// Runs the client until a condition holds.
  func wait(until condition: () throws -> Bool) throws {
    let deadline = Moment.now + 60_000_000_000
    while try !condition() {
      guard Moment.now < deadline else { throw ScannedWorldError.late }
      var isOver = false
      _ = lobby.loop.schedule(afterNanoseconds: 1_000_000) { isOver = true }
      lobby.loop.run { !isOver }
    }
  }

  /// Waits until the model is assembled.
  func becomeReady() throws {
    try wait { run.isReady || run.outcome != nil }
    try #require(run.isReady, "\(String(describing: run.outcome))")
  }

  /// Sends a request and returns at once.
  func ask(rows: Int = 2) throws {
    run.send(
      try InferenceCoding.request(
        sequence: try #require(run.nextSequence), inputs: try model.inputs(rows: rows)))
  }

  /// Sends a request and takes the answer.
  func askAndTake() throws {
    try ask()
    try wait { run.hasResult || run.outcome != nil }
    let outputs = try run.takeResult().response.withSpan { try InferenceCoding.outputs(in: $0) }
    let z = try #require(outputs.first { $0.name == "z" })
    let output = try #require(model.canaries.first { $0.name == "output" })
    #expect(Array(z.value.bytes[64..<128]) == output.bytes)
  }

  /// Waits until the enclave's machine has been in a state.
  func waitForState(_ state: EnclaveState) throws {
    try wait {
      trace.update()
      return trace.steps.values.contains { steps in steps.contains { $0.next == state } }
    }
  }

  /// The states in which the enclave heard a message.
  func states(at message: EnclaveMessage) -> [EnclaveState] {
    trace.update()
    return trace.steps.values.flatMap { $0 }.filter { $0.message == message }.map(\.state)
  }

  /// Ends the client's connection without a word, as if its machine had lost its power.
  func cutOff() throws {
    guard case .tcp(_, let port) = try Address(lobby.servers.hostPlace) else {
      throw ScannedWorldError.address
    }
    var count = 0
    for descriptor: Int32 in 3..<4096 {
      var peer = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let known = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getpeername(descriptor, $0, &length)
        }
      }
      guard known == 0, peer.sin_family == sa_family_t(AF_INET),
        UInt16(bigEndian: peer.sin_port) == port
      else { continue }
      shutdown(descriptor, Int32(SHUT_RDWR))
      count += 1
    }
    try #require(count == 1)
  }

  /// The scans so far.
  func scans() throws -> [ScanReport] { try ScanReport.read(report) }

  /// The scan at a point, which may be still to come.
  func scan(at point: String) throws -> ScanReport {
    try wait { try scans().contains { $0.point == point } }
    return try #require(try scans().first { $0.point == point })
  }
}

enum ScannedWorldError: Error {
  case late
  case address
}
