import EphemeralRuntime
import Foundation

@testable import EphemeralClient

/// What a test needs from outside the checkout. Without it the test is skipped with a loud line;
/// under `CI=true` it runs and fails.
struct Need {
  let isMet: Bool
  private let words: String

  init(_ isMet: Bool, _ words: String) {
    self.isMet = isMet
    self.words = words
  }

  /// Whether the tests that need it run.
  var runs: Bool {
    if isMet { return true }
    let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    let end =
      isCI ? "this fails under CI=true ***\n" : "the tests that need it are SKIPPED ***\n"
    FileHandle.standardError.write(Data("*** \(words): \(end)".utf8))
    return isCI
  }

  /// A variable's value, unless empty.
  static func variable(_ name: String) -> String? {
    let value = ProcessInfo.processInfo.environment[name]
    return value?.isEmpty == false ? value : nil
  }
}

/// Python with ONNX Runtime, and the script that makes the MiniLM graph.
enum Peers {
  private static let folder = Need.variable("EPHML_PEERS")
  /// The virtual environment's interpreter.
  static let python = (folder ?? "") + "/bin/python"
  /// `EPHML_BENCH`, by default beside the checkout.
  private static let bench =
    Need.variable("EPHML_BENCH")
    ?? Fixtures.root.deletingLastPathComponent().appendingPathComponent("shared/bench").path
  static let graphScript = bench + "/make_minilm_onnx.py"
  static let referenceScript =
    Fixtures.root.appendingPathComponent("Tests/SystemTests/Peers/minilm_reference.py").path

  static let lengthsScript =
    Fixtures.root.appendingPathComponent("Tests/SystemTests/Peers/minilm_lengths.py").path

  static let shouldRun = Need(
    folder != nil
      && [python, graphScript].allSatisfy { FileManager.default.fileExists(atPath: $0) },
    "NO PEERS: EPHML_PEERS names no Python environment, or \(graphScript) is not there"
  ).runs

  static let nodesScript = bench + "/onnx_nodes.py"

  /// Whether ONNX's own tests can be made.
  static let canMakeNodeTests = Need(
    folder != nil
      && [python, nodesScript].allSatisfy { FileManager.default.fileExists(atPath: $0) },
    "NO ONNX TESTS: EPHML_PEERS names no Python environment, or \(nodesScript) is not there"
  ).runs

  /// Runs a script to its end.
  static func run(_ script: String, _ arguments: [String], in folder: TemporaryFolder) throws {
    let child = try ChildProcess(
      executable: python, arguments: [script] + arguments, errorFile: folder.file("python.log"))
    _ = child.wholeOutput()
    guard child.wait() == 0 else { throw ClientFailure(.failed, child.allErrors) }
  }
}
