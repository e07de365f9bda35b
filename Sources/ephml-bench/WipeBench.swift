import EphemeralEngine
import EphemeralRuntime

/// `ephml-bench wipe`: times the wipe of an arena and `memset` in turn.
struct WipeBench {
  static let specification = CommandSpecification(
    "wipe", summary: "Time the wipe of an arena beside memset.",
    discussion: """
      Fills an arena of locked memory, wipes it, and has memset fill another of the same size and \
      kind, in turn. Prints the medians of both, and of the wipe with and without giving the memory \
      back to the system. What counts is the ratio of the bandwidths.
      """,
    options: [
      .option("--megabytes", "N", "Size of the arena; 256 if absent."),
      .option("--rounds", "N", "Timed wipes; 15 if absent."),
      .flag("--json", "Print one JSON object."),
    ],
    examples: [
      CommandExample("ephml-bench wipe", "Times the wipe of 256 MiB.")
    ])

  private let byteCount: Int
  private let rounds: Int
  private let json: Bool

  init(_ command: ParsedCommand) throws {
    byteCount = try command.integer("--megabytes", in: 1...65_536, default: 256) << 20
    rounds = try command.integer("--rounds", in: 1...10_000, default: 15)
    json = command.has("--json")
  }

  /// The medians of all rounds, in billions of bytes a second.
  struct Result {
    let fill: Double
    let overwrite: Double
    let wipe: Double
  }

  /// Times `rounds` wipes.
  static func measure(byteCount: Int, rounds: Int) throws -> Result {
    var timings: [WipeTiming] = []
    for round in 0..<rounds {
      timings.append(
        try WipeTiming.measure(byteCount: byteCount, fillsFirst: round.isMultiple(of: 2)))
    }
    func bandwidth(_ nanoseconds: KeyPath<WipeTiming, UInt64>) -> Double {
      let median = ModelBench.Result.median(timings.map { Double($0[keyPath: nanoseconds]) })
      return median > 0 ? Double(byteCount) / median : 0
    }
    return Result(
      fill: bandwidth(\.fillNanoseconds), overwrite: bandwidth(\.overwriteNanoseconds),
      wipe: bandwidth(\.wipeNanoseconds))
  }

  func run() throws -> ExitCode {
    ProcessGuards.raiseLockLimit()
    let result = try Self.measure(byteCount: byteCount, rounds: rounds)
    if json {
      BenchOutput.line([
        "bytes": byteCount, "memset_gbps": result.fill, "overwrite_gbps": result.overwrite,
        "wipe_gbps": result.wipe, "ratio_overwrite": result.overwrite / result.fill,
        "ratio_wipe": result.wipe / result.fill,
      ])
    } else {
      StandardStream.output(
        "wipe of \(byteCount >> 20) MiB: \(Self.text(result.overwrite)) GB/s, with the memory given "
          + "back \(Self.text(result.wipe)) GB/s; memset \(Self.text(result.fill)) GB/s (ratios "
          + "\(Self.text(result.overwrite / result.fill)) and "
          + "\(Self.text(result.wipe / result.fill)))\n")
    }
    return .done
  }

  private static func text(_ number: Double) -> String {
    "\((number * 1000).rounded() / 1000)"
  }
}
