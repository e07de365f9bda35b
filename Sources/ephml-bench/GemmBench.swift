import EphemeralEngine

/// Times matrix products and the processor's own limit in turn.
struct GemmBench {
  /// One size.
  struct Result {
    let rows: Int
    let columns: Int
    let depth: Int
    /// Billions of operations a second, a multiply-add counted as two.
    let gigaflops: Double
    let peakGigaflops: Double

    var object: [String: Any] {
      [
        "rows": rows, "columns": columns, "depth": depth, "gflops": gigaflops,
        "peak_gflops": peakGigaflops, "share_of_peak": gigaflops / peakGigaflops,
        "kernels": Processor.kernelName,
      ]
    }
  }

  /// The products of a BERT of width 384 at 128 tokens and at 16, and a large one.
  static let sizes = [
    (128, 384, 384), (128, 1_536, 384), (128, 384, 1_536), (16, 1_536, 384), (512, 1_024, 1_024),
  ]

  /// Medians over `rounds` of each size.
  static func run(rounds: Int, report: (Result) -> Void) throws {
    for (rows, columns, depth) in sizes {
      let bench = try ProductBench(rows: rows, columns: columns, depth: depth)
      var (products, peaks): ([Double], [Double]) = ([], [])
      for _ in 0..<rounds {
        peaks.append(bench.peak())
        products.append(bench.product())
      }
      report(
        Result(
          rows: rows, columns: columns, depth: depth,
          gigaflops: ModelBench.Result.median(products),
          peakGigaflops: ModelBench.Result.median(peaks)))
    }
  }
}
