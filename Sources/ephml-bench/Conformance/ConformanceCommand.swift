import EphemeralRuntime
import Foundation
import Synchronization

/// `ephml-bench onnx`: runs folders of ONNX's backend tests the whole way and counts.
struct ConformanceCommand {
  static let specification = CommandSpecification(
    "onnx", summary: "Run folders of ONNX's backend tests.",
    discussion: """
      Looks for folders with a model.onnx under DIR. Each model is decomposed, assembled and run \
      as in an enclave, on the inputs of its test_data_set folders, and its outputs are held \
      against those beside them: integers exactly, reals within tolerance.json. A model that is \
      refused at decomposition is unsupported; everything else that goes wrong is a failure.
      """,
    positionals: [PositionalSpecification("DIR", "Where the tests are.")],
    options: [
      .option("--filter", "TEXT", "Only tests whose name holds this text."),
      .option("--threads", "N", "Tests at once, each in a process; 2 if absent."),
      .flag("--list-failures", "Print the failures alone, not every test that is unsupported."),
      .flag("--json", "Print one JSON object with the counts and the names of the failures."),
    ],
    examples: [
      CommandExample("ephml-bench onnx cases --filter conv", "Runs the tests of convolutions.")
    ])

  private let directory: String
  private let filter: String?
  private let threads: Int
  private let listsFailuresOnly: Bool
  private let json: Bool

  init(_ command: ParsedCommand) throws {
    directory = command.positionals[0]
    filter = command.value("--filter")
    threads = try command.integer("--threads", in: 1...64, default: 2)
    listsFailuresOnly = command.has("--list-failures")
    json = command.has("--json")
  }

  func run() throws -> ExitCode {
    let tests = try BackendTest.all(in: directory).filter { test in
      filter.map(test.name.contains) ?? true
    }
    guard !tests.isEmpty else {
      StandardStream.error("ephml-bench: no backend tests under \(directory)\n")
      return .failed
    }
    let outcomes = verdicts(of: tests)
    report(zip(tests, outcomes).map { ($0.name, $1) })
    return outcomes.contains { if case .failed = $0 { true } else { false } } ? .failed : .done
  }

  /// Runs all tests, a worker process for each thread.
  private func verdicts(of tests: [BackendTest]) -> [BackendVerdict] {
    let results = Mutex([BackendVerdict](repeating: .failed("not run"), count: tests.count))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(threads, tests.count)) { _ in
      guard let worker = try? WorkerProcess() else { return }
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < tests.count else { break }
        let verdict = (try? worker.run(tests[index])) ?? .failed("no worker")
        results.withLock { $0[index] = verdict }
      }
      worker.finish()
    }
    return results.withLock { $0 }
  }

  private struct Summary: Encodable {
    var passed = 0
    var failed = 0
    var unsupported = 0
    var failures: [String] = []
  }

  private func report(_ outcomes: [(name: String, verdict: BackendVerdict)]) {
    var summary = Summary()
    var lines = ""
    for (name, verdict) in outcomes {
      switch verdict {
      case .passed: summary.passed += 1
      case .failed(let reason):
        summary.failed += 1
        summary.failures.append(name)
        lines += "failed       \(name): \(reason)\n"
      case .unsupported(let reason):
        summary.unsupported += 1
        if !listsFailuresOnly { lines += "unsupported  \(name): \(reason)\n" }
      }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let object = (try? encoder.encode(summary)) ?? Data()
      StandardStream.error(lines)
      StandardStream.output(String(decoding: object, as: UTF8.self) + "\n")
    } else {
      StandardStream.output(
        lines + "\(summary.passed) passed, \(summary.failed) failed, "
          + "\(summary.unsupported) unsupported, of \(outcomes.count)\n")
    }
  }
}
