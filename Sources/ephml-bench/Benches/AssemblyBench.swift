import EphemeralEngine
import EphemeralModel
import EphemeralRuntime

/// `ephml-bench assembly`: from sealed chunks to a model, and the window of one inference.
struct AssemblyBench: BenchCommand {
  static let specification = CommandSpecification(
    "assembly", summary: "Time assembly, and how long weights lie open for one inference.",
    discussion: """
      Assembles a model from its sealed chunks in memory: every chunk opened straight to its place, \
      digests checked, matrices packed; and wipes it again. Then the same model with the lifetime \
      perInference, whose weights are opened for each request and wiped after it: its exposure \
      window, from the first chunk opened to the last byte wiped, is the time of a whole request.
      """,
    positionals: [BenchOptions.model],
    options: [
      .option("--tokens", "N,…", "Lengths of the text for the window; 16,128 if absent."),
      BenchOptions.rounds(7, "Timed runs of each"), BenchOptions.json,
    ],
    examples: [
      CommandExample("ephml-bench assembly --json", "Prints assembly and exposure windows.")
    ])

  private static let exposureLimit = 60.0

  private let path: String?
  private let tokens: [Int]
  private let rounds: Int

  init(_ command: ParsedCommand) throws {
    path = command.positionals.first
    tokens = try BenchOptions.numbers(command, "--tokens", in: 1...4_096, default: [16, 128])
    rounds = try BenchOptions.roundCount(command, 7)
  }

  func run(_ report: Report) throws {
    let source = try ModelSource.encoder(path, report)
    let decomposed = try DecomposedModel(model: source.path)
    var assembly = try assemble(decomposed)
    assembly.facts["model"] = source.description
    report.add(assembly)
    let brief = try DecomposedModel(model: source.path, lifetime: .perInference)
    let model = try brief.assembled()
    defer { _ = model.wipe() }
    let lengths: [Int?] = brief.image == nil ? tokens.map { $0 } : [nil]
    for length in lengths {
      let request = try brief.request(tokens: length)
      _ = try model.infer(request: request.span)
      var times: [Double] = []
      for _ in 0..<rounds {
        times.append(
          try Stopwatch.milliseconds { _ = try model.infer(request: request.span) })
      }
      let window = Statistics.median(times)
      var measurement = Measurement(
        bench: "exposure", name: length.map { "\($0) tokens" } ?? "one image",
        quantities: [
          .init("window_ms", "window", window, "ms"),
          .init("window_min_ms", "at best", times.min() ?? 0, "ms"),
        ])
      if length == 16 {
        measurement.targets = [.atMost(Self.exposureLimit, "ms that weights lie open", window)]
      }
      report.add(measurement)
    }
  }

  private func assemble(_ decomposed: DecomposedModel) throws -> Measurement {
    let parts = try decomposed.chunks()
    let key = try decomposed.key()
    var (opening, finishing, wiping): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<(rounds + 1) {
      let clock = ContinuousClock()
      let began = clock.now
      let assembler = try ModelAssembler(
        key: key, arena: SecretArena(budget: DecomposedModel.arenaBytes))
      for (index, chunk) in parts.chunks.enumerated() {
        try assembler.receive(
          index: index, header: (index == 0 ? parts.header : []).span, ciphertext: chunk.span)
      }
      let opened = clock.now
      let model = try assembler.finish()
      let finished = clock.now
      _ = model.wipe()
      opening.append(Stopwatch.milliseconds(opened - began))
      finishing.append(Stopwatch.milliseconds(finished - opened))
      wiping.append(Stopwatch.milliseconds(clock.now - finished))
    }
    // The first round meets cold code.
    func middle(_ times: [Double]) -> Double { Statistics.median(Array(times.dropFirst())) }
    let whole = middle(zip(opening, finishing).map { $0 + $1 })
    let bytes = Double(decomposed.weightBytes)
    return Measurement(
      bench: "assembly", name: "from chunks",
      quantities: [
        .init("assembly_ms", "", whole, "ms"),
        .init("assembly_gbps", "or", bytes / whole / 1e6, "GB/s"),
        .init("open_ms", "chunks opened", middle(opening), "ms"),
        .init("finish_ms", "checked and packed", middle(finishing), "ms"),
        .init("wipe_ms", "wiped again", middle(wiping), "ms"),
        .init("weight_bytes", "bytes", count: decomposed.weightBytes),
      ])
  }
}
