/// Makes an input shorter and simpler while something holds of it.
public enum ByteReducer {
  /// The simplest input found that `keeps` holds for; `input` itself is not asked about.
  ///
  /// Takes stretches out, halves first and single bytes last; then, where `simplifiesBytes`, makes
  /// bytes zero or smaller.
  public static func reduce(
    _ input: [UInt8], attempts: Int, simplifiesBytes: Bool, keeps: ([UInt8]) -> Bool
  ) -> [UInt8] {
    var best = input
    var remaining = attempts
    func accepts(_ candidate: [UInt8]) -> Bool {
      guard remaining > 0 else { return false }
      remaining -= 1
      guard keeps(candidate) else { return false }
      best = candidate
      return true
    }
    if !input.isEmpty, accepts([]) { return best }
    var didShrink = true
    while didShrink && remaining > 0 {
      let before = best
      var size = max(best.count / 2, 1)
      while size >= 1 && remaining > 0 {
        var start = best.count - size
        while start >= 0 && remaining > 0 {
          var candidate = best
          candidate.removeSubrange(start..<(start + size))
          _ = accepts(candidate)
          start = min(start - size, best.count - size)
        }
        size /= 2
      }
      if simplifiesBytes { simplify(&best, remaining: &remaining, keeps: keeps) }
      didShrink = best != before
    }
    return best
  }

  private static func simplify(
    _ best: inout [UInt8], remaining: inout Int, keeps: ([UInt8]) -> Bool
  ) {
    for index in best.indices where best[index] != 0 {
      // Zero if it may be, else the smallest that halving the distance comes to.
      var low: UInt8 = 0
      var high = best[index]
      while low < high && remaining > 0 {
        let middle = low + (high - low) / 2
        var candidate = best
        candidate[index] = middle
        remaining -= 1
        if keeps(candidate) {
          best = candidate
          high = middle
        } else {
          low = middle + 1
        }
      }
    }
  }
}
