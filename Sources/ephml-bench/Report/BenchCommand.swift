import EphemeralRuntime
import Foundation

/// A command that measures.
protocol BenchCommand: SendableMetatype {
  static var specification: CommandSpecification { get }
  init(_ command: ParsedCommand) throws
  /// Measures everything that was asked for.
  func run(_ report: Report) throws
}

/// Why a bench could not measure, in one line.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Options that several benches have.
enum BenchOptions {
  static let json = OptionSpecification.flag("--json", "Print one JSON object a case.")

  static func rounds(_ standard: Int, _ what: String) -> OptionSpecification {
    .option("--rounds", "N", "\(what); \(standard) if absent.")
  }

  /// The model of a bench that takes any.
  static let model = PositionalSpecification(
    "MODEL",
    "An ONNX file or a Hugging Face folder; $EPHML_BENCH_MODEL if absent, and without that a made "
      + "one of the shape of MiniLM.", required: false)

  static func roundCount(_ command: ParsedCommand, _ standard: Int) throws -> Int {
    try command.integer("--rounds", in: 1...10_000, default: standard)
  }

  static func tokens(
    _ standard: [Int], _ what: String = "Lengths of the text"
  ) -> OptionSpecification {
    let list = standard.map(String.init).joined(separator: ",")
    return .option("--tokens", "N,…", "\(what); \(list) if absent.")
  }

  static func tokenCounts(_ command: ParsedCommand, _ standard: [Int]) throws -> [Int] {
    try numbers(command, "--tokens", in: 1...4_096, default: standard)
  }

  /// The numbers of `--name N,…`.
  static func numbers(
    _ command: ParsedCommand, _ name: String, in range: ClosedRange<Int>, default standard: [Int]
  ) throws -> [Int] {
    guard let text = command.value(name) else { return standard }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let number = Int(word), range.contains(number) else {
        throw UsageError.invalidValue(
          option: name, value: text,
          problem: "needs numbers from \(range.lowerBound) to \(range.upperBound)",
          command: command.title)
      }
      return number
    }
  }
}

/// What is measured on.
enum Machine {
  /// A line for the head of a report.
  static func describe() -> Measurement {
    var measurement = Measurement(
      bench: "machine", name: "this",
      quantities: [.init("processors", "processors", count: EventLoop.processorCount)])
    measurement.facts["processor"] = line("/proc/cpuinfo", "model name") ?? "unknown"
    if let load = loadAverage {
      measurement.quantities.append(.init("load", "load average of one minute", load))
    }
    return measurement
  }

  /// The load average of the last minute: above the number of processors, times say little.
  static var loadAverage: Double? {
    (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?
      .split(separator: " ").first.flatMap { Double($0) }
  }

  /// The value behind the first line that begins with `name` and a colon.
  static func line(_ path: String, _ name: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).last?
      .trimmingCharacters(in: .whitespaces)
  }

  /// The most bytes that a process had in memory, or nil where the system does not tell.
  static func peakBytes(of processID: Int32) -> Int? {
    line("/proc/\(processID)/status", "VmHWM")?.split(separator: " ").first
      .flatMap { Int($0) }.map { $0 << 10 }
  }
}
