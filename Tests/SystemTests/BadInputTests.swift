import EphemeralModel
import EphemeralRuntime
import Foundation
import Glibc
import Testing

@testable import EphemeralClient

/// Bad input: one line that names the file and what is wrong, the right exit code, nothing half
/// written.
@Suite("Bad input")
struct BadInputTests {
  private func expectRefused(
    _ run: ProgramRun, code: ExitCode, naming: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(run.exitCode == code.rawValue, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output == "", sourceLocation: sourceLocation)
    let error = try run.onlyError()
    for text in naming {
      #expect(error.contains(text), "\(error)", sourceLocation: sourceLocation)
    }
  }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test("A truncated ONNX file, at every eighth of its length")
  func truncatedModel() throws {
    let folder = try TemporaryFolder()
    let model = try FileAccess.read(Fixtures.path("digits.onnx"), maximum: 1 << 20)
    let out = folder.file("out")
    try FileAccess.makeFolder(out)
    for eighth in 0..<8 {
      let path = folder.file("short\(eighth).onnx")
      try FileAccess.write(Array(model[..<(model.count * eighth / 8)]), to: path)
      let run = try Run.client("decompose", path, "--out", out + "/m", in: folder)
      try expectRefused(run, code: .failed, naming: ["short\(eighth).onnx: "])
      #expect(try names(in: out) == [])
    }
  }

  @Test("All unsupported operators at once")
  func unsupportedOperators() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    try FileAccess.makeFolder(out)
    let run = try Run.client(
      "decompose", Fixtures.path("unsupported-operator.onnx"), "--out", out + "/m", in: folder)
    try expectRefused(
      run, code: .failed,
      naming: [
        "unsupported-operator.onnx: unsupported operators", "Multinomial", "example.Nonsense",
      ])
    #expect(try names(in: out) == [])
  }

  @Test("External data that is not there")
  func externalData() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    try FileAccess.makeFolder(out)
    let run = try Run.client(
      "decompose", Fixtures.path("external-data-missing.onnx"), "--out", out + "/m", in: folder)
    try expectRefused(
      run, code: .failed, naming: ["external-data-missing.onnx", "weights.data", "missing"])
    #expect(try names(in: out) == [])
  }

  @Test("Files that cannot be pushed or audited are named with the reason")
  func unreadableFiles() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for command in [["push", "--host", "tcp://127.0.0.1:9"], ["audit"]] {
      for (path, reason) in [
        (folder.file("absent"), "no such file or directory"),
        (folder.path, "not a regular file"), (pipe, "not a regular file"),
      ] {
        let child = try Run.start("ephml-client", command + [path], in: folder)
        let run = Run.finish(child, patience: 10_000)
        try expectRefused(run, code: .failed, naming: ["\(path): \(reason)"])
      }
    }
  }

  @Test("Decomposing to a folder that is not there")
  func missingFolder() throws {
    let folder = try TemporaryFolder()
    let run = try Run.client(
      "decompose", Fixtures.path("digits.onnx"), "--out", folder.file("no/m"), in: folder)
    try expectRefused(run, code: .failed, naming: ["no/m", "No such file"])
  }

  @Test("Inputs of the wrong shape, type, form or name are refused before anything is sent")
  func wrongInputs() throws {
    let processes = try ThreeProcesses(pushes: false)
    let folder = processes.folder
    let tensors: [(String, TensorValue?, [String])] = [
      (
        "shape.npy", TensorValue(floats: [Float](repeating: 0, count: 49), shape: [1, 1, 7, 7]),
        ["shape [1, 1, 7, 7]", "'image' takes [?, 1, 8, 8]"]
      ),
      (
        "rank.npy", TensorValue(floats: [Float](repeating: 0, count: 64), shape: [8, 8]),
        ["shape [8, 8]"]
      ),
      (
        "type.npy",
        TensorValue(
          elementType: .int64, shape: [1, 1, 8, 8], bytes: [UInt8](repeating: 0, count: 512)),
        ["dtype int64", "'image' takes float32"]
      ),
    ]
    let results = folder.file("results")
    for (name, tensor, problems) in tensors {
      let path = folder.file(name)
      try FileAccess.write(NumPyFormat.encode(try #require(tensor)), to: path)
      let run = try processes.infer("image=" + path, "--output", results)
      try expectRefused(run, code: .failed, naming: [name + ": "] + problems)
    }
    let short = folder.file("short.npy")
    let whole = try FileAccess.read(Fixtures.path("digits-images.npy"), maximum: 1 << 20)
    try FileAccess.write(Array(whole.dropLast(5)), to: short)
    try expectRefused(
      try processes.infer("image=" + short, "--output", results), code: .failed,
      naming: ["short.npy: truncated"])
    try expectRefused(
      try processes.infer("image=" + folder.file("absent.npy"), "--output", results),
      code: .failed, naming: ["absent.npy: no such file"])
    try expectRefused(
      try processes.infer("imgae=" + short, "--output", results), code: .usage,
      naming: ["no input 'imgae'", "did you mean 'image'?"])
    #expect(!FileManager.default.fileExists(atPath: results))
  }

  @Test("An unreadable policy")
  func unreadablePolicy() throws {
    let processes = try ThreeProcesses(pushes: false)
    let folder = processes.folder
    let broken = folder.file("broken.json")
    let unknown = folder.file("unknown.json")
    let text = try FileAccess.read(processes.policy, maximum: 1 << 16)
    try FileAccess.write(Array(text.dropLast(4)), to: broken)
    try FileAccess.write(
      Array(String(decoding: text, as: UTF8.self).replacing("pcr1", with: "pcr9").utf8),
      to: unknown)
    for (path, problems) in [
      (broken, ["broken.json: not JSON"]), (unknown, ["unknown.json: measurements[0]", "pcr9"]),
      (folder.file("absent.json"), ["absent.json: no such file"]),
      (folder.path, [folder.path + ": not a regular file"]),
    ] {
      let run = try Run.client(
        "infer", "--host", processes.address, "--topology", processes.topology, "--policy", path,
        "--input", "image=" + Fixtures.path("digits-images.npy"), in: folder)
      try expectRefused(run, code: .failed, naming: problems)
    }
  }

  @Test("A topology key that is cut short or is something else")
  func badTopology() throws {
    let processes = try ThreeProcesses(pushes: false)
    let short = processes.folder.file("short.ephk")
    let bytes = try FileAccess.read(processes.topology, maximum: 1 << 20)
    try FileAccess.write(Array(bytes.dropLast()), to: short)
    for path in [short, processes.blob, Fixtures.path("digits.onnx")] {
      let run = try Run.client("inspect", path, in: processes.folder)
      try expectRefused(run, code: .failed, naming: [path, "not a topology key"])
    }
    let run = try Run.client(
      "push", "--host", processes.address, processes.topology, in: processes.folder)
    try expectRefused(run, code: .failed, naming: [processes.topology, "not a weight blob"])
  }

  @Test("A blob that was never pushed, and a host where nobody listens")
  func absentPeers() throws {
    let processes = try ThreeProcesses(pushes: false)
    let input = "image=" + Fixtures.path("digits-images.npy")
    try expectRefused(
      try processes.infer(input), code: .peer, naming: [processes.address, "weightsUnavailable"])
    processes.host.terminate()
    try expectRefused(
      try processes.infer(input), code: .peer, naming: [processes.address, "nobody listens"])
  }

  @Test(
    "An expired certificate and debug mode are refused by name",
    arguments: [("--mock-expired", "certificateValidity"), ("--mock-debug", "debugMode")])
  func refusedEvidence(option: String, check: String) throws {
    let processes = try ThreeProcesses(enclaveOptions: [option])
    let run = try processes.infer("image=" + Fixtures.path("digits-images.npy"))
    try expectRefused(run, code: .refused, naming: [processes.address, check])
  }

  @Test("A full disk in the store leaves nothing half-written, and the host goes on")
  func fullDisk() throws {
    // 8 KiB a file, less than the blob's 64 KiB.
    let processes = try ThreeProcesses(hostLimit: "ulimit -f 16", pushes: false)
    for _ in 0..<2 {
      let run = try Run.client(
        "push", "--host", processes.address, processes.blob, in: processes.folder)
      try expectRefused(run, code: .peer, naming: [processes.address, "storeFull"])
    }
    let store = processes.folder.file("store")
    let left = try FileManager.default.subpathsOfDirectory(atPath: store)
      .filter { $0.hasSuffix(".ephw") || $0.hasSuffix(".part") }
    #expect(left == [])
  }

  @Test("A port in use", arguments: ["ephml-enclave", "ephml-host"])
  func portInUse(program: String) throws {
    let processes = try ThreeProcesses(pushes: false)
    let options =
      program == "ephml-host"
      ? ["--enclave", "tcp://127.0.0.1:9", "--store", processes.folder.file("other")]
      : ["--mock-root", processes.folder.file("root")]
    let run = try Run.toEnd(
      program, ["serve", "--listen", processes.address] + options, in: processes.folder)
    try expectRefused(run, code: .failed, naming: [processes.address, "in use"])
  }
}
