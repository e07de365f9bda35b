package import EphemeralAttestation
internal import EphemeralRuntime
internal import Glibc

/// One enclave and one host as real processes, with a recording relay on both sides of the host.
final class DemoServers {
  /// Where clients connect: the relay before the host.
  let address: Address
  let clientSide: RecordingRelay
  let enclaveSide: RecordingRelay
  private let enclave: ChildProcess
  private let host: ChildProcess

  /// Starts everything on free ports.
  ///
  /// - Parameters:
  ///   - enclaveExecutable: the enclave's program; its bytes are its measurement.
  ///   - name: tells the files of several servers in `folder` apart.
  init(
    enclaveExecutable: String, folder: TemporaryFolder, name: String,
    forward: RelayTampering = .none, towardsEnclave: RelayTampering = .none
  ) throws(ClientFailure) {
    enclave = try ChildProcess(
      executable: enclaveExecutable,
      arguments: [
        "serve", "--listen", "tcp://127.0.0.1:0", "--mock-root", folder.file("root"),
      ], errorFile: folder.file(name + "-enclave.log"))
    enclaveSide = try RecordingRelay(
      to: try enclave.listeningAddress(), forward: towardsEnclave)
    host = try ChildProcess(
      executable: try Programs.path("ephml-host"),
      arguments: [
        "serve", "--listen", "tcp://127.0.0.1:0", "--enclave", enclaveSide.address,
        "--store", folder.file(name + "-store"),
      ], errorFile: folder.file(name + "-host.log"))
    clientSide = try RecordingRelay(to: try host.listeningAddress(), forward: forward)
    do { address = try Address(clientSide.address) } catch {
      throw ClientFailure(.failed, "\(error.message)")
    }
  }

  /// Everything that reached the host, from both of its sides, stream by stream.
  var receivedByHost: [[UInt8]] {
    clientSide.recording.filter { $0.direction == .forward }.map(\.bytes)
      + enclaveSide.recording.filter { $0.direction == .backward }.map(\.bytes)
  }

  /// Ends both processes in order and the relays with them.
  func stop() {
    clientSide.stop()
    host.terminate()
    enclaveSide.stop()
    enclave.terminate()
  }
}

/// The programs of this package, beside this one.
package enum Programs {
  /// The path of a program in this executable's folder.
  package static func path(_ name: String) throws(ClientFailure) -> String {
    let path = try folder() + "/" + name
    guard unsafe access(path, X_OK) == 0 else {
      throw .file(path, "not there: build all three programs")
    }
    return path
  }

  /// The folder of the running executable.
  static func folder() throws(ClientFailure) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw .file("/proc/self/exe", FileAccess.reason()) }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { throw .file(path, "has no folder") }
    return String(path[..<slash])
  }

  /// The policy that `measure` prints for an enclave program.
  package static func measure(
    _ executable: String, folder: TemporaryFolder
  ) throws(ClientFailure) -> MeasurementPolicy {
    #if Production
      throw .file(executable, "a production build starts no development enclave")
    #else
      let child = try ChildProcess(
        executable: executable, arguments: ["measure", "--mock-root", folder.file("root")],
        errorFile: folder.file("measure.log"))
      let output = child.wholeOutput()
      guard child.wait() == 0 else {
        throw .file(executable, "measure failed" + (child.lastError.map { ": \($0)" } ?? ""))
      }
      return try PolicyFile.parse(output, file: "ephml-enclave measure")
    #endif
  }
}
