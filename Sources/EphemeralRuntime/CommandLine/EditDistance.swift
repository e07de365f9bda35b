/// How far two words are apart, to suggest the near one for a mistyped one.
public enum EditDistance {
  /// The longest word that is compared, in bytes; a longer one is near to nothing.
  static let maximumLength = 64

  /// The number of single-byte insertions, deletions, substitutions and swaps of neighbours that
  /// turn `first` into `second` (optimal string alignment).
  public static func between(_ first: String, _ second: String) -> Int {
    let a = Array(first.utf8)
    let b = Array(second.utf8)
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(previous[j + 1], row[j]) + 1
        best = min(best, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        row.append(best)
      }
      beforePrevious = previous
      previous = row
    }
    return previous[b.count]
  }

  /// The candidate nearest to `word`, if one is near enough to be what was meant.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    guard !word.isEmpty, word.utf8.count <= maximumLength else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = between(word, candidate)
      if distance < (best?.distance ?? Int.max) { best = (candidate, distance) }
    }
    guard let best else { return nil }
    let letters = best.candidate.utf8.filter { $0 != UInt8(ascii: "-") }.count
    return best.distance <= max(1, letters / 3) ? best.candidate : nil
  }
}
