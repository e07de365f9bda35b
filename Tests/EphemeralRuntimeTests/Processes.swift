import Foundation
import Testing

@testable import EphemeralRuntime

/// A server program beside the test bundle, running as a process of its own.
final class ServerProcess {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()
  let address: Address

  /// The folder in which `swift test` has put the programs.
  static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// Starts a program and waits for its line.
  init(_ program: String, _ arguments: [String]) throws {
    process.executableURL = Self.folder.appendingPathComponent(program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    var line: [UInt8] = []
    while line.last != 0x0a {
      let byte = output.fileHandleForReading.readData(ofLength: 1)
      if byte.isEmpty { break }
      line += byte
    }
    let text = String(decoding: line, as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    try #require(words.count == 2 && words[0] == "listening", "\(text)")
    address = try Address(String(words[1]))
  }

  deinit { if process.isRunning { Signals.kill(process.processIdentifier, SIGKILL) } }

  /// Ends it like a crash.
  func kill() {
    Signals.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks it to end and returns its exit code.
  func terminate() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// What it wrote on standard error, after it has ended.
  var log: String {
    String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }
}

/// The C call beside the method of the same name.
private enum Signals {
  static func kill(_ process: pid_t, _ signal: Int32) { _ = Foundation.kill(process, signal) }
}

/// Runs a program to its end.
enum Program {
  static func run(_ program: String, _ arguments: [String]) throws -> (Int32, String, String) {
    let process = Process()
    let output = Pipe()
    let errors = Pipe()
    process.executableURL = ServerProcess.folder.appendingPathComponent(program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let log = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: text, as: UTF8.self),
      String(decoding: log, as: UTF8.self)
    )
  }
}
