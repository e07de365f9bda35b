import EphemeralEngine
import EphemeralRuntime
import Foundation

/// `ephml-bench model`: times a model, other engines in turn.
struct ModelBench: BenchCommand {
  static let specification = CommandSpecification(
    "model", summary: "Time a model, other engines in turn with ours.",
    discussion: """
      Decomposes and assembles a model and times inferences: of a text of each length, or of one \
      image. With --peers a process of the given command answers one timed run for each JSON line \
      that it is sent, so that ours and theirs take turns in one run; what counts is the ratio of \
      the medians. Before each run all threads get time to come to rest. In between, each round \
      also times multiply-adds that touch no memory, on one thread: the share of the peak is how \
      much of that limit, times the threads, the matrix products of the whole run reach. How many \
      multiply-adds those have is counted from the model's own graph at that length. A question to \
      a peer is {"peer":"onnxruntime","threads":1,"model":"FILE.onnx","tokens":128}, for an image \
      with "input" and "shape" instead of "tokens"; the answer is {"ms":35.8}.
      """,
    positionals: [BenchOptions.model],
    options: [
      BenchOptions.tokens(standardTokens),
      .option("--threads", "N,…", "Numbers of threads; 1,2 if absent."),
      BenchOptions.rounds(15, "Timed runs of each engine and case"),
      .option("--peers", "COMMAND", "A program that times other engines, with its arguments."),
      .option("--engines", "NAME,…", "Which it knows; onnxruntime,openvino if absent."),
      BenchOptions.json,
    ],
    examples: [
      CommandExample(
        "ephml-bench model minilm.onnx --tokens 128 --peers 'python3 peers.py'",
        "Compares 128 tokens with one and with two threads.")
    ])

  private static let standardTokens = [16, 64, 128, 256]

  private let path: String?
  private let tokens: [Int]
  private let threads: [Int]
  private let rounds: Int
  private let peers: Peer?
  private let peerNames: [String]

  init(_ command: ParsedCommand) throws {
    path = command.positionals.first
    tokens = try BenchOptions.tokenCounts(command, Self.standardTokens)
    threads = try BenchOptions.numbers(
      command, "--threads", in: 1...ComputePool.maximumWidth, default: [1, 2])
    rounds = try BenchOptions.roundCount(command, 15)
    let engines = command.value("--engines") ?? "onnxruntime,openvino"
    peerNames = engines.split(separator: ",").map(String.init)
    peers = try command.value("--peers").map { try Peer(command: $0) }
  }

  func run(_ report: Report) throws {
    let source = try ModelSource.encoder(path, report)
    if peers != nil, !source.path.hasSuffix(".onnx") {
      throw BenchFailure("\(source.path): the peers need an ONNX file")
    }
    let decomposed = try DecomposedModel(model: source.path)
    for width in threads {
      let pool = ComputePool(width: width)
      defer { pool.stop() }
      let model = try decomposed.assembled(pool: pool)
      defer { _ = model.wipe() }
      for length in decomposed.lengths(tokens) {
        report.add(
          try time(
            model, of: decomposed, at: source, tokens: length, threads: width))
      }
    }
  }

  /// Lets the threads of whoever ran last come to rest: some engines' keep spinning for a while.
  private func rest() { if peers != nil { usleep(20_000) } }

  private func time(
    _ model: AssembledModel, of decomposed: DecomposedModel, at source: ModelSource, tokens: Int?,
    threads: Int
  ) throws -> Measurement {
    let request = try decomposed.request(tokens: tokens)
    for _ in 0..<3 { _ = try model.infer(request: request.span) }
    let limit = try ProductBench(rows: 6, columns: 16, depth: 16)
    var (ours, peaks): ([Double], [Double]) = ([], [])
    var theirs: [String: [Double]] = [:]
    for _ in 0..<rounds {
      rest()
      peaks.append(limit.peak())
      ours.append(
        try Stopwatch.milliseconds { _ = try model.infer(request: request.span) })
      guard let peers else { continue }
      for name in peerNames {
        var question: [String: Any] = ["peer": name, "threads": threads, "model": source.path]
        if let tokens {
          question["tokens"] = tokens
        } else if let image = decomposed.image {
          question["input"] = image.name
          question["shape"] = image.shape
        }
        rest()
        theirs[name, default: []].append(try peers.run(question))
      }
    }
    let result = ModelResult(
      tokens: tokens, threads: threads, multiplyAdds: model.multiplyAdds,
      peak: Statistics.median(peaks), ours: ours, peers: theirs)
    var measurement = result.measurement
    measurement.facts["model"] = source.description
    return measurement
  }
}

/// The times of one case, in milliseconds.
struct ModelResult {
  let tokens: Int?
  let threads: Int
  /// Of the matrix products of one run; nil where they are not known.
  let multiplyAdds: Int?
  /// Billions of operations a second that one thread can do at best.
  let peak: Double
  let ours: [Double]
  let peers: [String: [Double]]

  /// The numbers, and what is asked of them (for MiniLM, and for ResNet-50 as the image).
  var measurement: Measurement {
    let time = Statistics.median(ours)
    let name = (tokens.map { "\($0) tokens" } ?? "one image") + ", \(threads) threads"
    var measurement = Measurement(
      bench: "model", name: name,
      quantities: [
        .init("ours_ms", "", time, "ms"), .init("ours_min_ms", "at best", ours.min() ?? 0, "ms"),
        .init("threads", "threads", count: threads),
      ])
    if let tokens { measurement.quantities.append(.init("tokens", "tokens", count: tokens)) }
    for (name, times) in peers.sorted(by: { $0.key < $1.key }) {
      let ratio = Statistics.ratio(ours, to: times)
      measurement.quantities += [
        .init("\(name)_ms", name, Statistics.median(times), "ms"),
        .init("\(name)_min_ms", "at best", times.min() ?? 0, "ms"),
        .init("ratio_\(name)", "ratio", ratio),
      ]
      if let limit = Self.limit(of: name, tokens: tokens) {
        measurement.targets.append(.atMost(limit, "time / \(name)'s", ratio))
      }
    }
    if let multiplyAdds {
      let share = Statistics.shareOfPeak(
        multiplyAdds: multiplyAdds, milliseconds: time, peak: peak * Double(threads))
      measurement.quantities += [
        .init("multiply_adds", "multiply-adds", count: multiplyAdds),
        .init("peak_gflops", "one thread's peak", peak, "GFLOP/s"),
        .init("share_of_peak", "share of the peak", share),
      ]
      if tokens == 128, threads == 1 {
        measurement.targets.append(.atLeast(0.87, "share of the peak, whole run", share))
      }
    }
    return measurement
  }

  /// The most that the ratio of the medians may be.
  static func limit(of engine: String, tokens: Int?) -> Double? {
    switch (engine, tokens) {
    case ("onnxruntime", 16): 0.85
    case ("onnxruntime", 128), ("onnxruntime", 256): 0.90
    case ("onnxruntime", nil): 1.1
    case ("openvino", .some): 0.90
    default: nil
    }
  }
}
