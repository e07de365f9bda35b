import EphemeralClient
import EphemeralCrypto
import EphemeralDecompose
import EphemeralEngine
import EphemeralModel
import EphemeralRuntime
import Foundation

/// `ephml-bench e2e`: a request through all three processes beside the bare engine.
struct EndToEndBench: BenchCommand {
  static let specification = CommandSpecification(
    "e2e", summary: "Time requests through client, host and enclave beside the bare engine.",
    discussion: """
      Starts a real host and a real enclave (mock attestation) on loopback, opens one session, and \
      times requests: sealed here, relayed by the host, opened, computed, hashed, signed, sealed in \
      the enclave, relayed, opened and verified here. In turn with them, the same requests go \
      straight to the same model assembled in this process. A turn is six requests, one after the \
      other; between turns everything rests, and the first request of a turn is told apart. Both \
      engines have a thread for each processor, and neither runs while the other is timed. A text \
      encoder is timed twice: with a vector for each text, made in the enclave, and with hidden \
      states that leave it.
      """,
    positionals: [BenchOptions.model],
    options: [
      BenchOptions.tokens(standardTokens),
      BenchOptions.rounds(21, "Turns of each"), BenchOptions.json,
    ],
    examples: [
      CommandExample("ephml-bench e2e minilm.onnx", "Prints what the protection costs a request.")
    ])

  /// Requests of one turn behind its first.
  private static let turn = 5
  /// What everything rests between turns, in microseconds.
  private static let rest: useconds_t = 3_000

  /// What the confidential path may cost at most: whichever allows more.
  static let (relativeLimit, absoluteLimit) = (0.03, 0.3)

  private static let standardTokens = [16, 128]

  private let path: String?
  private let tokens: [Int]
  private let rounds: Int

  init(_ command: ParsedCommand) throws {
    path = command.positionals.first
    tokens = try BenchOptions.tokenCounts(command, Self.standardTokens)
    rounds = try BenchOptions.roundCount(command, 21)
  }

  func run(_ report: Report) throws {
    let source = try ModelSource.encoder(path, report)
    let asIs = try DecomposedModel(model: source.path)
    if asIs.image == nil {
      do {
        try time(DecomposedModel(model: source.path, pooling: .to(.mean)), source, report)
      } catch let error as DecomposeError {
        report.note("\(error.problem.text), so it is timed with its own outputs alone")
      }
    }
    try time(asIs, source, report)
  }

  /// Times a model, alone and through all processes, at each length.
  private func time(
    _ decomposed: DecomposedModel, _ source: ModelSource, _ report: Report
  ) throws {
    let bare = try decomposed.assembled()
    defer { _ = bare.wipe() }
    let folder = try TemporaryFolder()
    let servers = try BenchServers(in: folder)
    let client = try BenchClient(of: servers)
    _ = try client.driver.push(path: decomposed.blobPath)
    let run = try client.driver.open(decomposed.key(), policy: client.policy)
    let isPooled = decomposed.topology.graph.outputs.first?.name == Pooling.output
    for length in decomposed.lengths(tokens) {
      var (whole, alone) = (Turns(), Turns())
      for round in -1..<rounds {
        let direct = try Self.turn({ try decomposed.request(tokens: length) }) { request in
          _ = try bare.infer(request: request.span)
        }
        let sealed = try Self.turn({
          try decomposed.request(tokens: length, sequence: run.nextSequence ?? 0)
        }) { request in
          _ = try run.infer(SecretBytes(copying: request.span)).sequence
        }
        guard round >= 0 else { continue }
        alone.add(direct)
        whole.add(sealed)
      }
      report.add(Self.measurement(length, isPooled: isPooled, whole: whole, alone: alone, source))
    }
    _ = try run.close()
  }

  /// Milliseconds of requests, turn by turn.
  struct Turns {
    /// Those that came after a rest.
    var first: [Double] = []
    /// Those that came one after the other.
    var others: [Double] = []

    /// Adds one turn, the first request of it first.
    mutating func add(_ turn: [Double]) {
      first += turn.prefix(1)
      others += turn.dropFirst()
    }
  }

  /// One turn behind a rest; making a request is not timed.
  private static func turn(
    _ request: () throws -> [UInt8], _ answer: ([UInt8]) throws -> Void
  ) throws -> [Double] {
    usleep(rest)
    return try (0...turn).map { _ in
      let request = try request()
      return try Stopwatch.milliseconds { try answer(request) }
    }
  }

  /// The numbers of one length, and whether the path is quick enough.
  static func measurement(
    _ tokens: Int?, isPooled: Bool, whole: Turns, alone: Turns, _ source: ModelSource
  ) -> Measurement {
    // Neighbors in time met the same load, so their differences say more than the medians'.
    func more(_ whole: [Double], _ alone: [Double]) -> Double {
      Statistics.median(zip(whole, alone).map { $0 - $1 })
    }
    let difference = more(whole.others, alone.others)
    let base = Statistics.median(alone.others)
    let relative = base > 0 ? difference / base : 0
    let name = tokens.map { "\($0) tokens, " + (isPooled ? "one vector" : "hidden states") }
    var measurement = Measurement(
      bench: "e2e", name: name ?? "one image",
      quantities: [
        .init("whole_ms", "through three processes", Statistics.median(whole.others), "ms"),
        .init("whole_min_ms", "at best", whole.others.min() ?? 0, "ms"),
        .init("bare_ms", "bare engine", base, "ms"),
        .init("bare_min_ms", "at best", alone.others.min() ?? 0, "ms"),
        .init("difference_ms", "difference", difference, "ms"),
        .init(
          "rested_difference_ms", "difference after a rest", more(whole.first, alone.first), "ms"),
        .init("ratio", "ratio", Statistics.ratio(whole.others, to: alone.others)),
        .init("threads", "threads", count: ComputePool.shared.width),
      ])
    measurement.facts["model"] = source.description
    if tokens == 128 {
      measurement.targets = [
        .init(
          words: "ms more than the bare engine", measured: difference,
          limit: "at most 3 % (\(Measurement.Quantity.short(base * relativeLimit))) or 0.3",
          isMet: difference <= absoluteLimit || relative <= relativeLimit)
      ]
    }
    return measurement
  }
}
