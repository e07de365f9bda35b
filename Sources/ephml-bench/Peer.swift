import Foundation

/// Another engine in a process of its own: one timed run for each line that it is sent.
final class Peer {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()

  /// Starts `command`, a program and its arguments, split at spaces.
  init(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Milliseconds of one run.
  func run(_ question: [String: Any]) throws -> Double {
    var line = try JSONSerialization.data(withJSONObject: question)
    line.append(10)
    try input.fileHandleForWriting.write(contentsOf: line)
    while true {
      if let end = pending.firstIndex(of: 10) {
        let answer = pending[pending.startIndex..<end]
        pending = Data(pending[(end + 1)...])
        let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
        guard let milliseconds = object?["ms"] as? NSNumber else { throw NoAnswer() }
        return milliseconds.doubleValue
      }
      let part = output.fileHandleForReading.availableData
      if part.isEmpty { throw NoAnswer() }
      pending.append(part)
    }
  }

  /// The peer ended, or said something else.
  struct NoAnswer: Error, CustomStringConvertible {
    var description: String { "the peer process gave no time" }
  }
}
