import EphemeralEngine
import EphemeralModel
import EphemeralRuntime

/// `ephml-bench assembly`: from sealed chunks to a model, and the window of one inference.
struct AssemblyBench: BenchCommand {
  static let specification = CommandSpecification(
    "assembly", summary: "Time assembly, and how long weights lie open for one inference.",
    discussion: """
      Assembles a model and wipes it again, in two ways: from chunks one after the other, as they \
      come from a host (every chunk opened straight to its place, name and digest of the blob \
      checked, matrices packed), and from a sealed blob that is in memory already, on all threads. \
      Then the same model with the lifetime perInference, whose weights are opened for each request \
      and wiped after it, again on all threads: its exposure window runs from the first chunk \
      opened to the last byte wiped.
      """,
    positionals: [BenchOptions.model],
    options: [
      BenchOptions.tokens(standardTokens, "Lengths of the text for the window"),
      BenchOptions.rounds(7, "Timed runs of each"), BenchOptions.json,
    ],
    examples: [
      CommandExample("ephml-bench assembly --json", "Prints assembly and exposure windows.")
    ])

  private static let exposureLimit = 60.0
  private static let standardTokens = [16, 128]

  private let path: String?
  private let tokens: [Int]
  private let rounds: Int

  init(_ command: ParsedCommand) throws {
    path = command.positionals.first
    tokens = try BenchOptions.tokenCounts(command, Self.standardTokens)
    rounds = try BenchOptions.roundCount(command, 7)
  }

  func run(_ report: Report) throws {
    let source = try ModelSource.encoder(path, report)
    let decomposed = try DecomposedModel(model: source.path)
    for var measurement in try assemblies(decomposed) {
      measurement.facts["model"] = source.description
      report.add(measurement)
    }
    let brief = try DecomposedModel(model: source.path, lifetime: .perInference)
    let model = try brief.assembled()
    defer { _ = model.wipe() }
    for length in brief.lengths(tokens) { report.add(try exposure(model, brief, length)) }
  }

  // MARK: Assembly

  /// The times of one way, in milliseconds.
  private struct Times {
    var opening: [Double] = []
    var finishing: [Double] = []
    var wiping: [Double] = []

    func measurement(_ name: String, bytes: Int) -> Measurement {
      // The first round meets cold code.
      func middle(_ times: [Double]) -> Double { Statistics.median(Array(times.dropFirst())) }
      let whole = middle(zip(opening, finishing).map { $0 + $1 })
      return Measurement(
        bench: "assembly", name: name,
        quantities: [
          .init("assembly_ms", "", whole, "ms"),
          .init("assembly_gbps", "or", Double(bytes) / whole / 1e6, "GB/s"),
          .init("open_ms", "chunks opened", middle(opening), "ms"),
          .init("finish_ms", "checked and packed", middle(finishing), "ms"),
          .init("wipe_ms", "wiped again", middle(wiping), "ms"),
          .init("weight_bytes", "bytes", count: bytes),
        ])
    }
  }

  private func assemblies(_ decomposed: DecomposedModel) throws -> [Measurement] {
    let (header, chunks) = try decomposed.chunks()
    let key = try decomposed.key()
    var (fromChunks, fromBlob) = (Times(), Times())
    var blob: SealedBlob?
    for _ in 0..<(rounds + 1) {
      try assemble(key, keepsSealed: blob == nil, &fromChunks) { assembler in
        for (index, chunk) in chunks.enumerated() {
          try assembler.receive(
            index: index, header: index == 0 ? header : [], ciphertext: chunk)
        }
      } after: { assembler in
        blob = blob ?? assembler.sealedBlob
      }
      guard let blob else { throw BenchFailure("the assembly kept no sealed blob") }
      try assemble(key, keepsSealed: true, &fromBlob) { try $0.assemble(from: blob) }
    }
    return [
      fromChunks.measurement("from chunks, one thread", bytes: decomposed.weightBytes),
      fromBlob.measurement("from a sealed blob", bytes: decomposed.weightBytes),
    ]
  }

  private func assemble(
    _ key: borrowing TopologyKey, keepsSealed: Bool, _ times: inout Times,
    _ open: (ModelAssembler) throws -> Void, after: (ModelAssembler) -> Void = { _ in }
  ) throws {
    let clock = ContinuousClock()
    let began = clock.now
    let assembler = try ModelAssembler(
      key: key, arena: SecretArena(budget: DecomposedModel.arenaBytes), keepsSealed: keepsSealed)
    try open(assembler)
    let opened = clock.now
    let model = try assembler.finish()
    let finished = clock.now
    after(assembler)
    let beganWipe = clock.now
    _ = model.wipe()
    times.opening.append(Stopwatch.milliseconds(opened - began))
    times.finishing.append(Stopwatch.milliseconds(finished - opened))
    times.wiping.append(Stopwatch.milliseconds(clock.now - beganWipe))
  }

  // MARK: Exposure

  private func exposure(
    _ model: AssembledModel, _ decomposed: DecomposedModel, _ tokens: Int?
  ) throws -> Measurement {
    let request = try decomposed.request(tokens: tokens)
    _ = try model.infer(request: request.span)
    var (windows, times): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      times.append(
        try Stopwatch.milliseconds { _ = try model.infer(request: request.span) })
      windows.append(Double(model.exposureNanoseconds) / 1e6)
    }
    let window = Statistics.median(windows)
    var measurement = Measurement(
      bench: "exposure", name: tokens.map { "\($0) tokens" } ?? "one image",
      quantities: [
        .init("window_ms", "window", window, "ms"),
        .init("window_min_ms", "at best", windows.min() ?? 0, "ms"),
        .init("request_ms", "whole request", Statistics.median(times), "ms"),
      ])
    if tokens == 16 {
      measurement.targets = [.atMost(Self.exposureLimit, "ms that weights lie open", window)]
    }
    return measurement
  }
}
