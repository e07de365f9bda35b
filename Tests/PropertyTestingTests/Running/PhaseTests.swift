@testable import PropertyTesting
import Testing

@Suite("Phases")
struct PhaseTests {
  private func failure(
    without phase: Phase, seed: UInt64 = 5, replaying tokens: [String] = [],
    _ property: @escaping (inout TestCase) throws -> Void
  ) -> PropertyFailure? {
    let phases = Set(Phase.allCases).subtracting([phase])
    return quietly(
      cases: 2000, seed: seed, options: CheckOptions(phases: phases), replaying: tokens, property
    ).failure
  }

  private func tooLarge(_ testCase: inout TestCase) throws {
    let value = try testCase.draw(.integer(in: 0...1_000_000), as: "value")
    try testCase.require(value < 1000)
  }

  @Test("Without shrinking the first failing case stands as it was found")
  func shrink() throws {
    let raw = try #require(failure(without: .shrink, tooLarge))
    #expect(raw.shrinkRuns == 0)
    #expect(raw.draws != ["value = 1000"])
    #expect(falsified(seed: 5, tooLarge)?.draws == ["value = 1000"])
  }

  @Test("Without its phase a token does not run, and neither do new cases")
  func explicit() {
    var values: [Int] = []
    func note(_ testCase: inout TestCase) throws {
      values.append(try testCase.draw(.integer(in: 0...9)))
    }
    let tokens = ["p1.7"]
    _ = quietly(options: CheckOptions(phases: [.generate]), replaying: tokens, note)
    #expect(values.count == 200)
    values = []
    let result = quietly(options: CheckOptions(phases: [.explicit]), replaying: tokens, note)
    #expect(values == [7])
    #expect(result.report?.passed == 0)
    #expect(result.report?.replayed == 1)
  }

  @Test("Climbing reaches what chance does not, for each of two scores", arguments: [0, 1])
  func target(_ wanted: Int) throws {
    // Far from any bound.
    let peaks: [UInt64] = [0x5555_1234_9876_4321, 777_777]
    func property(_ testCase: inout TestCase) throws {
      for (index, peak) in peaks.enumerated() {
        let value = try testCase.draw(.integer(in: 0...UInt64.max), as: "value \(index)")
        let distance = value > peak ? value - peak : peak - value
        testCase.target(-Double(distance), "peak \(index)")
        try testCase.require(distance > 0 || index != wanted)
      }
    }
    for seed in 1...5 as ClosedRange<UInt64> {
      #expect(falsified(cases: 2000, seed: seed, property)?.reason == .falsified)
      #expect(failure(without: .target, seed: seed, property) == nil)
    }
  }

  @Test("Climbing makes lists longer")
  func targetLists() throws {
    func property(_ testCase: inout TestCase) throws {
      let list = try testCase.draw(
        Generator<Int>.integer(in: 0...999).array(count: 0...400), as: "list")
      testCase.target(Double(list.count { $0 == 3 }), "threes")
      try testCase.require(list.count { $0 == 3 } < 40)
    }
    #expect(
      falsified(cases: 1000, seed: 3, property)?.draws.first?.hasPrefix("list = [3, 3") == true)
    let report = quietly(seed: 3) { testCase in
      let value = try testCase.draw(.integer(in: 0...100_000))
      testCase.target(Double(value), "value")
      testCase.target(.nan, "value")
    }.report
    #expect(report?.scores.map(\.label) == ["value"])
    #expect(report?.scores.first?.score == 100_000)
    #expect(report?.passed == 200, "cases that climb do not count as cases that hold")
    #expect((1...200).contains(report?.targeted ?? 0))
  }

  @Test("A draw that could have been anything says so, and only that one")
  func explain() throws {
    func property(_ testCase: inout TestCase) throws {
      let first = try testCase.draw(.integer(in: 0...1000), as: "first")
      _ = try testCase.draw(.bytes(count: 0...9), as: "second")
      let third = try testCase.draw(.integer(in: 0...1000), as: "third")
      try testCase.require(first < 10 || third < 20)
    }
    let failure = try #require(falsified(seed: 2, property))
    #expect(failure.draws == ["first = 10", "second = []", "third = 20"])
    #expect(failure.irrelevantDraws == [1])
    #expect(failure.description.contains("second = []  (or any other value)\n"))
    #expect(!failure.description.contains("first = 10  ("))
    let silent = try #require(self.failure(without: .explain, seed: 2, property))
    #expect(silent.irrelevantDraws.isEmpty)
    // What fails in another way is another bug: the first draw matters.
    let other = falsified(seed: 2) { testCase in
      let value = try testCase.draw(.integer(in: 0...1000), as: "value")
      try testCase.require(value != 0, "one bug")
      try testCase.require(value == 0, "another")
    }
    #expect(other?.irrelevantDraws.isEmpty == true)
  }

  @Test("Commands that could have been others say so too")
  func explainCommands() throws {
    let failure = try #require(
      falsified(seed: 4) { testCase in
        let run = try testCase.run(Counting(), commands: 3...6)
        try testCase.require(run.state < 0, "always")
      })
    #expect(failure.draws.count == 3)
    #expect(failure.irrelevantDraws == [0, 1, 2])
  }
}

/// Adds numbers; nothing is wrong with it.
private struct Counting: StatefulModel {
  var initialState: Int { 0 }
  func makeSystem() {}
  func commands(in state: Int) -> Generator<Int> { .integer(in: 0...1000) }
  func run(_ command: Int, on system: inout Void, responses: Responses<Void>) {}
  func state(after command: Int, in state: Int, answer: Reference) -> Int { state + command }
}
