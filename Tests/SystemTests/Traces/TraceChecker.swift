import Foundation
import Testing

@testable import EphemeralClient

/// `Spec/check --trace`, run as a user would.
enum TraceChecker {
  private static let script = Fixtures.root.appendingPathComponent("Spec/check").path

  /// Whether Java and Python are here to run it.
  static let shouldRun = Need(
    ["java", "python3"].allSatisfy { name in
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: $0 + "/" + name)
      }
    },
    "NO JAVA OR PYTHON: Spec/check --trace cannot judge the traces"
  ).runs

  /// The verdict on logs, or with `--batch` on folders of logs.
  static func check(_ arguments: String..., in folder: TemporaryFolder) throws -> ProgramRun {
    let child = try ChildProcess(
      executable: script, arguments: ["--trace"] + arguments,
      errorFile: folder.file("check-\(UUID().uuidString)"))
    let output = child.wholeOutput()
    let code = child.wait()
    return ProgramRun(
      exitCode: code, output: String(decoding: output, as: UTF8.self), errors: child.allErrors)
  }
}
