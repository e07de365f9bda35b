import EphemeralModel
import EphemeralRuntime
import Foundation
import Glibc
import TestSupport
import Testing

@testable import EphemeralClient

/// Kill −9 of one of the three processes, at moments that a seed chooses, in all phases.
@Suite("Kill -9 at any moment")
struct KillTests {
  @Test(
    "The survivors say so in time, and the next session works without a restart of them",
    arguments: Victim.allCases)
  func kill(_ victim: Victim) throws {
    let campaign = try KillCampaign(victim)
    try campaign.run()
  }

  @Test("A push that a kill interrupted goes on afterwards", arguments: [Victim.host, .client])
  func killPush(_ victim: Victim) throws {
    let servers = try Servers(Servers.Options(comesBack: true))
    let folder = servers.folder
    let table = Table()
    try FileAccess.write(table.onnx, to: folder.file("table.onnx"))
    try FileAccess.write(NumPyFormat.encode(table.input), to: folder.file("x.npy"))
    var generator = SeededGenerator(seed: KillCampaign.seed)
    var interrupted = 0
    for round in 0..<8 {
      // Sealed under a new key, the same model is a new blob.
      let name = folder.file("m\(round)")
      let made = try Run.client("decompose", folder.file("table.onnx"), "--out", name, in: folder)
      try #require(made.exitCode == 0, "\(made.errors)")
      let push = ["push", "--host", servers.address, name + ".ephw", "--json"]
      let client = try Run.start("ephml-client", push, in: folder)
      usleep(UInt32.random(in: 0..<150_000, using: &generator))
      if victim == .host { servers.host.kill() } else { client.kill() }
      let end = Run.finish(client, patience: 10_000)
      if end.exitCode != 0 { interrupted += 1 }
      if victim == .host {
        #expect(end.exitCode == 0 || end.exitCode == 4, "round \(round): \(end.errors)")
        if end.exitCode == 4 { _ = try end.onlyError() }
        try servers.restartHost()
      }
      let again = try Run.toEnd("ephml-client", push, in: folder)
      try #require(again.exitCode == 0, "round \(round): \(again.errors)")
      let run = try Run.toEnd(
        "ephml-client",
        servers.inferArguments(
          topology: name + ".ephk", input: "x=" + folder.file("x.npy"),
          ["--output", folder.file("out")]), in: folder)
      try #require(run.exitCode == 0, "round \(round): \(run.errors)")
      let output = try NumPyFormat.decode(
        try FileAccess.read(folder.file("out/y.npy"), maximum: 1 << 20))
      #expect(output.floats == table.answer, "round \(round)")
    }
    #expect(interrupted > 0)
  }
}

/// A big model that is quick to make and to check: rows looked up in a table of 8 MiB.
private struct Table {
  private static let columns = 16
  private static let rows = 1 << 17
  /// The table's rows repeat after these.
  private let block: [[Float]]
  private let indices = [0, 1, 77, 4095, 70_000, rows - 1]

  init() {
    var generator = SeededGenerator(seed: 3)
    block = (0..<61).map { _ in (0..<Self.columns).map { _ in generator.unit() } }
  }

  var onnx: [UInt8] {
    let pieces = block.map(ONNX.bytes)
    var bytes: [UInt8] = []
    for row in 0..<Self.rows { bytes += pieces[row % pieces.count] }
    return ONNX.model(
      graph: ONNX.graph(
        nodes: [ONNX.node("Gather", ["w", "x"], ["y"])],
        initializers: [
          ONNX.tensor("w", shape: [Self.rows, Self.columns]) { $0.field(9, bytes: bytes) }
        ],
        inputs: [ONNX.value("x", type: 7, shape: [nil])],
        outputs: [ONNX.value("y", shape: [nil, Self.columns])]))
  }

  var input: TensorValue {
    let bytes = indices.flatMap { index in
      (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
    }
    guard let value = TensorValue(elementType: .int64, shape: [indices.count], bytes: bytes) else {
      preconditionFailure("eight bytes a number")
    }
    return value
  }

  var answer: [Float] { indices.flatMap { block[$0 % block.count] } }
}
