/// One run of a property: draws values, judges them, says what kind of case it was.
public struct TestCase: Sendable {
  /// One draw made anew in a case that is otherwise an old one.
  struct Variation: Sendable {
    /// Which of the case's draws, counted from 0.
    let draw: Int
    /// Where the new choices come from.
    let seed: UInt64
    /// The old case's choices.
    let choices: [Choice]
    /// Where the old case goes on after the draw.
    let resumption: Int
  }

  /// One draw of the case: its choices, and its line in the report if there is one.
  struct Draw: Sendable {
    let choices: Range<Int>
    let line: Int?
  }

  private var source: ChoiceSource
  private let variation: Variation?
  /// Whether the run fills in a report.
  let isReporting: Bool
  /// Labels of this case, each once, in the order first given.
  private(set) var labels: [String] = []
  /// The report's lines; empty unless reporting.
  private(set) var lines: [String] = []
  /// The draws, in order.
  private(set) var draws: [Draw] = []
  /// The case's best score for each target, in the order first given.
  private(set) var scores: [(label: String, score: Double)] = []

  init(source: ChoiceSource, isReporting: Bool, varying variation: Variation? = nil) {
    self.source = source
    self.isReporting = isReporting
    self.variation = variation
  }

  var choices: [Choice] { source.choices }
  var spans: [ChoiceSpan] { source.spans }

  /// Draws a value; `name` stands beside it in a report.
  public mutating func draw<Value>(
    _ generator: Generator<Value>, as name: String? = nil
  ) throws(DrawError) -> Value {
    try drawUnit(generator) { value, lines in
      "\(name ?? "draw \(lines + 1)") = \(String(reflecting: value))"
    }
  }

  /// Draws a value that counts as one draw; `text` makes its line of the report, if any.
  mutating func drawUnit<Value>(
    _ generator: Generator<Value>, text: (Value, _ lines: Int) -> String?
  ) throws(DrawError) -> Value {
    let start = choices.count
    let isVaried = variation?.draw == draws.count
    if isVaried, let variation { source.renew(seed: variation.seed) }
    let value = try source.span(label: SpanLabel.draw) { (source) throws(DrawError) in
      try generator.generate(&source)
    }
    if isVaried, let variation {
      source.replay(variation.choices, from: variation.resumption)
    }
    var line: Int?
    if isReporting, let text = text(value, lines.count) {
      line = lines.count
      lines.append(text)
    }
    draws.append(Draw(choices: start..<choices.count, line: line))
    return value
  }

  /// Chooses whether a list of drawn things goes on; see `ChoiceSource.goesOn`.
  mutating func goesOn(
    after count: Int, of range: ClosedRange<Int>, odds: inout UInt64?, lengths: [UInt64]
  ) throws(DrawError) -> Bool {
    try source.goesOn(after: count, of: range, odds: &odds, lengths: lengths)
  }

  /// Opens a span that `closeSpan` closes, for a unit whose draws are the case's own.
  mutating func openSpan(label: Int) -> Int { source.openSpan(label: label) }

  /// Closes a span.
  mutating func closeSpan(_ index: Int) { source.closeSpan(index) }

  /// Adds a line to the report, if this case comes to have one.
  public mutating func note(_ text: @autoclosure () -> String) {
    if isReporting { lines.append(text()) }
  }

  /// Lengthens the report's last line.
  mutating func extendNote(_ text: @autoclosure () -> String) {
    if isReporting, !lines.isEmpty { lines[lines.count - 1] += text() }
  }

  /// Marks the case with a label; `check(covering:)` may require labels in a share of all cases.
  public mutating func label(_ text: String) {
    if !labels.contains(text) { labels.append(text) }
  }

  /// Marks the case with a label where a condition holds.
  public mutating func label(_ text: String, if condition: Bool) {
    if condition { label(text) }
  }

  /// Gives the case a score; the check looks for cases that score higher.
  ///
  /// A score that rises towards a failure leads to it where chance alone would hardly come by: an
  /// error sum, a queue's length, a distance from a bound. Of several scores for one label the
  /// highest counts; a score that is no number is left aside.
  public mutating func target(_ score: Double, _ label: String = "score") {
    guard !score.isNaN else { return }
    if let index = scores.firstIndex(where: { $0.label == label }) {
      scores[index].score = max(scores[index].score, score)
    } else {
      scores.append((label, score))
    }
  }

  /// Leaves the case out where it does not fit; also asked of every case while shrinking.
  public func assume(_ condition: Bool) throws(DrawError) {
    guard condition else { throw .discarded }
  }

  /// Requires a condition; the case fails where it does not hold.
  public func require(
    _ condition: Bool, _ message: @autoclosure () -> String = "requirement does not hold",
    fileID: StaticString = #fileID, line: UInt = #line
  ) throws(Violation) {
    guard condition else { throw Violation(message: message(), fileID: fileID, line: line) }
  }
}
