extension SequenceChart {
  /// The chart as a self-contained SVG image that follows the reader's light or dark setting.
  ///
  /// No script, no font file, no reference to anything outside; all text is escaped.
  public func svg() -> String {
    let drawing = ChartSVG(self)
    return drawing.document
  }
}

/// Draws a chart as an SVG document.
private struct ChartSVG {
  private let columns: [Int]
  private let width: Int
  private var body: [String] = []
  private var y = 0
  private let title: String

  private static let rowHeight = 26
  /// About the advance of one character of the 12-pixel monospaced font.
  private static let characterWidth = 8
  private static let left = 48

  init(_ chart: SequenceChart) {
    let names = chart.participants.map(SequenceChart.cleaned)
    let rows = chart.drawnRows
    title = SequenceChart.cleaned(chart.title.isEmpty ? "Message sequence chart" : chart.title)
    (columns, width) = Self.layout(chart, names, rows)
    y = 28
    text(x: Self.left, title, "heading", anchor: "start")
    y += 34
    let top = y + 10
    for (name, x) in zip(names, columns) { text(x: x, name, "name") }
    var highlights: [String] = []
    var shown = Array(repeating: nil as String?, count: names.count)
    draw(chart.initialStates, &shown)
    for (number, row) in rows {
      y += Self.rowHeight
      if row.isHighlighted {
        highlights.append(
          "<rect class=\"bad\" x=\"4\" y=\"\(y - 18)\" width=\"\(width - 8)\" height=\"24\"/>")
      }
      if let number { text(x: 36, String(number), "number", anchor: "end") }
      draw(row.event)
      draw(row.states, &shown)
    }
    y += 20
    let bottom = y - 6
    // The lines of life lie over the highlight and under everything else.
    let lives = columns.map {
      "<line class=\"life\" x1=\"\($0)\" y1=\"\(top)\" x2=\"\($0)\" y2=\"\(bottom)\"/>"
    }
    body = highlights + lives + body
  }

  /// The whole document.
  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(y)" width="\(width)" \
    height="\(y)" role="img">
    <title>\(Self.escaped(title))</title>
    <style>
    svg { color: #1b1f24; background: #ffffff; font: 12px monospace; }
    text { fill: currentColor; }
    .state, .label { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
    .heading, .name { font-weight: bold; }
    .number { opacity: 0.6; }
    .state { font-style: italic; fill: #0550ae; }
    .life { stroke: currentColor; opacity: 0.3; }
    .arrow { stroke: currentColor; fill: none; }
    .head { fill: currentColor; }
    .bad { fill: #ffcdd2; }
    @media (prefers-color-scheme: dark) {
    svg { color: #e6edf3; background: #0d1117; }
    .state { fill: #79c0ff; }
    .state, .label { stroke: #0d1117; }
    .bad { fill: #67060c; }
    }
    </style>
    \(body.joined(separator: "\n"))
    </svg>

    """
  }

  /// Puts the lines of life so far apart that every label has room.
  private static func layout(
    _ chart: SequenceChart, _ names: [String], _ rows: [(number: Int?, row: SequenceChart.Row)]
  ) -> (columns: [Int], width: Int) {
    var halves = names.map { pixels($0) / 2 + 8 }
    for states in [chart.initialStates] + rows.map(\.row.states) {
      for (index, state) in states.prefix(names.count).enumerated() {
        if let state {
          halves[index] = max(halves[index], pixels(SequenceChart.cleaned(state)) / 2 + 16)
        }
      }
    }
    var gaps = names.indices.map { index in
      halves[index] + (index + 1 < names.count ? halves[index + 1] : 8)
    }
    var least = left + pixels(SequenceChart.cleaned(chart.title)) + 16
    for (_, row) in rows {
      switch row.event {
      case .message(let from, let to, let label), .lost(let from, let to, let label):
        let start = min(from, to)
        let end = max(max(from, to), start + 1)
        let lack = pixels(SequenceChart.cleaned(label)) + 40 - gaps[start..<end].reduce(0, +)
        if lack > 0 {
          for index in start..<end { gaps[index] += lack / (end - start) + 1 }
        }
      case .local(let at, let label):
        gaps[at] = max(gaps[at], pixels(SequenceChart.cleaned(label)) + 24)
      case .note(let label):
        least = max(least, 2 * left + pixels(SequenceChart.cleaned(label)))
      }
    }
    var x = left + halves[0]
    var columns: [Int] = []
    for gap in gaps {
      columns.append(x)
      x += gap
    }
    return (columns, max(x + 8, least))
  }

  private static func pixels(_ text: String) -> Int { text.count * characterWidth }

  private mutating func text(
    x: Int, _ text: String, _ style: String, anchor: String = "middle", lift: Int = 0
  ) {
    body.append(
      "<text class=\"\(style)\" x=\"\(x)\" y=\"\(y - lift)\" text-anchor=\"\(anchor)\">"
        + Self.escaped(text) + "</text>")
  }

  private mutating func draw(_ event: SequenceChart.Event) {
    switch event {
    case .message(let from, let to, let label): arrow(from, to, label, isLost: false)
    case .lost(let from, let to, let label): arrow(from, to, label, isLost: true)
    case .local(let at, let label): local(at, label)
    case .note(let label):
      body.append(
        "<line class=\"life\" x1=\"\(Self.left)\" y1=\"\(y + 5)\" x2=\"\(width - 8)\" "
          + "y2=\"\(y + 5)\" stroke-dasharray=\"4 3\"/>")
      text(x: (Self.left + width) / 2, SequenceChart.cleaned(label), "number")
    }
  }

  private mutating func local(_ at: Int, _ label: String) {
    body.append("<circle class=\"head\" cx=\"\(columns[at])\" cy=\"\(y - 4)\" r=\"4\"/>")
    text(x: columns[at] + 10, SequenceChart.cleaned(label), "label", anchor: "start")
  }

  private mutating func arrow(_ from: Int, _ to: Int, _ label: String, isLost: Bool) {
    guard from != to else { return local(from, (isLost ? "× " : "↺ ") + label) }
    let start = columns[from]
    let end = columns[to]
    let back = start < end ? -8 : 8
    text(x: (start + end) / 2, SequenceChart.cleaned(label), "label", lift: 4)
    body.append(
      "<line class=\"arrow\" x1=\"\(start)\" y1=\"\(y)\" x2=\"\(end + back)\" y2=\"\(y)\"/>")
    let tip = end + back
    if isLost {
      body.append(
        "<path class=\"arrow\" d=\"M\(tip - 4) \(y - 4)l8 8m0 -8l-8 8\"/>")
    } else {
      body.append("<path class=\"head\" d=\"M\(end) \(y)l\(back) -4v8z\"/>")
    }
  }

  private mutating func draw(_ states: [String?], _ shown: inout [String?]) {
    var changes: [(x: Int, state: String)] = []
    for (index, state) in states.prefix(columns.count).enumerated() {
      guard let state, shown[index] != state else { continue }
      shown[index] = state
      changes.append((columns[index], SequenceChart.cleaned(state)))
    }
    guard !changes.isEmpty else { return }
    y += Self.rowHeight - 6
    for change in changes { text(x: change.x, "[" + change.state + "]", "state") }
  }

  /// Text without the characters that mean something in XML.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
