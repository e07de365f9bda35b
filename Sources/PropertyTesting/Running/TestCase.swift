/// One run of a property: draws values, judges them, says what kind of case it was.
public struct TestCase: Sendable {
  private var source: ChoiceSource
  private let isReporting: Bool
  /// Labels of this case, each once, in the order first given.
  private(set) var labels: [String] = []
  /// What was drawn, as text; filled only for a report.
  private(set) var draws: [String] = []

  init(source: ChoiceSource, isReporting: Bool) {
    self.source = source
    self.isReporting = isReporting
  }

  var choices: [Choice] { source.choices }
  var spans: [ChoiceSpan] { source.spans }

  /// Draws a value; `name` stands beside it in a report.
  public mutating func draw<Value>(
    _ generator: Generator<Value>, as name: String? = nil
  ) throws(DrawError) -> Value {
    let value = try source.span(label: SpanLabel.draw) { (source) throws(DrawError) in
      try generator.generate(&source)
    }
    if isReporting {
      draws.append("\(name ?? "draw \(draws.count + 1)") = \(String(reflecting: value))")
    }
    return value
  }

  /// Adds a line to the report, if this case comes to have one.
  public mutating func note(_ text: @autoclosure () -> String) {
    if isReporting { draws.append(text()) }
  }

  /// Marks the case with a label; `check(covering:)` may require labels in a share of all cases.
  public mutating func label(_ text: String) {
    if !labels.contains(text) { labels.append(text) }
  }

  /// Marks the case with a label where a condition holds.
  public mutating func label(_ text: String, if condition: Bool) {
    if condition { label(text) }
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

/// A requirement of a property that did not hold.
public struct Violation: Error, Sendable, CustomStringConvertible {
  /// What should have held.
  public let message: String
  /// The requirement's file.
  public let fileID: StaticString
  /// The requirement's line.
  public let line: UInt

  /// A violation of a requirement at a place.
  public init(message: String, fileID: StaticString = #fileID, line: UInt = #line) {
    self.message = message
    self.fileID = fileID
    self.line = line
  }

  /// Message and place.
  public var description: String { "\(message) (\(fileID):\(line))" }
}
