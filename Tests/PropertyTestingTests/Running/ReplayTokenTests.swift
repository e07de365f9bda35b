@testable import PropertyTesting
import Testing

@Suite("Replay tokens")
struct ReplayTokenTests {
  private func property(_ testCase: inout TestCase) throws {
    let list = try testCase.draw(
      Generator<Int>.integer(in: 0...100_000).array(count: 0...60), as: "list")
    try testCase.require(list.reduce(0, +) < 50_000)
  }

  @Test("A path leads to the same minimal case with far fewer runs")
  func path() throws {
    for seed in 1...10 as ClosedRange<UInt64> {
      let failure = try #require(falsified(seed: seed, property))
      #expect(failure.pathToken.hasPrefix("s1."))
      let again = try #require(
        quietly(cases: 0, seed: 99, replaying: [failure.pathToken], property).failure)
      #expect(again.draws == failure.draws)
      #expect(again.token == failure.token)
      #expect(again.pathToken == failure.pathToken)
      guard case .path(let path) = ReplayToken(failure.pathToken) else {
        Issue.record("no path in \(failure.pathToken)")
        continue
      }
      #expect(again.shrinkRuns == path.steps.count)
      #expect(again.shrinkRuns < failure.shrinkRuns)
    }
  }

  @Test("A path that leads nowhere any more is left, and shrinking looks for another")
  func brokenPath() throws {
    let failure = try #require(falsified(seed: 3, property))
    guard case .path(let path) = ReplayToken(failure.pathToken) else {
      Issue.record("no path in \(failure.pathToken)")
      return
    }
    for steps in [[1, 2, 3], path.steps.map { $0 + 1 }, [], Array(path.steps.dropFirst())] {
      let token = ReplayToken.path(ReplayPath(seed: path.seed, steps: steps)).text
      let again = quietly(cases: 0, replaying: [token], property).failure
      #expect(again?.draws == failure.draws, "with steps \(steps)")
    }
    // A path whose case holds by now holds.
    let held = quietly(cases: 0, replaying: [failure.pathToken]) { _ in }
    #expect(held.report?.replayed == 1)
  }

  @Test("A case that comes from no seed has no path")
  func noPath() throws {
    let first = try #require(falsified(seed: 3, property))
    let replayed = try #require(quietly(cases: 0, replaying: [first.token], property).failure)
    #expect(replayed.pathToken.isEmpty)
    #expect(replayed.token == first.token)
  }

  @Test("Paths survive being written and read")
  func roundTrip() throws {
    try check(name: "paths survive being written and read", cases: 500) { testCase in
      let seed = try testCase.draw(Generator<UInt64>.integer(), as: "seed")
      let gaps = try testCase.draw(
        Generator<Int>.integer(in: 1...100).array(count: 0...200), as: "gaps")
      var last = 0
      let steps = gaps.map { gap -> Int in
        last += gap
        return last
      }
      let token = ReplayToken.path(ReplayPath(seed: seed, steps: steps))
      // A path of more attempts than a shrinking takes is none.
      try testCase.require(
        ReplayToken(token.text) == (last <= Shrinker.maximumRuns ? token : nil))
    }
  }

  @Test(
    "Text that is no path is refused",
    arguments: [
      "s1", "s1.", "s1.-1", "s1.+1", "s1.1.0", "s1.1.", "s1.1.zzzz", "s1.1.3w5e11264sgsf",
      "s1.3w5e11264sgsg", "s1.1 ", "s2.1", "s1.:00", "s1.1.:00",
    ])
  func bad(text: String) { #expect(ReplayToken(text) == nil) }

  @Test("Any text at all is read or refused, and what is read is written alike")
  func anyText() throws {
    try check(name: "any text is a token or none", cases: 5000) { testCase in
      let character = Generator<Character>.element(of: Array("0189azp1s1...:::+- \u{e9}\0"))
      let prefix = try testCase.draw(.element(of: ["", "p1.", "s1.", "p1", "s1.1."]), as: "prefix")
      let rest = try testCase.draw(
        character.array(count: 0...40).map { String($0) }, as: "rest")
      guard let token = ReplayToken(prefix + rest) else { return testCase.label("refused") }
      testCase.label("read")
      try testCase.require(ReplayToken(token.text) == token)
    }
  }

  @Test("A token's size is bounded before it is read")
  func bounds() {
    let numbers = "p1" + String(repeating: ".0", count: ChoiceSource.maximumChoices)
    #expect(ReplayToken(numbers) != nil)
    #expect(ReplayToken(numbers + ".0") == nil)
    let steps = "s1.1" + String(repeating: ".1", count: Shrinker.maximumRuns)
    #expect(ReplayToken(steps) != nil)
    #expect(ReplayToken(steps + ".1") == nil)
  }
}
