import EphemeralEngine
import EphemeralRuntime

/// `ephml-bench gemm`: matrix products and the processor's own limit in turn.
struct GemmBench: BenchCommand {
  static let specification = CommandSpecification(
    "gemm", summary: "Time matrix products beside the processor's limit.",
    discussion: """
      Runs products of the sizes that a small BERT has, on one thread, in turn with multiply-adds \
      that touch no memory, and prints which share of that limit they reach.
      """,
    options: [BenchOptions.rounds(30, "Timed runs of each size"), BenchOptions.json],
    examples: [CommandExample("ephml-bench gemm --json", "Prints a line for each size.")])

  /// The products of a BERT of width 384 at 128 tokens and at 16, and a large one.
  static let sizes = [
    (128, 384, 384), (128, 1_536, 384), (128, 384, 1_536), (16, 1_536, 384), (512, 1_024, 1_024),
  ]

  private let rounds: Int

  init(_ command: ParsedCommand) throws { rounds = try BenchOptions.roundCount(command, 30) }

  func run(_ report: Report) throws {
    for (rows, columns, depth) in Self.sizes {
      let bench = try ProductBench(rows: rows, columns: columns, depth: depth)
      var (products, peaks): ([Double], [Double]) = ([], [])
      for _ in 0..<rounds {
        peaks.append(bench.peak())
        products.append(bench.product())
      }
      let (speed, peak) = (Statistics.median(products), Statistics.median(peaks))
      var measurement = Measurement(
        bench: "gemm", name: "\(rows) × \(columns) × \(depth)",
        quantities: [
          .init("gflops", "", speed, "GFLOP/s"), .init("peak_gflops", "of", peak, "GFLOP/s"),
          .init("share_of_peak", "share", speed / peak),
          .init("rows", "rows", count: rows), .init("columns", "columns", count: columns),
          .init("depth", "depth", count: depth),
        ])
      measurement.facts["kernels"] = Processor.kernelName
      report.add(measurement)
    }
  }
}
