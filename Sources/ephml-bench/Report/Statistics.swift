/// The arithmetic of the benches.
enum Statistics {
  /// The middle one of the sorted numbers, the upper of two; 0 of none.
  static func median(_ numbers: [Double]) -> Double { percentile(50, of: numbers) }

  /// The number that so many per cent lie below; 0 of none.
  static func percentile(_ percent: Double, of numbers: [Double]) -> Double {
    let sorted = numbers.sorted()
    guard let last = sorted.last else { return 0 }
    let place = Int(percent / 100 * Double(sorted.count))
    return place < sorted.count ? sorted[max(place, 0)] : last
  }

  /// The median of the first over the median of the second: what is compared across engines.
  static func ratio(_ ours: [Double], to theirs: [Double]) -> Double {
    let base = median(theirs)
    return base == 0 ? 0 : median(ours) / base
  }

  /// The share of a processor's limit that a run reached.
  ///
  /// - Parameters:
  ///   - multiplyAdds: of one run, each counted as two operations.
  ///   - milliseconds: of one run.
  ///   - peak: billions of operations a second at best, of all threads together.
  static func shareOfPeak(multiplyAdds: Int, milliseconds: Double, peak: Double) -> Double {
    guard milliseconds > 0, peak > 0 else { return 0 }
    return 2 * Double(multiplyAdds) / (milliseconds * 1e6) / peak
  }
}

/// Measures wall-clock time.
enum Stopwatch {
  /// Milliseconds that `body` takes.
  static func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    try milliseconds(ContinuousClock().measure(body))
  }

  /// A duration in milliseconds.
  static func milliseconds(_ time: Duration) -> Double {
    Double(time.components.attoseconds) * 1e-15 + Double(time.components.seconds) * 1e3
  }

  /// Microseconds of one call, the median of `rounds` runs of `count` calls.
  static func microseconds(
    rounds: Int, count: Int = 1, _ body: () throws -> Void
  ) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<max(rounds, 1) {
      times.append(
        try milliseconds { for _ in 0..<count { try body() } } * 1e3 / Double(count))
    }
    return Statistics.median(times)
  }
}
