import EphemeralRuntime
import Foundation

/// `ephml-bench all`: every bench one after the other, and a table of what is asked.
struct AllBench: BenchCommand {
  static let specification = CommandSpecification(
    "all", summary: "Run every bench and print the targets beside what was measured.",
    discussion: """
      What runs where no command is given, only options. Each target is one that the project set \
      itself; most are ratios of medians of runs in turn, because times drift with the machine. \
      Above a load average of the number of processors, do not trust a miss. Without --peers the \
      comparisons with other engines are left out; with them the models must be ONNX files, which \
      made ones are.
      """,
    positionals: [BenchOptions.model],
    options: [
      .option("--peers", "COMMAND", "A program that times other engines, with its arguments."),
      .option("--engines", "NAME,…", "Which it knows; onnxruntime,openvino if absent."),
      .option("--image-model", "FILE", "ResNet-50 as ONNX; a made one of its shape if absent."),
      .option("--skip", "NAME,…", "Benches to leave out."),
      .option("--rounds", "N", "Timed runs of everything; each bench's own number if absent."),
      .flag("--strict", "End with 1 where a target is missed."), BenchOptions.json,
    ],
    examples: [
      CommandExample(
        "ephml-bench --peers 'python3 peers.py'",
        "Runs everything beside ONNX Runtime and OpenVINO and prints ratios."),
      CommandExample("ephml-bench all minilm.onnx --json", "Prints one JSON object a case."),
    ])

  private let command: ParsedCommand
  private let skipped: Set<String>

  init(_ command: ParsedCommand) throws {
    self.command = command
    _ = try BenchOptions.roundCount(command, 1)
    let names = BenchProgram.benches.map { $0.specification.name }
    skipped = Set((command.value("--skip") ?? "").split(separator: ",").map(String.init))
    if let unknown = skipped.subtracting(names).min() {
      throw UsageError.invalidValue(
        option: "--skip", value: unknown,
        problem: "one of " + names.joined(separator: ", ") + " is needed", command: command.title)
    }
  }

  func run(_ report: Report) throws {
    report.add(Machine.describe())
    let encoder = try ModelSource.encoder(command.positionals.first, report)
    let image =
      if let path = command.value("--image-model") { ModelSource(path: path) } else {
        try ModelSource(making: "network of ResNet-50's shape", MadeModels.residualNetwork())
      }
    for bench in BenchProgram.benches where bench != AllBench.self {
      let name = bench.specification.name
      if skipped.contains(name) { continue }
      try Self.run(bench, arguments(of: bench, model: encoder.path), report)
      // One length stands for the image; its threads are the bench's own.
      if bench == ModelBench.self {
        try Self.run(bench, arguments(of: bench, model: image.path), report)
      }
    }
    let missed = report.close()
    if missed > 0, command.has("--strict") { report.exitCode = .failed }
  }

  /// What a bench is told: the model if it takes one, and those of the options that it knows.
  private func arguments(of bench: any BenchCommand.Type, model: String) -> [String] {
    var words = [bench.specification.name]
    if !bench.specification.positionals.isEmpty { words.append(model) }
    for option in bench.specification.options {
      guard option.valueName != nil, let value = command.value(option.name) else { continue }
      words.append("\(option.name)=\(value)")
    }
    return words
  }

  private static func run(
    _ bench: any BenchCommand.Type, _ words: [String], _ report: Report
  ) throws {
    guard case .run(let parsed) = try CommandLineParser(BenchProgram.specification).parse(words)
    else { return }
    try bench.init(parsed).run(report)
  }
}
