import Foundation
import Glibc

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
    // Signals are blocked here for the thread that waits for them; the program has its own to take.
    var (none, mask) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, &mask)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &mask, nil) }
    try process.run()
  }

  /// Tells the program that nothing more comes, and ends it by force if it does not end by itself.
  deinit {
    try? input.fileHandleForWriting.close()
    for _ in 0..<Self.patience where process.isRunning { usleep(20_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// Twenty-millisecond steps that a program may take to end.
  private static let patience = 250

  /// Milliseconds of one run.
  func run(_ question: [String: Any]) throws -> Double {
    var line = try JSONSerialization.data(withJSONObject: question)
    line.append(10)
    do { try input.fileHandleForWriting.write(contentsOf: line) } catch { throw NoAnswer() }
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
    var description: String { "the program of --peers gave no time: see what it said above" }
  }
}
