extension SequenceChart {
  /// The chart drawn with box characters, each line ended by a line feed.
  ///
  /// Steps are numbered at the left, states stand in brackets where they change, and the row that
  /// breaks the property is marked with `✗`. Each character counts as one column wide.
  public func text() -> String {
    let drawing = ChartText(self)
    return drawing.lines.map { $0 + "\n" }.joined()
  }
}

/// Draws a chart on lines of characters.
private struct ChartText {
  private let names: [String]
  private let rows: [(number: Int?, row: SequenceChart.Row)]
  /// The column of each participant's line of life.
  private var columns: [Int]
  private var width: Int
  private(set) var lines: [String] = []

  /// Columns for the mark and the step's number.
  private static let gutter = 7

  init(_ chart: SequenceChart) {
    names = chart.participants.map(SequenceChart.cleaned)
    rows = chart.drawnRows
    (columns, width) = Self.layout(names, chart.initialStates, rows)
    if !chart.title.isEmpty { lines += [SequenceChart.cleaned(chart.title), ""] }
    var heading = blank(hasLives: false)
    for (name, column) in zip(names, columns) { place(name, around: column, on: &heading) }
    lines.append(trimmed(heading))
    var shown = Array(repeating: nil as String?, count: names.count)
    draw(chart.initialStates, &shown)
    for (number, row) in rows {
      draw(row.event, number, row.isHighlighted)
      draw(row.states, &shown)
    }
  }

  /// Puts the lines of life so far apart that every label between them has room.
  private static func layout(
    _ names: [String], _ initial: [String?], _ rows: [(number: Int?, row: SequenceChart.Row)]
  ) -> (columns: [Int], width: Int) {
    var halves = names.map { $0.count / 2 + 1 }
    for states in [initial] + rows.map(\.row.states) {
      for (index, state) in states.prefix(names.count).enumerated() {
        if let state {
          halves[index] = max(halves[index], SequenceChart.cleaned(state).count / 2 + 2)
        }
      }
    }
    // The room to the right of each line of life.
    var gaps = names.indices.map { index in
      index + 1 < names.count ? halves[index] + halves[index + 1] + 1 : halves[index]
    }
    var noteWidth = 0
    for (_, row) in rows {
      switch row.event {
      case .message(let from, let to, let label), .lost(let from, let to, let label):
        let need = SequenceChart.cleaned(label).count + (from == to ? 5 : 8)
        widen(&gaps, min(from, to), from == to ? from + 1 : max(from, to), need)
      case .local(let at, let label):
        widen(&gaps, at, at + 1, SequenceChart.cleaned(label).count + 5)
      case .note(let label): noteWidth = max(noteWidth, SequenceChart.cleaned(label).count + 4)
      }
    }
    var columns: [Int] = []
    var column = gutter + halves[0]
    for gap in gaps {
      columns.append(column)
      column += gap
    }
    return (columns, max(column + 1, gutter + noteWidth))
  }

  /// Shares out what a stretch of gaps lacks of a needed width.
  private static func widen(_ gaps: inout [Int], _ start: Int, _ end: Int, _ need: Int) {
    let lack = need - gaps[start..<end].reduce(0, +)
    guard lack > 0 else { return }
    let share = (lack + end - start - 1) / (end - start)
    for index in start..<end { gaps[index] += share }
  }

  private func blank(hasLives: Bool = true) -> [Character] {
    var line = Array(repeating: " " as Character, count: width)
    if hasLives { for column in columns { line[column] = "│" } }
    return line
  }

  private func place(_ text: String, around column: Int, on line: inout [Character]) {
    place(text, from: max(0, column - text.count / 2), on: &line)
  }

  private func place(_ text: String, from column: Int, on line: inout [Character]) {
    for (offset, character) in text.enumerated() where column + offset < line.count {
      line[column + offset] = character
    }
  }

  private func trimmed(_ line: [Character]) -> String {
    String(line[..<((line.lastIndex { $0 != " " } ?? -1) + 1)])
  }

  private mutating func draw(_ event: SequenceChart.Event, _ number: Int?, _ isBad: Bool) {
    var line = blank()
    if isBad { line[0] = "✗" }
    if let number { place(String(number), from: max(2, 6 - String(number).count), on: &line) }
    switch event {
    case .message(let from, let to, let label): arrow(from, to, label, isLost: false, on: &line)
    case .lost(let from, let to, let label): arrow(from, to, label, isLost: true, on: &line)
    case .local(let at, let label):
      line[columns[at]] = "●"
      place(" " + SequenceChart.cleaned(label) + " ", from: columns[at] + 1, on: &line)
    case .note(let label):
      for index in Self.gutter..<width { line[index] = "┄" }
      place(" " + SequenceChart.cleaned(label) + " ", around: (Self.gutter + width) / 2, on: &line)
    }
    lines.append(trimmed(line))
  }

  private func arrow(
    _ from: Int, _ to: Int, _ label: String, isLost: Bool, on line: inout [Character]
  ) {
    let label = " " + SequenceChart.cleaned(label) + " "
    let start = columns[from]
    guard from != to else {
      line[start] = "●"
      return place((isLost ? "×" : "↺") + label, from: start + 1, on: &line)
    }
    let end = columns[to]
    for column in min(start, end)...max(start, end) {
      line[column] = line[column] == "│" ? "┼" : "─"
    }
    line[start] = start < end ? "├" : "┤"
    line[end] = "│"
    place(label, around: (start + end) / 2, on: &line)
    line[start < end ? end - 1 : end + 1] = isLost ? "×" : start < end ? "►" : "◄"
  }

  /// Draws those states that differ from what was shown last; none where all are the same.
  private mutating func draw(_ states: [String?], _ shown: inout [String?]) {
    var line = blank()
    var hasChange = false
    for (index, state) in states.prefix(names.count).enumerated() {
      guard let state, shown[index] != state else { continue }
      shown[index] = state
      hasChange = true
      place("[" + SequenceChart.cleaned(state) + "]", around: columns[index], on: &line)
    }
    if hasChange { lines.append(trimmed(line)) }
  }
}
