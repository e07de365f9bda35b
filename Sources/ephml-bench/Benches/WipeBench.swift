import EphemeralEngine
import EphemeralRuntime

/// `ephml-bench wipe`: times the wipe of an arena and `memset` in turn.
struct WipeBench: BenchCommand {
  static let specification = CommandSpecification(
    "wipe", summary: "Time the wipe of an arena beside memset.",
    discussion: """
      Fills an arena of locked memory, wipes it, and has memset fill another of the same size and \
      kind, in turn. Prints the medians of both, and of the wipe with and without giving the memory \
      back to the system. What counts is the ratio of the bandwidths.
      """,
    options: [
      .option("--megabytes", "N", "Size of the arena; 256 if absent."),
      BenchOptions.rounds(15, "Timed wipes"), BenchOptions.json,
    ],
    examples: [
      CommandExample("ephml-bench wipe", "Times the wipe of 256 MiB.")
    ])

  private static let limit = 0.8

  private let byteCount: Int
  private let rounds: Int

  init(_ command: ParsedCommand) throws {
    byteCount = try command.integer("--megabytes", in: 1...65_536, default: 256) << 20
    rounds = try BenchOptions.roundCount(command, 15)
  }

  func run(_ report: Report) throws {
    ProcessGuards.raiseLockLimit()
    let timings = try (0..<rounds).map { round in
      try WipeTiming.measure(byteCount: byteCount, fillsFirst: round.isMultiple(of: 2))
    }
    func bandwidth(_ nanoseconds: KeyPath<WipeTiming, UInt64>) -> Double {
      let median = Statistics.median(timings.map { Double($0[keyPath: nanoseconds]) })
      return median > 0 ? Double(byteCount) / median : 0
    }
    let (fill, overwrite) = (bandwidth(\.fillNanoseconds), bandwidth(\.overwriteNanoseconds))
    let wipe = bandwidth(\.wipeNanoseconds)
    let ratio = fill > 0 ? overwrite / fill : 0
    var measurement = Measurement(
      bench: "wipe", name: "\(byteCount >> 20) MiB",
      quantities: [
        .init("overwrite_gbps", "", overwrite, "GB/s"),
        .init("wipe_gbps", "with the memory given back", wipe, "GB/s"),
        .init("memset_gbps", "memset", fill, "GB/s"),
        .init("ratio_overwrite", "ratio", ratio),
        .init("ratio_wipe", "with the memory given back", fill > 0 ? wipe / fill : 0),
        .init("bytes", "bytes", count: byteCount),
      ])
    measurement.targets = [.atLeast(Self.limit, "wipe's bandwidth / memset's", ratio)]
    report.add(measurement)
  }
}
