import EphemeralEngine
import EphemeralRuntime
import Foundation

/// `ephml-bench model`: times a model, other engines in turn.
struct ModelCommand {
  static let specification = CommandSpecification(
    "model", summary: "Time a model, other engines in turn with ours.",
    discussion: """
      Decomposes and assembles an ONNX model and times inferences: of a text of each length, or of \
      one image. With --peers a process of the given command answers one timed run for each JSON \
      line that it is sent, so that ours and theirs take turns in one run; what counts is the ratio \
      of the medians. Before each run all threads get time to come to rest.
      """,
    positionals: [PositionalSpecification("MODEL", "An ONNX file.")],
    options: [
      .option("--tokens", "N,…", "Lengths of the text; 16,128,256 if absent."),
      .option("--threads", "N,…", "Numbers of threads; 1,2 if absent."),
      .option("--rounds", "N", "Timed runs of each engine and case; 15 if absent."),
      .option("--peers", "COMMAND", "A program that times other engines, with its arguments."),
      .option("--engines", "NAME,…", "Which it knows; onnxruntime,openvino if absent."),
      .flag("--json", "Print one JSON object a case."),
    ],
    examples: [
      CommandExample(
        "ephml-bench model minilm.onnx --tokens 128 --peers 'python3 peers.py'",
        "Compares 128 tokens with one and with two threads.")
    ])

  private let bench: ModelBench
  private let tokens: [Int]
  private let threads: [Int]
  private let json: Bool

  init(_ command: ParsedCommand) throws {
    tokens = try Self.numbers(command, "--tokens", in: 1...4_096, default: [16, 128, 256])
    threads = try Self.numbers(
      command, "--threads", in: 1...ComputePool.maximumWidth, default: [1, 2])
    let engines = command.value("--engines") ?? "onnxruntime,openvino"
    bench = ModelBench(
      path: command.positionals[0],
      rounds: try command.integer("--rounds", in: 1...10_000, default: 15),
      peers: try command.value("--peers").map { try Peer(command: $0) },
      peerNames: engines.split(separator: ",").map(String.init))
    json = command.has("--json")
  }

  private static func numbers(
    _ command: ParsedCommand, _ name: String, in range: ClosedRange<Int>, default standard: [Int]
  ) throws -> [Int] {
    guard let text = command.value(name) else { return standard }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let number = Int(word), range.contains(number) else {
        throw UsageError.invalidValue(
          option: name, value: text,
          problem: "needs numbers from \(range.lowerBound) to \(range.upperBound)",
          command: "ephml-bench model")
      }
      return number
    }
  }

  func run() throws -> ExitCode {
    try bench.run(tokens: tokens, threads: threads) { result in
      if json {
        BenchOutput.line(result.object)
        return
      }
      var text = result.tokens.map { "\($0) tokens, " } ?? "one image, "
      text += "\(result.threads) threads: \(Self.text(ModelBench.Result.median(result.ours))) ms"
      for (name, times) in result.peers.sorted(by: { $0.key < $1.key }) {
        let median = ModelBench.Result.median(times)
        let ratio = ModelBench.Result.median(result.ours) / median
        text += ", \(name) \(Self.text(median)) ms (ratio \(Self.text(ratio)))"
      }
      StandardStream.output(text + "\n")
    }
    return .done
  }

  private static func text(_ number: Double) -> String { String(format: "%.3f", number) }
}

/// `ephml-bench gemm`: matrix products beside the processor's limit.
struct GemmCommand {
  static let specification = CommandSpecification(
    "gemm", summary: "Time matrix products beside the processor's limit.",
    discussion: """
      Runs products of the sizes that a small BERT has, on one thread, in turn with multiply-adds \
      that touch no memory, and prints which share of that limit they reach.
      """,
    options: [
      .option("--rounds", "N", "Timed runs of each size; 30 if absent."),
      .flag("--json", "Print one JSON object a size."),
    ],
    examples: [CommandExample("ephml-bench gemm --json", "Prints a line for each size.")])

  private let rounds: Int
  private let json: Bool

  init(_ command: ParsedCommand) throws {
    rounds = try command.integer("--rounds", in: 1...10_000, default: 30)
    json = command.has("--json")
  }

  func run() throws -> ExitCode {
    try GemmBench.run(rounds: rounds) { result in
      if json {
        BenchOutput.line(result.object)
        return
      }
      StandardStream.output(
        String(
          format: "%d × %d × %d: %.1f of %.1f GFLOP/s, %.1f %% (%@)\n", result.rows,
          result.columns, result.depth, result.gigaflops, result.peakGigaflops,
          100 * result.gigaflops / result.peakGigaflops, Processor.kernelName))
    }
    return .done
  }
}

/// JSON on standard output.
enum BenchOutput {
  /// One object, its keys sorted, on a line of its own.
  static func line(_ object: [String: Any]) {
    guard
      let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    else { return }
    StandardStream.output(String(decoding: data, as: UTF8.self) + "\n")
  }
}
