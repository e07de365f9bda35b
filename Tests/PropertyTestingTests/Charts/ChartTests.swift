import Foundation
import PropertyTesting
import Testing

@Suite("Charts")
struct ChartTests {
  private static var sample: SequenceChart {
    var chart = SequenceChart(
      title: "A stolen greeting", participants: ["alice", "post", "bob"],
      initialStates: ["idle", nil, "idle"])
    chart.append(.message(from: 0, to: 1, label: "hello"), states: ["waiting", nil, "idle"])
    chart.append(.local(at: 1, label: "opens it"))
    chart.append(.lost(from: 1, to: 2, label: "hello"))
    chart.append(.note("a day goes by"))
    chart.append(.message(from: 2, to: 0, label: "are you there?"), states: ["idle"])
    chart.append(.message(from: 1, to: 1, label: "hides"), isHighlighted: true)
    return chart
  }

  @Test("The text is what it is meant to look like")
  func golden() {
    let expected = """
      A stolen greeting

                alice        post          bob
               [idle]          │         [idle]
           1      ├── hello ──►│            │
              [waiting]        │            │
           2      │            ● opens it   │
           3      │            ├── hello ──×│
             ┄┄┄┄┄┄┄┄┄┄┄ a day goes by ┄┄┄┄┄┄┄┄┄┄
           4      │◄─── are you there? ─────┤
               [idle]          │            │
      ✗    5      │            ●↺ hides     │

      """
    #expect(Self.sample.text() == expected)
  }

  @Test("Every line of life is seen in every row, and every label in full")
  func columns() throws {
    try check(
      name: "lines of life stay put", cases: 200,
      covering: [RequiredLabel("state"), RequiredLabel("arrow"), RequiredLabel("lost")]
    ) { testCase in
      let chart = try testCase.draw(Self.random(farthest: 1), as: "chart")
      let text = chart.text()
      let lines = text.split(separator: "\n").map(Array.init)
      // Below the names stand the initial states, all "s", in brackets around the lines of life.
      let lives = lines[1].indices.filter { lines[1][$0] == "s" }
      try testCase.require(lives.count == 3, "three lines of life")
      for line in lines.dropFirst(2) where !line.contains("┄") {
        let isState = line.contains("[")
        testCase.label("state", if: isState)
        testCase.label("arrow", if: line.contains("►"))
        testCase.label("lost", if: line.contains("×"))
        for column in lives {
          try testCase.require(column < line.count, "too short: " + String(line))
          let isLife = ["│", "├", "┤", "●"].contains(line[column])
          try testCase.require(isLife || isState && line[column].isLetter, String(line))
        }
      }
      for row in chart.rows { try testCase.require(text.contains(Self.label(of: row.event))) }
    }
  }

  private static func label(of event: SequenceChart.Event) -> String {
    switch event {
    case .message(_, _, let label), .lost(_, _, let label), .local(_, let label), .note(let label):
      " " + label
    }
  }

  /// Charts whose messages go no farther than to the next but `farthest - 1` participants.
  private static func random(farthest: Int) -> Generator<SequenceChart> {
    Generator<SequenceChart> { (source) throws(DrawError) in
      var chart = SequenceChart(
        participants: ["a", "bb", "ccc"], initialStates: ["s", "s", "s"])
      let place = Generator.integer(in: 0...2)
      let word = Generator.element(of: ["x", "label", "alongerlabelthatneedsroom"])
      let row = Generator<(Int, Int, Int, String)>.tuple(.integer(in: 0...3), place, place, word)
      for (kind, from, to, label) in try Generator.array(of: row, count: 0...8).generate(&source) {
        let end = min(max(to, from - farthest), from + farthest)
        switch kind {
        case 0: chart.append(.message(from: from, to: end, label: label))
        case 1: chart.append(.lost(from: from, to: end, label: label))
        case 2: chart.append(.local(at: from, label: label), states: [label, nil, "t"])
        default: chart.append(.note(label))
        }
      }
      return chart
    }
  }

  @Test("An SVG is well formed and holds every label, whatever it is made of")
  func svg() throws {
    try check(name: "charts are well-formed SVG", cases: 200) { testCase in
      let chart = try testCase.draw(Self.random(farthest: 2), as: "chart")
      try testCase.require(TagBalance.problem(in: chart.svg()) == nil)
    }
    let image = Self.sample.svg()
    #expect(TagBalance.problem(in: image) == nil)
    for label in ["hello", "opens it", "a day goes by", "are you there?", "[waiting]", "alice"] {
      #expect(image.contains(">\(label)</text>"), "\(label)")
    }
    #expect(image.contains("class=\"bad\" x="))
    let pieces = image.components(separatedBy: "class=\"bad\" x=")
    #expect(pieces.count == 2)
    #expect(!pieces[0].contains("class=\"life\""), "the highlight lies under all lines")
    #expect(image.contains("prefers-color-scheme: dark"))
  }

  @Test("Hostile labels stay text", arguments: hostile)
  func hostileLabels(label: String) {
    var chart = SequenceChart(title: label, participants: [label, "b"], initialStates: [label])
    chart.append(.message(from: 0, to: 1, label: label), states: [label])
    chart.append(.lost(from: 0, to: 1, label: label))
    chart.append(.local(at: 1, label: label))
    chart.append(.note(label))
    let image = chart.svg()
    #expect(TagBalance.problem(in: image) == nil)
    for word in ["<script", "<!--", "<![CDATA[", "]]>", "onload=\"", "\u{0}", "\u{202e}"] {
      #expect(!image.contains(word))
    }
    #expect(image.count < 20_000)
    let text = chart.text()
    #expect(text.split(separator: "\n").count == 7)
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control)
      #expect(scalar.properties.generalCategory != .format)
    }
    #expect(text.count < 7 * 400)
  }

  private static let hostile = [
    "</text><script>alert(1)</script>", "\" onload=\"x", "a & b &amp; <c>", "<!-- -->", "]]>",
    "<![CDATA[", "line\nbreak\r\nand\ttab", "\u{0}\u{1b}[31mred", "\u{202e}backwards",
    String(repeating: "long ", count: 1000), "e" + String(repeating: "\u{301}", count: 500),
    "\u{2028}\u{feff}", "👩‍👩‍👧 family", "'quoted'",
  ]

  @Test("A long chart keeps its beginning and its end")
  func bounded() {
    var chart = SequenceChart(participants: ["a", "b"])
    for index in 1...5000 {
      chart.append(.message(from: 0, to: 1, label: "m\(index)"), isHighlighted: index == 5000)
    }
    let text = chart.text()
    #expect(text.split(separator: "\n").count == SequenceChart.maximumRows + 2)
    #expect(text.contains(" m1 ") && text.contains(" m5000 ") && !text.contains(" m2500 "))
    #expect(text.contains("4600 rows left out"))
    #expect(text.contains("✗"))
    #expect(chart.svg().contains(">4600 rows left out<"))
    #expect(chart.svg().count < 200_000)
  }

  @Test("The balance check finds what is broken")
  func balance() {
    #expect(TagBalance.problem(in: "<a><b x=\"1\"/>t &amp; u</a>") == nil)
    for broken in [
      "<a>", "</a>", "<a></b>", "<a x=1/>", "<a>&nbsp;</a>", "<a>&</a>", "<a", "<a/><b/>",
      "<a>\u{1}</a>", "<a x=\"<\"/>", "text",
    ] {
      #expect(TagBalance.problem(in: broken) != nil, "\(broken)")
    }
  }
}
