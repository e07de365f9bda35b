import EphemeralClient
import EphemeralCrypto
import EphemeralModel
import EphemeralRuntime
import Foundation

/// `ephml-bench cold`: from connecting to the first answer.
struct ColdBench: BenchCommand {
  static let specification = CommandSpecification(
    "cold", summary: "Time a session from connecting to its first answer.",
    discussion: """
      Starts a real host and a real enclave on loopback, the weight blob at the host, and times new \
      sessions from connecting to the first verified answer: attestation, keys, topology, weights, \
      assembly, one inference. The first session of an enclave fetches the blob from the host; \
      with a sealed cache in the enclave the second finds it there. Each round starts both anew.
      """,
    positionals: [BenchOptions.model],
    options: [
      .option("--tokens", "N", "Length of the text; 16 if absent."),
      BenchOptions.rounds(5, "Timed sessions of each kind"), BenchOptions.json,
    ],
    examples: [CommandExample("ephml-bench cold", "Prints milliseconds to the first answer.")])

  private static let (hostLimit, cacheLimit) = (300.0, 120.0)

  private let path: String?
  private let tokens: Int
  private let rounds: Int

  init(_ command: ParsedCommand) throws {
    path = command.positionals.first
    tokens = try command.integer("--tokens", in: 1...4_096, default: 16)
    rounds = try BenchOptions.roundCount(command, 5)
  }

  func run(_ report: Report) throws {
    let source = try ModelSource.encoder(path, report)
    let decomposed = try DecomposedModel(model: source.path)
    let folder = try TemporaryFolder()
    var kinds: [Kind] = [Kind(name: "blob at the host", limit: Self.hostLimit)]
    kinds.append(Kind(name: "sealed blob cached", limit: Self.cacheLimit))
    for round in 0..<rounds {
      let servers = try BenchServers(in: folder)
      let client = try BenchClient(of: servers)
      if round == 0 { _ = try client.driver.push(path: decomposed.blobPath) }
      for index in kinds.indices { try kinds[index].add(session(client, decomposed)) }
    }
    for kind in kinds { report.add(kind.measurement(source)) }
  }

  /// The times of one kind of session.
  private struct Kind {
    let name: String
    let limit: Double
    private var whole: [Double] = []
    private var phases: [(name: String, times: [Double])] = []

    init(name: String, limit: Double) {
      self.name = name
      self.limit = limit
    }

    mutating func add(_ session: (milliseconds: Double, phases: [PhaseTiming])) {
      whole.append(session.milliseconds)
      for phase in session.phases {
        let time = Double(phase.nanoseconds) / 1e6
        if let index = phases.firstIndex(where: { $0.name == phase.name }) {
          phases[index].times.append(time)
        } else {
          phases.append((phase.name, [time]))
        }
      }
    }

    func measurement(_ source: ModelSource) -> Measurement {
      let time = Statistics.median(whole)
      var measurement = Measurement(
        bench: "cold", name: name, quantities: [.init("cold_ms", "", time, "ms")])
      for phase in phases {
        measurement.quantities.append(
          .init("\(phase.name)_ms", phase.name, Statistics.median(phase.times), "ms"))
      }
      measurement.targets = [.atMost(limit, "ms from connect to the first answer", time)]
      measurement.facts["model"] = source.description
      return measurement
    }
  }

  private func session(
    _ client: BenchClient, _ decomposed: DecomposedModel
  ) throws -> (milliseconds: Double, phases: [PhaseTiming]) {
    let key = try decomposed.key()
    let request = try decomposed.request(
      tokens: decomposed.image == nil ? tokens : nil, sequence: 0)
    let clock = ContinuousClock()
    let began = clock.now
    let run = try client.driver.open(key, policy: client.policy)
    let outcome = try run.infer(SecretBytes(copying: request.span))
    let ended = clock.now
    _ = outcome.sequence
    let phases = run.timings
    _ = try run.close()
    return (Stopwatch.milliseconds(ended - began), phases)
  }
}

/// `ephml-bench memory`: what the enclave takes beside the weights.
struct MemoryBench: BenchCommand {
  static let specification = CommandSpecification(
    "memory", summary: "Compare the enclave's memory with the model's weights.",
    discussion: """
      Starts a real host and a real enclave on loopback, assembles a model for a whole session, \
      asks some questions, and reads from the system the most memory that the enclave's process \
      ever had, itself and its libraries included. What counts is the ratio to the weights.
      """,
    positionals: [BenchOptions.model],
    options: [
      .option("--tokens", "N", "Length of the text; 128 if absent."), BenchOptions.json,
    ],
    examples: [CommandExample("ephml-bench memory", "Prints the ratio.")])

  private static let limit = 1.35
  private static let requests = 8

  private let path: String?
  private let tokens: Int

  init(_ command: ParsedCommand) throws {
    path = command.positionals.first
    tokens = try command.integer("--tokens", in: 1...4_096, default: 128)
  }

  func run(_ report: Report) throws {
    let source = try ModelSource.encoder(path, report)
    let decomposed = try DecomposedModel(model: source.path)
    let folder = try TemporaryFolder()
    // The cache of sealed blobs has a bound of its own.
    let servers = try BenchServers(enclave: ["--sealed-cache", "0"], in: folder)
    let client = try BenchClient(of: servers)
    _ = try client.driver.push(path: decomposed.blobPath)
    let idle = servers.enclavePeakBytes ?? 0
    let run = try client.driver.open(decomposed.key(), policy: client.policy)
    let assembled = servers.enclavePeakBytes ?? 0
    for _ in 0..<Self.requests {
      let request = try decomposed.request(
        tokens: decomposed.image == nil ? tokens : nil, sequence: run.nextSequence ?? 0)
      let outcome = try run.infer(SecretBytes(copying: request.span))
      _ = outcome.sequence
    }
    guard let peak = servers.enclavePeakBytes else {
      throw BenchFailure("the system does not tell the enclave's peak")
    }
    _ = try run.close()
    let ratio = Double(peak) / Double(decomposed.weightBytes)
    func mebibytes(_ bytes: Int) -> Double { Double(bytes) / Double(1 << 20) }
    var measurement = Measurement(
      bench: "memory", name: "\(tokens) tokens",
      quantities: [
        .init("weights_mib", "weights", mebibytes(decomposed.weightBytes), "MiB"),
        .init("peak_mib", "the enclave's peak", mebibytes(peak), "MiB"),
        .init("assembled_mib", "until assembled", mebibytes(assembled), "MiB"),
        .init("idle_mib", "before any session", mebibytes(idle), "MiB"),
        .init("ratio", "ratio", ratio),
      ])
    measurement.targets = [.atMost(Self.limit, "enclave's peak / weights", ratio)]
    measurement.facts["model"] = source.description
    report.add(measurement)
  }
}
