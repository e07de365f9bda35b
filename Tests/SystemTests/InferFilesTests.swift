import Foundation
import TestSupport
import Testing

@testable import EphemeralClient

/// Where `infer` is told to write.
@Suite("Files of an inference")
struct InferFilesTests {
  @Test(
    "Files that cannot be written, or would overwrite one another, are refused before a session")
  func destinations() throws {
    let processes = try ThreeProcesses()
    let folder = processes.folder
    let topology = try FileAccess.read(processes.topology, maximum: 1 << 24)
    let image = "image=" + Fixtures.path("digits-images.npy")
    // Nobody listens any more: whatever is sent ends with 4.
    processes.host.kill()
    let one = folder.file("one")
    let same = folder.path + "/./one"
    let cases: [(options: [String], code: Int32, says: String)] = [
      (["--receipt", folder.file("no/run.ephr")], 1, "no such file"),
      (["--receipt", folder.path], 1, "is a folder"),
      (["--save-request", folder.path + "/"], 1, "is a folder"),
      (["--save-request", one, "--save-response", same], 2, "name one file"),
      (["--receipt", one, "--save-request", one], 2, "name one file"),
      (["--receipt", processes.topology], 2, "--topology and --receipt name one file"),
      (["--save-response", processes.policy], 2, "--policy and --save-response name one file"),
      (["--receipt", one, "--save-request", folder.file("two")], 4, "nobody listens"),
    ]
    for (options, code, says) in cases {
      let run = try Run.toEnd(
        "ephml-client",
        [
          "infer", "--host", processes.address, "--topology", processes.topology, "--policy",
          processes.policy, "--input", image,
        ] + options, in: folder)
      #expect(run.exitCode == code, "\(options): \(run.errors)")
      #expect(try run.onlyError().contains(says), "\(run.errors)")
    }
    #expect(try FileAccess.read(processes.topology, maximum: 1 << 24) == topology)
    #expect(!FileManager.default.fileExists(atPath: one))
  }
}
