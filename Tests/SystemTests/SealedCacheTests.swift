import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

@Suite("Sealed blobs that an enclave keeps")
struct SealedCacheTests {
  private let input = "image=" + Fixtures.path("digits-images.npy")

  /// Takes the blob out of the host's store.
  private func forget(_ processes: ThreeProcesses) throws {
    let store = processes.folder.file("store")
    for name in try FileManager.default.contentsOfDirectory(atPath: store)
    where name.hasSuffix(".ephw") {
      try FileManager.default.removeItem(atPath: store + "/" + name)
    }
  }

  private func events(_ log: String, in processes: ThreeProcesses) throws -> JSONValue? {
    let run = try Run.client("audit", log, "--json", in: processes.folder)
    #expect(run.exitCode == 0, "\(run.output) \(run.errors)")
    return try run.json()["events"]
  }

  @Test("A second session fetches nothing: the host's copy may be gone")
  func secondSession() throws {
    let processes = try ThreeProcesses()
    let first = try processes.infer(input, "--json")
    #expect(first.exitCode == 0, "\(first.errors)")
    try forget(processes)
    let second = try processes.infer(input, "--json")
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(try first.json()["outputs"] == second.json()["outputs"])
    for run in [first, second] {
      let exposure = try #require(try run.json()["exposureMilliseconds"])
      #expect((Double(exposure.text) ?? 0) > 0, "\(exposure.text)")
    }
    processes.host.terminate()
    processes.enclave.terminate()
    #expect(try events(processes.servers.hostAudit, in: processes)?["blobServed"] == .integer(1))
    let enclave = try events(processes.servers.enclaveAudit, in: processes)
    #expect(enclave?["blobKept"] == .integer(1) && enclave?["blobReused"] == .integer(1))
  }

  @Test("Switched off, every session fetches")
  func off() throws {
    let processes = try ThreeProcesses(enclaveOptions: ["--sealed-cache", "0"])
    let first = try processes.infer(input)
    #expect(first.exitCode == 0, "\(first.errors)")
    try forget(processes)
    let second = try processes.infer(input)
    #expect(second.exitCode == 4)
    #expect(try second.onlyError().contains("weightsUnavailable"), "\(second.errors)")
  }
}
