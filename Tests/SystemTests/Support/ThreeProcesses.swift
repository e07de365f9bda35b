import EphemeralRuntime
import Testing

@testable import EphemeralClient

/// An enclave and a host on free ports, a policy, and the digits model pushed.
final class ThreeProcesses {
  let servers: Servers
  var folder: TemporaryFolder { servers.folder }
  var enclave: ChildProcess { servers.enclave }
  var host: ChildProcess { servers.host }
  var address: String { servers.address }
  var policy: String { servers.policy }
  var topology: String { folder.file("digits.ephk") }
  var blob: String { folder.file("digits.ephw") }

  /// - Parameters:
  ///   - enclaveOptions: further options of `ephml-enclave serve`.
  ///   - hostLimit: a shell command before the host, such as `ulimit -f 8`.
  init(enclaveOptions: [String] = [], hostLimit: String? = nil, pushes: Bool = true) throws {
    servers = try Servers(Servers.Options(enclave: enclaveOptions, hostLimit: hostLimit))
    let folder = servers.folder
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
      "ephml-client", servers.inferArguments(topology: topology, input: input, more), in: folder)
  }
}
