import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// The client of a Production build against a mock enclave.
@Suite("A production client and mock evidence")
struct ProductionTests {
  private static let client = (Need.variable("EPHML_PRODUCTION_BINARIES") ?? "") + "/ephml-client"
  static let shouldRun = Need(
    FileManager.default.isExecutableFile(atPath: client),
    "NO PRODUCTION BUILD: EPHML_PRODUCTION_BINARIES names no folder with ephml-client"
  ).runs

  private func production(
    _ arguments: [String], in folder: TemporaryFolder
  ) throws -> ProgramRun {
    Run.finish(
      try ChildProcess(
        executable: Self.client, arguments: arguments, errorFile: folder.file("production.log")))
  }

  @Test(
    "A document of a mock enclave is refused, whatever roots the policy names",
    .enabled(if: shouldRun))
  func document() throws {
    let lobby = try Lobby()
    let folder = lobby.servers.folder
    let document = folder.file("evidence.bin")
    try FileAccess.write(try lobby.driver.attest(policy: lobby.policy).document, to: document)
    let named = try FileAccess.read(lobby.servers.policy, maximum: 1 << 16)
    #expect(String(decoding: named, as: UTF8.self).contains("\"roots\""))
    let arguments = [
      "attest", "--document", document, "--policy", lobby.servers.policy, "--json",
    ]
    // What a development build accepts under this policy,
    let development = try Run.toEnd("ephml-client", arguments, in: folder)
    #expect(development.exitCode == 0, "\(development.errors)")
    #expect(try development.json()["verdict"] == .string("accepted"))
    // a production build refuses, because of the mock certificates and of nothing else.
    let refused = try production(arguments, in: folder)
    #expect(refused.exitCode == 3, "\(refused.errors)")
    let report = try refused.json()
    #expect(report["verdict"] == .string("refused"))
    #expect(report["failed"] == .array([.string("mockEvidence")]))
    let unpinned = try production(
      ["attest", "--document", document, "--json"], in: folder)
    #expect(unpinned.exitCode == 3)
  }

  @Test("A production enclave keeps no trace of its sessions", .enabled(if: shouldRun))
  func trace() throws {
    let folder = try TemporaryFolder()
    let run = Run.finish(
      try ChildProcess(
        executable: (Self.client as NSString).deletingLastPathComponent + "/ephml-enclave",
        arguments: ["serve", "--listen", "vsock://any:7100", "--trace", folder.file("trace")],
        errorFile: folder.file("enclave.log")))
    #expect(run.exitCode == 2)
    #expect(try run.onlyError().contains("--trace is for development"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("trace")))
  }

  @Test("A production enclave knows no scan of its memory", .enabled(if: shouldRun))
  func scan() throws {
    let folder = try TemporaryFolder()
    let run = Run.finish(
      try ChildProcess(
        executable: (Self.client as NSString).deletingLastPathComponent + "/ephml-enclave",
        arguments: [
          "serve", "--listen", "vsock://any:7100", "--scan-memory", folder.file("canaries"),
        ],
        errorFile: folder.file("enclave.log")))
    #expect(run.exitCode == 2)
    #expect(run.errors.contains("--scan-memory"))
  }

  @Test("A session with a mock enclave is refused before any key exchange", .enabled(if: shouldRun))
  func session() throws {
    let lobby = try Lobby()
    let folder = lobby.servers.folder
    let guest = try Guest(number: 1, model: Perceptron(seed: 1, width: 8, depth: 1), in: lobby)
    try FileAccess.write(
      NumPyFormat.encode(guest.model.input(seed: 1)), to: folder.file("x.npy"))
    let arguments = lobby.servers.inferArguments(
      topology: guest.topology, input: "x=" + folder.file("x.npy"))
    let refused = try production(arguments, in: folder)
    #expect(refused.exitCode == 3, "\(refused.errors)")
    #expect(refused.output == "")
    #expect(try refused.onlyError().contains("mockEvidence"))
    let log = try FileAccess.read(lobby.servers.enclaveAudit, maximum: 1 << 20)
    #expect(!String(decoding: log, as: UTF8.self).contains("keysConfirmed"))
    let development = try Run.toEnd("ephml-client", arguments, in: folder)
    #expect(development.exitCode == 0, "\(development.errors)")
  }
}
