import EphemeralRuntime
import Foundation

/// Runs tests named on standard input, one folder a line, and answers a line for each.
///
/// A separate process, so that a test that ends it costs no other test.
struct ConformanceWorker {
  static let specification = CommandSpecification(
    "onnx-worker", summary: "Run backend tests named on standard input (used by onnx).",
    discussion: """
      Reads folders of backend tests from standard input, one a line, and prints for each a line \
      of three fields with tabs between: the folder, the verdict and the reason.
      """,
    examples: [
      CommandExample("echo cases/node/test_abs | ephml-bench onnx-worker", "Runs one test.")
    ])

  init(_ command: ParsedCommand) {}

  func run() throws -> ExitCode {
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("ephml-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    while let path = readLine() {
      let test = BackendTest(name: URL(fileURLWithPath: path).lastPathComponent, path: path)
      let (status, reason) = test.run(scratch: scratch.path).words
      let line = reason.map { $0 == "\n" || $0 == "\t" ? " " : $0 }
      StandardStream.output("\(path)\t\(status)\t\(String(line))\n")
    }
    return .done
  }
}
