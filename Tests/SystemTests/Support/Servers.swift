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
    /// Whether both listen by hybrid vsock, each behind a monitor of its own.
    var isHybrid = false
    /// Whether the host traces, as the enclave always does.
    var tracesHost = false
  }

  let folder: TemporaryFolder
  private(set) var enclave: ChildProcess
  private(set) var host: ChildProcess
  /// Where the enclave listens.
  let enclavePlace: String
  /// Where the host listens.
  let hostPlace: String
  /// Where the host finds the enclave.
  let enclaveAddress: String
  /// Where clients find the host.
  let address: String
  /// The path of the policy that pins this enclave.
  let policy: String
  /// Where the running enclave writes the row of each transition.
  private(set) var trace: String
  /// What plays the virtual machine monitors of the enclave and of the host.
  let monitors: [HybridMonitor]
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
    (enclave, enclavePlace) = try Self.listening(options, folder.file("enclave")) { address in
      try Self.startEnclave(options, at: address, trace: trace, folder: folder)
    }
    guard options.isHybrid else {
      monitors = []
      let enclavePlace = enclavePlace
      enclaveAddress = enclavePlace
      (host, hostPlace) = try Self.listening(options, folder.file("host")) { address in
        try Self.startHost(options, at: address, enclave: enclavePlace, folder: folder)
      }
      address = hostPlace
      return
    }
    let guest = try HybridMonitor(at: folder.file("guest"), towards: enclavePlace)
    let enclaveAddress = guest.address
    self.enclaveAddress = enclaveAddress
    (host, hostPlace) = try Self.listening(options, folder.file("host")) { address in
      try Self.startHost(options, at: address, enclave: enclaveAddress, folder: folder)
    }
    let parent = try HybridMonitor(at: folder.file("parent"), towards: hostPlace)
    address = parent.address
    monitors = [guest, parent]
  }

  deinit { for monitor in monitors { monitor.stop() } }

  /// Starts an enclave again that was killed.
  func restartEnclave() throws {
    starts += 1
    trace = folder.file("trace-\(starts)")
    enclave = try Self.startEnclave(options, at: enclavePlace, trace: trace, folder: folder)
    _ = try enclave.listeningAddress()
  }

  /// Starts a host again that was killed.
  func restartHost() throws {
    host = try Self.startHost(options, at: hostPlace, enclave: enclaveAddress, folder: folder)
    _ = try host.listeningAddress()
  }

  /// The arguments of `ephml-client infer` here.
  func inferArguments(topology: String, input: String, _ more: [String] = []) -> [String] {
    ["infer", "--host", address, "--topology", topology, "--policy", policy, "--input", input]
      + more
  }

  /// The first port below those that outgoing connections get, by chance, that a server takes.
  private static func listening(
    _ options: Options, _ path: String, _ start: (String) throws -> ChildProcess
  ) throws -> (ChildProcess, String) {
    if options.isHybrid {
      let child = try start("unix:\(path):7100")
      return (child, try child.listeningAddress())
    }
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
