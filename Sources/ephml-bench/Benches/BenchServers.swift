import EphemeralAttestation
import EphemeralClient
import EphemeralRuntime

/// An enclave and a host as processes of their own, on loopback.
final class BenchServers {
  private let folder: TemporaryFolder
  private let enclave: ChildProcess
  private let host: ChildProcess
  /// Where clients connect.
  let address: Address
  /// What pins the enclave.
  let policy: MeasurementPolicy

  /// Starts both on free ports with the programs beside this one.
  ///
  /// - Parameters:
  ///   - enclave: further options of `ephml-enclave serve`.
  ///   - host: further options of `ephml-host serve`.
  ///   - folder: keeps the host's store and the mock root; the same folder finds both again.
  init(enclave: [String] = [], host: [String] = [], in folder: TemporaryFolder) throws {
    self.folder = folder
    let program = try Programs.path("ephml-enclave")
    policy = try Programs.measure(program, folder: folder)
    self.enclave = try ChildProcess(
      executable: program,
      arguments: ["serve", "--listen", "tcp://127.0.0.1:0", "--mock-root", folder.file("root")]
        + enclave, errorFile: folder.file("enclave.log"))
    let place = try self.enclave.listeningAddress()
    self.host = try ChildProcess(
      executable: try Programs.path("ephml-host"),
      arguments: [
        "serve", "--listen", "tcp://127.0.0.1:0", "--enclave", place, "--store",
        folder.file("store"),
      ] + host, errorFile: folder.file("host.log"))
    address = try Address(try self.host.listeningAddress())
  }

  /// The most bytes that the enclave has had in memory.
  var enclavePeakBytes: Int? { Machine.peakBytes(of: enclave.processID) }

  /// Ends both in order.
  func stop() {
    host.terminate()
    enclave.terminate()
  }

  deinit { stop() }
}

/// A client in this process.
struct BenchClient {
  let loop: EventLoop
  let driver: ClientDriver
  let policy: MeasurementPolicy

  init(of servers: BenchServers) throws {
    loop = try EventLoop(computeThreads: 1, blockingThreads: 1)
    driver = ClientDriver(reactor: loop, host: servers.address)
    policy = servers.policy
  }
}
