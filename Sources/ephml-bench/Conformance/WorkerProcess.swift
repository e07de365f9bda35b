import EphemeralRuntime
import Foundation

/// A child that runs backend tests one after the other.
final class WorkerProcess {
  private var process = Process()
  private var input = Pipe()
  private var output = Pipe()
  private var pending: [UInt8] = []

  init() throws { try start() }

  /// Runs one test; a child that dies fails that test, and a new one takes its place.
  func run(_ test: BackendTest) throws -> BackendVerdict {
    try input.fileHandleForWriting.write(contentsOf: Data((test.path + "\n").utf8))
    guard let line = nextLine() else {
      process.waitUntilExit()
      let status = process.terminationStatus
      try start()
      return .failed("the process ended (status \(status))")
    }
    let fields = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3, fields[0] == test.path else { return .failed("no verdict") }
    return BackendVerdict(status: String(fields[1]), reason: String(fields[2]))
  }

  /// Lets the child end.
  func finish() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func start() throws {
    (process, input, output, pending) = (Process(), Pipe(), Pipe(), [])
    process.executableURL = URL(
      fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/exe"))
    process.arguments = [ConformanceWorker.specification.name]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  private func nextLine() -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending += more
    }
  }
}
