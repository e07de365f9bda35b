import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// An enclave and a host, each of which may be killed and started again where it was.
///
/// Both end with this object. Their audit logs and the enclave's traces lie in ``folder``.
final class Servers {
  /// What differs from test to test.
  struct Options {
    var enclave: [String] = []
    var host: [String] = []
    /// A shell command before the host, such as `ulimit -f 8`.
    var hostLimit: String?
    /// Listens where no outgoing connection is ever given its port, so that a server finds its
    /// own free when it comes back.
    var comesBack = false
    /// Whether the host traces, as the enclave always does.
    var tracesHost = false
  }

  let folder: TemporaryFolder
  private(set) var enclave: ChildProcess
  private(set) var host: ChildProcess
  let enclaveAddress: String
  /// The host's.
  let address: String
  /// The path of the policy that pins this enclave.
  let policy: String
  /// Where the running enclave writes the row of each transition.
  private(set) var trace: String
  private let options: Options
  private var starts = 0

  var enclaveAudit: String { folder.file("enclave.audit") }
  var hostTrace: String { folder.file("host.trace") }
  var hostAudit: String { folder.file("host.audit") }

  init(_ options: Options = Options()) throws {
    self.options = options
    folder = try TemporaryFolder()
    let folder = folder
    let measured = try Run.toEnd(
      "ephml-enclave", ["measure", "--mock-root", folder.file("root")], in: folder)
    try #require(measured.exitCode == 0, "\(measured.errors)")
    policy = folder.file("policy.json")
    try FileAccess.write(Array(measured.output.utf8), to: policy)
    let trace = folder.file("trace-0")
    self.trace = trace
    (enclave, enclaveAddress) = try Self.listening(options) { address in
      try Self.startEnclave(options, at: address, trace: trace, folder: folder)
    }
    let enclaveAddress = enclaveAddress
    (host, address) = try Self.listening(options) { address in
      try Self.startHost(options, at: address, enclave: enclaveAddress, folder: folder)
    }
  }

  /// Starts an enclave again that was killed.
  func restartEnclave() throws {
    starts += 1
    trace = folder.file("trace-\(starts)")
    enclave = try Self.startEnclave(options, at: enclaveAddress, trace: trace, folder: folder)
    _ = try enclave.listeningAddress()
  }

  /// Starts a host again that was killed.
  func restartHost() throws {
    host = try Self.startHost(options, at: address, enclave: enclaveAddress, folder: folder)
    _ = try host.listeningAddress()
  }

  /// The arguments of `ephml-client infer` here.
  func inferArguments(topology: String, input: String, _ more: [String] = []) -> [String] {
    ["infer", "--host", address, "--topology", topology, "--policy", policy, "--input", input]
      + more
  }

  /// The first port below those that outgoing connections get, by chance, that a server takes.
  private static func listening(
    _ options: Options, _ start: (String) throws -> ChildProcess
  ) throws -> (ChildProcess, String) {
    guard options.comesBack else {
      let child = try start("tcp://127.0.0.1:0")
      return (child, try child.listeningAddress())
    }
    for _ in 0..<20 {
      let child = try start("tcp://127.0.0.1:\(UInt16.random(in: 10_000..<32_000))")
      if let address = try? child.listeningAddress() { return (child, address) }
      try #require(child.allErrors.contains("in use"), "\(child.allErrors)")
    }
    throw ClientFailure(.failed, "no free port")
  }

  private static func startEnclave(
    _ options: Options, at address: String, trace: String, folder: TemporaryFolder
  ) throws -> ChildProcess {
    try Run.start(
      "ephml-enclave",
      [
        "serve", "--listen", address, "--mock-root", folder.file("root"), "--trace", trace,
        "--audit", folder.file("enclave.audit"),
      ] + options.enclave, in: folder)
  }

  private static func startHost(
    _ options: Options, at address: String, enclave: String, folder: TemporaryFolder
  ) throws -> ChildProcess {
    try Run.start(
      "ephml-host",
      [
        "serve", "--listen", address, "--enclave", enclave, "--store", folder.file("store"),
        "--audit", folder.file("host.audit"),
      ] + (options.tracesHost ? ["--trace", folder.file("host.trace")] : []) + options.host,
      in: folder, limitedBy: options.hostLimit)
  }
}
