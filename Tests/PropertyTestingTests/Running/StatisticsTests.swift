@testable import PropertyTesting
import Testing

@Suite("Statistics")
struct StatisticsTests {
  @Test("The report counts what ran")
  func counts() throws {
    var index = 0
    let report = try #require(
      quietly(cases: 60) { testCase in
        index += 1
        let count = index.isMultiple(of: 3) ? 5 : 1
        for _ in 0..<count { _ = try testCase.draw(.integer(in: 0...UInt64.max)) }
        testCase.label("long", if: count == 5)
        testCase.label("all")
        try testCase.assume(!index.isMultiple(of: 4))
        testCase.target(Double(count), "count")
      }.report)
    #expect(report.passed == 60)
    // Every fourth case is discarded, and 60 of 79 hold.
    #expect(report.discarded == 19)
    #expect(report.choices == CheckReport.Spread(minimum: 1, median: 1, maximum: 5))
    #expect((40...60).contains(report.distinct))
    #expect(report.count(of: "all") == 60)
    #expect(report.count(of: "long") == 20)
    #expect(report.scores.first?.score == 5)
  }

  @Test("The table is one to read")
  func table() {
    let report = CheckReport(
      seed: 7, passed: 200, discarded: 3, labels: [("rare", 1), ("often", 150), ("also", 150)],
      overruns: 0, targeted: 40, replayed: 2, distinct: 180,
      choices: CheckReport.Spread(minimum: 1, median: 12, maximum: 90),
      scores: [("length", 31)])
    #expect(
      report.description == """
        seed 7
          held         200
          different    180
          discarded    3
          replayed     2
          targeted     40
          choices      1 … 12 … 90
          best length  31.0
          often        150  75.0 %
          also         150  75.0 %
          rare         1  0.5 %
        """)
  }

  @Test("Cases that are the same count once, others each")
  func distinct() {
    let same = quietly(cases: 90) { testCase in _ = try testCase.draw(.constant(1)) }
    #expect(same.report?.distinct == 1)
    let different = quietly(cases: 300) { testCase in
      _ = try testCase.draw(.bytes(count: 16))
    }
    #expect((different.report?.distinct ?? 0) > 280)
    let cases: [[Choice]] = [
      [], [.integer(0, maximum: 1)], [.integer(1, maximum: 1)], [.bytes([], maximumCount: 1)],
      [.bytes([0], maximumCount: 1)], [.integer(0, maximum: 1), .integer(0, maximum: 1)],
    ]
    #expect(Set(cases.map(Statistics.digest)).count == cases.count)
  }

  @Test("The environment asks for statistics and names the folder of failures")
  func settings() {
    func settings(_ values: [String: String]) -> CheckSettings {
      CheckSettings(defaultFolder: "default") { values[$0] }
    }
    #expect(settings(["EPHML_STATISTICS": "1"]).printsStatistics)
    #expect(!settings(["EPHML_STATISTICS": "0"]).printsStatistics)
    #expect(settings([:]).failureFolder == "default")
    #expect(settings(["EPHML_FAILURES": "off"]).failureFolder == nil)
    #expect(settings(["EPHML_FAILURES": ""]).failureFolder == nil)
    #expect(settings(["EPHML_FAILURES": "/x"]).failureFolder == "/x")
    #expect(settings(["EPHML_SUPPRESS": "tooSlow,nonsense"]).suppressed == [.tooSlow])
    #expect(quiet.failureFolder == nil)
  }
}
