import EphemeralAttestation
import EphemeralCrypto
import EphemeralDecompose
import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import Foundation
import Testing

@testable import EphemeralClient

/// A client inside the test that holds its session open.
final class Guest {
  let model: Perceptron
  /// The path of its topology key.
  let topology: String
  private let inputs: [TensorValue]
  private(set) var run: ClientRun?

  /// Decomposes a model of the guest's own and gives its blob to the host.
  init(number: UInt64, model: Perceptron, in lobby: Lobby) throws {
    self.model = model
    inputs = (0..<2).map { model.input(seed: number &* 2 &+ $0) }
    let name = lobby.servers.folder.file("guest-\(number)")
    try FileAccess.write(model.onnx, to: name + ".onnx")
    let made = try Decomposer.decompose(model: name + ".onnx", to: name)
    topology = made.topologyPath
    _ = try lobby.driver.push(path: made.blobPath)
  }

  /// Begins a session and returns at once.
  func begin(in lobby: Lobby) throws {
    let key = try TopologyFile.read(topology, passphraseFile: nil)
    run = try lobby.driver.begin(key, policy: lobby.policy)
  }

  /// Whether its session still needs time to become ready.
  var isOnTheWay: Bool { run.map { !$0.isReady && $0.outcome == nil } ?? false }

  var isReady: Bool { run?.isReady ?? false }

  /// Sends one of its inputs and returns at once.
  func ask(_ index: Int) throws {
    let run = try #require(run)
    run.send(
      try InferenceCoding.request(
        sequence: try #require(run.nextSequence),
        inputs: [NamedTensor(name: "x", value: inputs[index])]))
  }

  /// The answer that came.
  func takeAnswer() throws -> TensorValue {
    let outcome = try #require(run).takeResult()
    let outputs = try outcome.response.withSpan { try InferenceCoding.outputs(in: $0) }
    #expect(outputs.map(\.name) == ["y"])
    return try #require(outputs.first).value
  }

  /// The right answer to one of its inputs.
  func rightAnswer(_ index: Int) -> [Double] { model.answer(inputs[index]) }
}

/// What guests share: the servers, a loop, a driver.
final class Lobby {
  let servers: Servers
  let loop: EventLoop
  let driver: ClientDriver
  let policy: MeasurementPolicy

  init(_ options: Servers.Options = Servers.Options()) throws {
    servers = try Servers(options)
    loop = try EventLoop(computeThreads: 1, blockingThreads: 1)
    driver = ClientDriver(reactor: loop, host: try Address(servers.address))
    policy = try PolicyFile.read(servers.policy)
  }

  /// Runs the loop while a condition holds, at most so long; tells whether it ended in time.
  @discardableResult
  func wait(seconds: UInt64 = 60, while condition: @escaping () -> Bool) -> Bool {
    var isLate = false
    let timer = loop.schedule(afterNanoseconds: seconds * 1_000_000_000) { isLate = true }
    loop.run { !isLate && condition() }
    loop.cancel(timer)
    return !isLate
  }

  /// The events that an audit log holds about a session, or about none.
  static func events(in path: String, session: [UInt8]?) throws -> [String] {
    let log = try FileAccess.read(path, maximum: 1 << 24)
    let name = session.map { JSONValue.string(Hexadecimal.encode($0)) }
    return try String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line in
      let record = try JSONParser.parse(Array(line.utf8))
      guard record["session"] == name, case .string(let event)? = record["event"] else {
        return nil
      }
      return event
    }
  }
}
