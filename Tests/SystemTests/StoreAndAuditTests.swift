import EphemeralRuntime
import Testing

@testable import EphemeralClient

@Suite("Pushing and auditing")
struct StoreAndAuditTests {
  @Test("A push goes on where an interrupted one stopped")
  func resume() throws {
    let processes = try ThreeProcesses(pushes: false)
    let folder = processes.folder
    let blob = try FileAccess.read(processes.blob, maximum: 1 << 20)
    let inspected = try Run.client("inspect", processes.topology, "--json", in: folder).json()
    guard case .string(let name)? = inspected["blob"] else {
      Issue.record("inspect names no blob")
      return
    }
    let partial = folder.file("store/partial/\(name).part")
    try FileAccess.write(Array(blob[..<20_000]), to: partial, mode: 0o600)
    let run = try Run.client(
      "push", "--host", processes.address, processes.blob, "--json", in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(
      try run.json()
        == .members([
          "blobID": .string(name), "bytes": .integer(blob.count),
          "sentBytes": .integer(blob.count - 20_000),
        ]))
    let answer = try processes.infer("image=" + Fixtures.path("digits-images.npy"))
    #expect(answer.exitCode == 0, "\(answer.errors)")
  }

  @Test("A wrong beginning in the store is found out and pushed anew")
  func wrongBeginning() throws {
    let processes = try ThreeProcesses(pushes: false)
    let folder = processes.folder
    let inspected = try Run.client("inspect", processes.topology, "--json", in: folder).json()
    guard case .string(let name)? = inspected["blob"] else {
      Issue.record("inspect names no blob")
      return
    }
    let wrong = [UInt8](repeating: 7, count: 20_000)
    try FileAccess.write(
      wrong, to: folder.file("store/partial/\(name).part"), mode: 0o600)
    let run = try Run.client("push", "--host", processes.address, processes.blob, in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    let answer = try processes.infer("image=" + Fixtures.path("digits-images.npy"))
    #expect(answer.exitCode == 0, "\(answer.errors)")
  }

  @Test("Both sides' audit logs are whole, name the events, and show a change")
  func audit() throws {
    let processes = try ThreeProcesses()
    let folder = processes.folder
    let answer = try processes.infer("image=" + Fixtures.path("digits-images.npy"))
    #expect(answer.exitCode == 0, "\(answer.errors)")
    processes.host.terminate()
    processes.enclave.terminate()
    for (path, events) in [
      (
        processes.servers.enclaveAudit,
        ["evidenceAsked", "keysConfirmed", "assembled", "inferred", "wiped"]
      ),
      (processes.servers.hostAudit, ["blobStored", "blobServed"]),
    ] {
      let run = try Run.client("audit", path, "--json", in: folder)
      #expect(run.exitCode == 0, "\(run.output) \(run.errors)")
      #expect(try run.json()["intact"] == .bool(true))
      for event in events {
        #expect(try run.json()["events"]?[event] == .integer(1), "\(event): \(run.output)")
      }
      var bytes = try FileAccess.read(path, maximum: 1 << 20)
      #expect(!String(decoding: bytes, as: UTF8.self).contains("digits"))
      let lines = bytes.split(separator: UInt8(ascii: "\n"))
      let without = lines.dropFirst(2).reduce(Array(lines[0]) + [10]) { $0 + Array($1) + [10] }
      let cut = folder.file("cut")
      try FileAccess.write(without, to: cut)
      let missing = try Run.client("audit", cut, in: folder)
      #expect(missing.exitCode == 1)
      #expect(missing.output.contains("BROKEN: \(cut): line 2: "))
      if let at = bytes.indices.first(where: { bytes[$0...].starts(with: "started".utf8) }) {
        bytes.replaceSubrange(at..<at + 7, with: "stopped".utf8)
      }
      try FileAccess.write(bytes, to: cut)
      #expect(try Run.client("audit", cut, in: folder).exitCode == 1)
    }
  }
}
