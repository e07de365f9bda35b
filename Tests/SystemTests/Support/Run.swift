import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient

/// What one run of a program left behind.
struct ProgramRun {
  /// Nil where a signal ended the program.
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
  /// How long a program may take that nothing holds up, in milliseconds.
  static let patience = 60_000

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

  /// Starts a program and returns at once; it ends with the returned object at the latest.
  static func start(
    _ name: String, _ arguments: [String], in folder: TemporaryFolder,
    limitedBy limit: String? = nil
  ) throws -> ChildProcess {
    try program(name, arguments, in: folder, limitedBy: limit)
  }

  /// Waits for a started program whose output is short; a program that outstays the patience is
  /// killed, which its exit code tells.
  static func finish(
    _ child: ChildProcess, patience: Int = Run.patience
  ) -> ProgramRun {
    let code = child.wait(timeoutMilliseconds: patience)
    let output = child.wholeOutput()
    return ProgramRun(
      exitCode: code, output: String(decoding: output, as: UTF8.self), errors: child.allErrors)
  }

  /// Runs a program to its end.
  static func toEnd(
    _ name: String, _ arguments: [String], in folder: TemporaryFolder
  ) throws -> ProgramRun {
    let child = try start(name, arguments, in: folder)
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
