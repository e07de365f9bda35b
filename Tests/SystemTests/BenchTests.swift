import EphemeralEngine
import EphemeralRuntime
import Foundation
import Testing

@testable import EphemeralClient
@testable import ephml_bench

/// `ephml-bench` as a program: every bench runs and says what it should; no time is judged.
@Suite("Benches")
struct BenchTests {
  /// One bench, its shortest arguments, and the keys of each of its lines.
  struct Bench: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    /// Whether a model goes behind the arguments.
    var takesModel = false
    /// How many lines come.
    let cases: Int
    let keys: Set<String>
    /// How many targets the lines have together.
    var targets = 0

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let benches = [
    Bench(
      arguments: ["gemm", "--rounds", "1"], cases: GemmBench.sizes.count,
      keys: ["gflops", "peak_gflops", "share_of_peak"]),
    Bench(
      arguments: ["operators", "--rounds", "1", "--only", "Relu"], cases: 3,
      keys: ["ns", "threads"]),
    Bench(
      arguments: ["model", "--rounds", "1", "--tokens", "4,128", "--threads", "1"],
      takesModel: true, cases: 2,
      keys: ["ours_ms", "tokens", "threads", "multiply_adds", "share_of_peak"], targets: 1),
    Bench(
      arguments: ["wipe", "--rounds", "2", "--megabytes", "4"], cases: 1,
      keys: ["overwrite_gbps", "wipe_gbps", "memset_gbps", "ratio_overwrite"], targets: 1),
    Bench(
      arguments: ["handshake", "--rounds", "1"], cases: 1,
      keys: ["handshake_ms", "must_ms", "ratio", "certificates_ms"], targets: 1),
    Bench(
      arguments: ["records", "--rounds", "1"], cases: 7, keys: [], targets: 2),
    Bench(
      arguments: ["e2e", "--rounds", "1", "--tokens", "4,128"], takesModel: true, cases: 4,
      keys: ["whole_ms", "bare_ms", "difference_ms", "ratio"], targets: 2),
    Bench(
      arguments: ["cold", "--rounds", "1", "--tokens", "4"], takesModel: true, cases: 2,
      keys: ["cold_ms", "attest_ms", "assemble_ms", "infer_ms"], targets: 2),
    Bench(
      arguments: ["sessions", "--sessions", "1,3", "--requests", "6"], cases: 2,
      keys: ["per_second", "latency_p50_ms", "latency_p99_ms", "enclave_peak_mib", "open_ms"]),
    Bench(
      arguments: ["memory", "--tokens", "4"], takesModel: true, cases: 1,
      keys: ["weights_mib", "peak_mib", "ratio"], targets: 1),
  ]

  @Test("Every bench prints a JSON object a case, with its keys", arguments: benches)
  func forms(bench: Bench) throws {
    let folder = try TemporaryFolder()
    let model = bench.takesModel ? [try Self.model(in: folder)] : []
    let lines = try Self.run(bench.arguments + model + ["--json"], in: folder)
    #expect(lines.count == bench.cases)
    for line in lines {
      #expect(line["bench"] as? String == bench.arguments[0])
      #expect(line["case"] as? String != nil)
      #expect(bench.keys.isSubset(of: line.keys), "\(bench.keys.subtracting(line.keys))")
      for key in bench.keys { #expect((line[key] as? NSNumber)?.doubleValue ?? -1 > 0, "\(key)") }
    }
    #expect(lines.map { Self.targets(of: $0).count }.reduce(0, +) == bench.targets)
    for target in lines.flatMap(Self.targets) {
      #expect(target["limit"] as? String != nil && target["met"] as? Bool != nil)
    }
  }

  @Test("Assembly tells of assembly and of the window of one request")
  func assembly() throws {
    let folder = try TemporaryFolder()
    let lines = try Self.run(
      ["assembly", "--rounds", "1", "--tokens", "16", try Self.model(in: folder), "--json"],
      in: folder)
    #expect(lines.compactMap { $0["bench"] as? String } == ["assembly", "assembly", "exposure"])
    #expect(lines.prefix(2).allSatisfy { $0["assembly_ms"] != nil && $0["wipe_ms"] != nil })
    #expect(lines.last?["window_ms"] != nil)
    #expect(lines.last.map { Self.targets(of: $0).count } == 1)
  }

  @Test("Peers are asked in turn, and the ratio of the medians is printed")
  func peers() throws {
    let folder = try TemporaryFolder()
    let peer = folder.file("peer")
    let script = "#!/bin/sh\nwhile read -r question; do echo '{\"ms\": 1000000}'; done\n"
    try FileAccess.write(Array(script.utf8), to: peer, mode: 0o755)
    let lines = try Self.run(
      [
        "model", "--rounds", "2", "--tokens", "16", "--threads", "1", "--peers", peer,
        "--engines", "onnxruntime", try Self.model(in: folder), "--json",
      ], in: folder)
    let line = try #require(lines.first)
    #expect(line["onnxruntime_ms"] as? Double == 1_000_000)
    let ratio = try #require(line["ratio_onnxruntime"] as? Double)
    // Both are printed with six digits, each rounded by itself.
    let quotient = (line["ours_ms"] as? Double ?? 0) / 1_000_000
    #expect(quotient > 0 && abs(ratio / quotient - 1) < 1e-5)
    #expect(Self.targets(of: line).first?["met"] as? Bool == true)
  }

  @Test("Options alone run everything that is not skipped, and end with the count of targets")
  func everything() throws {
    let folder = try TemporaryFolder()
    let image = folder.file("image.onnx")
    try FileAccess.write(MadeModels.perceptron(width: 8, seed: 2), to: image)
    let lines = try Self.run(
      [
        "--json", "--rounds=1", "--image-model=\(image)",
        "--skip=gemm,operators,wipe,handshake,e2e,cold,sessions,memory", try Self.model(in: folder),
      ], in: folder)
    let names = lines.compactMap { $0["bench"] as? String }
    #expect(names.first == "machine" && names.last == "all")
    #expect(Set(names) == ["machine", "model", "assembly", "exposure", "records", "all"])
    #expect(lines.last?["count"] as? Int == lines.map { Self.targets(of: $0).count }.reduce(0, +))
  }

  @Test("A bench that does not exist cannot be skipped")
  func unknownSkip() throws {
    let folder = try TemporaryFolder()
    let run = try Run.toEnd("ephml-bench", ["--skip", "gem"], in: folder)
    #expect(run.exitCode == ExitCode.usage.rawValue)
    #expect(try run.onlyError().contains("operators"))
  }

  // MARK: Help

  private static func model(in folder: TemporaryFolder) throws -> String {
    let path = folder.file("tiny.onnx")
    try FileAccess.write(MadeModels.encoder(.tiny), to: path)
    return path
  }

  private static func run(
    _ arguments: [String], in folder: TemporaryFolder
  ) throws -> [[String: Any]] {
    let run = try Run.toEnd("ephml-bench", arguments, in: folder)
    try #require(run.exitCode == 0, "\(run.errors)")
    return try run.output.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return try #require(object as? [String: Any])
    }
  }

  private static func targets(of line: [String: Any]) -> [[String: Any]] {
    line["targets"] as? [[String: Any]] ?? []
  }
}

/// The arithmetic and the command lines of the benches.
@Suite("Bench arithmetic")
struct BenchArithmeticTests {
  @Test("The median is the middle of the sorted numbers, the upper of two")
  func median() {
    #expect(Statistics.median([]) == 0)
    #expect(Statistics.median([3]) == 3)
    #expect(Statistics.median([9, 1, 5]) == 5)
    #expect(Statistics.median([4, 1, 3, 2]) == 3)
  }

  @Test("Percentiles are members of the sorted numbers")
  func percentiles() {
    let numbers = (1...100).map(Double.init).shuffled()
    #expect(Statistics.percentile(0, of: numbers) == 1)
    #expect(Statistics.percentile(95, of: numbers) == 96)
    #expect(Statistics.percentile(100, of: numbers) == 100)
  }

  @Test("A ratio is that of the medians; nothing to compare with gives 0")
  func ratio() {
    #expect(Statistics.ratio([3, 1, 2], to: [8, 4, 100]) == 0.25)
    #expect(Statistics.ratio([1], to: []) == 0)
  }

  @Test("The share of the peak counts a multiply-add as two operations")
  func share() {
    // Two billion multiply-adds in 100 ms are 40 GFLOP/s.
    let share = Statistics.shareOfPeak(
      multiplyAdds: 2_000_000_000, milliseconds: 100, peak: 80)
    #expect(share == 0.5)
    #expect(Statistics.shareOfPeak(multiplyAdds: 1, milliseconds: 0, peak: 80) == 0)
  }

  @Test("The multiply-adds of an encoder are those of its products at that length")
  func multiplyAdds() throws {
    let shape = MadeModels.Encoder.tiny
    let source = try ModelSource(making: "encoder", MadeModels.encoder(shape))
    let decomposed = try DecomposedModel(model: source.path)
    let model = try decomposed.assembled()
    for tokens in [5, 32] {
      let request = try decomposed.request(tokens: tokens)
      _ = try model.infer(request: request.span)
      let linear = 4 * shape.width * shape.width + 2 * shape.width * shape.inner
      let attention = 2 * tokens * shape.width
      #expect(model.multiplyAdds == shape.layers * tokens * (linear + attention))
    }
    _ = model.wipe()
  }

  @Test("Only options without a command become `all`")
  func commands() {
    let name = "ephml-bench"
    #expect(
      BenchProgram.withCommand([name, "--peers", "x"]) == [name, "all", "--peers", "x"])
    for arguments in [[name], [name, "gemm"], [name, "--help"], [name, "help"], [name, "-h"]] {
      #expect(BenchProgram.withCommand(arguments) == arguments)
    }
  }

  @Test("Lists of numbers are read, and others are refused")
  func numbers() throws {
    func parse(_ text: String) throws -> [Int] {
      let parser = CommandLineParser(BenchProgram.specification)
      guard case .run(let command) = try parser.parse(["sessions", "--sessions", text]) else {
        return []
      }
      return try BenchOptions.numbers(command, "--sessions", in: 1...9, default: [])
    }
    #expect(try parse("1,4,9") == [1, 4, 9])
    for text in ["", "1,", "0", "10", "a", "1 2"] {
      #expect(throws: UsageError.self, "\(text)") { try parse(text) }
    }
  }

  @Test("Targets are met at their limits, and the path's by either of its two")
  func targets() throws {
    #expect(Measurement.Target.atMost(0.9, "r", 0.9).isMet)
    #expect(!Measurement.Target.atMost(0.9, "r", 0.901).isMet)
    #expect(Measurement.Target.atLeast(0.87, "s", 0.87).isMet)
    func path(_ whole: Double, _ alone: Double) throws -> Bool {
      let measurement = EndToEndBench.measurement(
        128, isPooled: true, whole: .init(others: [whole, whole]),
        alone: .init(others: [alone, alone]),
        ModelSource(path: "model"))
      return try #require(measurement.targets.first).isMet
    }
    #expect(try path(8.2, 8.0))
    #expect(try path(40.9, 40.0))
    #expect(try !path(8.5, 8.0))
    #expect(ModelResult.limit(of: "onnxruntime", tokens: 64) == nil)
    #expect(ModelResult.limit(of: "openvino", tokens: 64) == 0.9)
    #expect(ModelResult.limit(of: "onnxruntime", tokens: nil) == 1.1)
  }
}
