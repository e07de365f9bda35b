import EphemeralClient
import EphemeralCrypto
import EphemeralModel
import EphemeralRuntime
import Foundation

/// `ephml-bench sessions`: many sessions with one enclave at once.
struct SessionsBench: BenchCommand {
  static let specification = CommandSpecification(
    "sessions", summary: "Time many sessions at once.",
    discussion: """
      Starts a real host and a real enclave on loopback, opens so many sessions with a small \
      perceptron, and lets all of them ask at once, each anew as soon as its answer came. Prints \
      inferences a second, how long one takes, how long a session takes to open, and the most \
      memory that the enclave had.
      """,
    options: [
      .option("--sessions", "N,…", "Numbers of sessions; 1,4,16,64,256 if absent."),
      .option("--requests", "N", "Requests of each round, all sessions together; 2048 if absent."),
      BenchOptions.json,
    ],
    examples: [CommandExample("ephml-bench sessions --sessions 1,64", "Compares one with many.")])

  /// Numbers in and out of the model.
  private static let width = 64
  /// Sessions that are being opened at once: half-open ones have little time.
  private static let opening = 16

  private let counts: [Int]
  private let requests: Int

  init(_ command: ParsedCommand) throws {
    counts = try BenchOptions.numbers(
      command, "--sessions", in: 1...1_024, default: [1, 4, 16, 64, 256])
    requests = try command.integer("--requests", in: 1...1_000_000, default: 2_048)
  }

  func run(_ report: Report) throws {
    let source = try ModelSource(
      making: "perceptron", MadeModels.perceptron(width: Self.width, seed: 1))
    let decomposed = try DecomposedModel(model: source.path)
    for count in counts { report.add(try measure(count, decomposed)) }
  }

  private func measure(_ count: Int, _ decomposed: DecomposedModel) throws -> Measurement {
    let folder = try TemporaryFolder()
    let servers = try BenchServers(
      enclave: ["--max-sessions", "\(count)", "--memory", "\(1 << 40)"],
      host: ["--max-clients", "\(count + 8)"], in: folder)
    let client = try BenchClient(of: servers)
    _ = try client.driver.push(path: decomposed.blobPath)
    var runs: [ClientRun] = []
    let opening = try Stopwatch.milliseconds {
      while runs.count < count {
        runs.append(try client.driver.begin(decomposed.key(), policy: client.policy))
        client.loop.run { runs.count { !$0.isReady && $0.outcome == nil } >= Self.opening }
      }
      client.loop.run { runs.contains { !$0.isReady && $0.outcome == nil } }
    }
    if let failed = runs.first(where: { !$0.isReady }) { throw failed.error }
    let each = max(requests / count, 2)
    var latencies: [Double] = []
    let time = try Stopwatch.milliseconds {
      latencies = try askAll(runs, each, decomposed, client.loop)
    }
    for run in runs { run.finish() }
    client.loop.run { runs.contains { $0.outcome == nil } }
    var measurement = Measurement(
      bench: "sessions", name: "\(count) at once",
      quantities: [
        .init("sessions", "sessions", count: count),
        .init("inferences", "inferences", count: latencies.count),
        .init("per_second", "a second", Double(latencies.count) / time * 1e3),
        .init("latency_p50_ms", "half within", Statistics.percentile(50, of: latencies), "ms"),
        .init("latency_p95_ms", "95 % within", Statistics.percentile(95, of: latencies), "ms"),
        .init("latency_p99_ms", "99 % within", Statistics.percentile(99, of: latencies), "ms"),
        .init("open_ms", "opened in", opening / Double(count), "ms each"),
      ])
    if let peak = servers.enclavePeakBytes {
      measurement.quantities.append(
        .init("enclave_peak_mib", "the enclave's peak", Double(peak) / Double(1 << 20), "MiB"))
    }
    return measurement
  }

  /// Lets every session ask so often; returns the milliseconds of each answer.
  private func askAll(
    _ runs: [ClientRun], _ each: Int, _ decomposed: DecomposedModel, _ loop: EventLoop
  ) throws -> [Double] {
    var left = [Int](repeating: each, count: runs.count)
    var latencies: [Double] = []
    var failure: (any Error)?
    func ask(_ index: Int) {
      guard left[index] > 0 else { return }
      left[index] -= 1
      do {
        let request = try decomposed.request(tokens: nil, sequence: runs[index].nextSequence ?? 0)
        runs[index].send(try SecretBytes(copying: request.span))
      } catch { failure = error }
    }
    for index in runs.indices { ask(index) }
    loop.run {
      for (index, run) in runs.enumerated() {
        guard run.hasResult || run.outcome != nil else { continue }
        do {
          let outcome = try run.takeResult()
          latencies.append(Double(outcome.nanoseconds) / 1e6)
        } catch { failure = error }
        if failure == nil { ask(index) }
      }
      return failure == nil && latencies.count < each * runs.count
    }
    if let failure { throw failure }
    return latencies
  }
}
