import EphemeralAttestation
import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// What one run of a program left behind.
struct ProgramRun {
  let exitCode: Int32?
  let output: String
  let errors: String

  /// The JSON object on standard output.
  func json() throws -> JSONValue { try JSONParser.parse(Array(output.utf8)) }

  /// The only line on standard error.
  func onlyError() throws -> String {
    let lines = errors.split(separator: "\n")
    #expect(lines.count == 1, "\(errors)")
    return String(try #require(lines.last))
  }
}

/// The three programs of this build, run as a user would.
enum Run {
  private static func program(
    _ name: String, _ arguments: [String], in folder: TemporaryFolder, limitedBy limit: String?
  ) throws -> ChildProcess {
    let executable = try Programs.path(name)
    let errors = folder.file("errors-\(UUID().uuidString)")
    guard let limit else {
      return try ChildProcess(executable: executable, arguments: arguments, errorFile: errors)
    }
    return try ChildProcess(
      executable: "/bin/sh",
      arguments: ["-c", limit + "; exec \"$0\" \"$@\"", executable]
        + arguments, errorFile: errors)
  }

  /// Starts a server.
  static func server(
    _ name: String, _ arguments: [String], in folder: TemporaryFolder,
    limitedBy limit: String? = nil
  ) throws -> ChildProcess {
    try program(name, arguments, in: folder, limitedBy: limit)
  }

  /// Runs a program to its end.
  static func toEnd(
    _ name: String, _ arguments: [String], in folder: TemporaryFolder
  ) throws -> ProgramRun {
    let child = try program(name, arguments, in: folder, limitedBy: nil)
    let output = child.wholeOutput()
    let code = child.wait()
    return ProgramRun(
      exitCode: code, output: String(decoding: output, as: UTF8.self), errors: child.allErrors)
  }

  /// Runs the client to its end.
  static func client(_ arguments: String..., in folder: TemporaryFolder) throws -> ProgramRun {
    try toEnd("ephml-client", arguments, in: folder)
  }
}

/// An enclave and a host on free ports, a policy, and the digits model pushed.
final class ThreeProcesses {
  let folder: TemporaryFolder
  let enclave: ChildProcess
  let host: ChildProcess
  let address: String
  let policy: String
  var topology: String { folder.file("digits.ephk") }
  var blob: String { folder.file("digits.ephw") }

  /// - Parameters:
  ///   - enclaveOptions: further options of `ephml-enclave serve`.
  ///   - hostLimit: a shell command before the host, such as `ulimit -f 8`.
  init(enclaveOptions: [String] = [], hostLimit: String? = nil, pushes: Bool = true) throws {
    folder = try TemporaryFolder()
    let root = ["--mock-root", folder.file("root")]
    let measured = try Run.toEnd("ephml-enclave", ["measure"] + root, in: folder)
    #expect(measured.exitCode == 0, "\(measured.errors)")
    policy = folder.file("policy.json")
    try FileAccess.write(Array(measured.output.utf8), to: policy)
    enclave = try Run.server(
      "ephml-enclave", ["serve", "--listen", "tcp://127.0.0.1:0"] + root + enclaveOptions,
      in: folder)
    host = try Run.server(
      "ephml-host",
      [
        "serve", "--listen", "tcp://127.0.0.1:0", "--enclave", try enclave.listeningAddress(),
        "--store", folder.file("store"),
      ], in: folder, limitedBy: hostLimit)
    address = try host.listeningAddress()
    let made = try Run.client(
      "decompose", Fixtures.path("digits.onnx"), "--out", folder.file("digits"), in: folder)
    #expect(made.exitCode == 0, "\(made.errors)")
    guard pushes else { return }
    let pushed = try Run.client("push", "--host", address, blob, in: folder)
    #expect(pushed.exitCode == 0, "\(pushed.errors)")
  }

  /// `infer` with this model, host and policy.
  func infer(_ input: String, _ more: String...) throws -> ProgramRun {
    try Run.toEnd(
      "ephml-client",
      [
        "infer", "--host", address, "--topology", topology, "--policy", policy, "--input", input,
      ] + more, in: folder)
  }
}
