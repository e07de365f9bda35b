import EphemeralSymbolic
import Glibc

/// One configuration's verdict and how long it took.
struct TimedVerdict {
  let verdict: ExplorationVerdict
  /// The exploration alone, without the making of lines and digests.
  let seconds: Double

  /// Transitions a second.
  var rate: Int { seconds > 0 ? Int(Double(verdict.transitions) / seconds) : 0 }

  /// The columns of the printed table and their widths; names stand left, numbers right.
  static let columns = [
    ("configuration", 15), ("bounds", 30), ("states", 9), ("projected", 9),
    ("transitions", 11), ("depth", 5), ("per second", 10), ("verdict", 10),
  ]

  /// The table's head.
  static var head: String { line(columns.map(\.0)) }

  /// A line of the table.
  static func line(_ cells: [String]) -> String {
    zip(cells, columns).enumerated().map { index, pair in
      let gap = String(repeating: " ", count: max(0, pair.1.1 - pair.0.count))
      let isText = index < 2 || index == columns.count - 1
      return isText ? pair.0 + gap : gap + pair.0
    }.joined(separator: "  ")
  }

  /// The verdict's line of the table.
  var row: String {
    let word =
      verdict.holds ? "holds" : verdict.violations.isEmpty ? "incomplete" : "VIOLATED"
    return Self.line([
      verdict.name, verdict.bounds, "\(verdict.states)", "\(verdict.figures.states)",
      "\(verdict.transitions)", "\(verdict.depth)", "\(rate)", word,
    ])
  }

  /// The figures as one JSON object; names and numbers need no escapes.
  var json: String {
    let rows = verdict.figures.rows.map { "\"\($0.name)\": \($0.count)" }
    let milliseconds = Int((seconds * 1000).rounded())
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    return """
      {"configuration": "\(verdict.name)", "states": \(verdict.figures.states), \
      "digest": "\(verdict.figures.digestText)", "transitions": \(verdict.transitions), \
      "seconds": \(milliseconds / 1000).\(fraction), "rows": {\(rows.joined(separator: ", "))}}
      """
  }
}

/// Writes a whole file; false where that fails.
func write(_ text: String, to path: String) -> Bool {
  guard let file = unsafe fopen(path, "w") else { return false }
  let bytes = Array(text.utf8)
  let written = unsafe bytes.withUnsafeBytes { buffer in
    unsafe fwrite(buffer.baseAddress, 1, buffer.count, file)
  }
  return unsafe fclose(file) == 0 && written == bytes.count
}
