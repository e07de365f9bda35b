@testable import PropertyTesting
import Testing

@Suite("Checks")
struct CheckTests {
  private static let quiet = CheckSettings { _ in nil }

  private func drawn(seed: UInt64, name: String = "draws", cases: Int = 50) throws -> [[Int]] {
    var values: [[Int]] = []
    var runner = Runner(name: name, cases: cases, seed: seed, settings: Self.quiet) { testCase in
      values.append(
        try testCase.draw(.array(of: .integer(in: -9...1_000_000), count: 0...12)))
    }
    _ = try runner.run(tokens: [], required: [])
    return values
  }

  @Test("A property that holds runs exactly as many cases as asked, and reports its labels")
  func holds() throws {
    var runs = 0
    var runner = Runner(name: "holds", cases: 300, seed: 4, settings: Self.quiet) { testCase in
      runs += 1
      let value = try testCase.draw(.integer(in: 0...9))
      testCase.label("small", if: value < 5)
      testCase.label("any")
      testCase.label("any")
      try testCase.require(value < 10)
    }
    let report = try runner.run(tokens: [], required: [RequiredLabel("small", share: 0.2)])
    #expect(runs == 300)
    #expect(report.passed == 300)
    #expect(report.count(of: "any") == 300)
    #expect((60..<300).contains(report.count(of: "small")))
    #expect(report.count(of: "never") == 0)
  }

  @Test("Equal seeds draw alike; other seeds and other names do not")
  func seeds() throws {
    #expect(try drawn(seed: 1) == drawn(seed: 1))
    #expect(try drawn(seed: 1) != drawn(seed: 2))
    #expect(try drawn(seed: 1) != drawn(seed: 1, name: "others"))
    let values = try drawn(seed: 1)
    #expect(Set(values).count > 25, "the cases of one run differ")
  }

  @Test("A failure carries seed, case and a token that runs the shrunk case again")
  func failure() throws {
    func property(_ testCase: inout TestCase) throws {
      let list = try testCase.draw(.array(of: .integer(in: 0...500), count: 0...20), as: "list")
      let tail = try testCase.draw(.bytes(count: 0...9), as: "tail")
      testCase.note("seen \(list.count + tail.count)")
      try testCase.require(!list.contains { $0 > 99 } || tail.isEmpty, "no tail behind large ones")
    }
    let failure = try #require(falsified(seed: 77, property))
    #expect(failure.reason == .falsified)
    #expect(failure.draws == ["list = [100]", "tail = [0]", "seen 2"])
    #expect(failure.token == "p1.1.2s.0.:00")
    #expect(failure.message.contains("no tail behind large ones"))
    #expect(failure.description.contains("EPHML_SEED=77"))
    #expect(failure.description.contains("EPHML_REPLAY='p1.1.2s.0.:00'"))
    // The same seed leads to the same report.
    let again = falsified(seed: 77, property)
    #expect(again?.description == failure.description)
    // The token alone, without a single random case, fails at once.
    var runner = Runner(
      name: "planted", cases: 0, seed: 1, settings: Self.quiet, property: property)
    let replayed = #expect(throws: PropertyFailure.self) {
      try runner.run(tokens: [failure.token], required: [])
    }
    #expect(replayed?.draws == failure.draws)
    #expect(replayed?.passed == 0)
  }

  @Test("EPHML_REPLAY runs its token and nothing else")
  func replayVariable() throws {
    let settings = CheckSettings {
      ["EPHML_REPLAY_NAME": "one", "EPHML_REPLAY": "p1.5"][$0]
    }
    var values: [Int] = []
    var runner = Runner(name: "one", cases: 100, seed: 1, settings: settings) { testCase in
      values.append(try testCase.draw(.integer(in: 0...9)))
    }
    _ = try runner.run(tokens: ["p1.1"], required: [RequiredLabel("none")])
    #expect(values == [5])
    var other = Runner(name: "two", cases: 100, seed: 1, settings: settings) { testCase in
      values.append(try testCase.draw(.integer(in: 0...9)))
    }
    _ = try other.run(tokens: [], required: [])
    #expect(values.count == 101)
  }

  @Test("A label that is required and missing fails the check")
  func coverage() {
    for (share, expected) in [(0, nil), (0.9, "low")] as [(Double, String?)] {
      var runner = Runner(name: "labels", cases: 200, seed: 8, settings: Self.quiet) { testCase in
        let value = try testCase.draw(.integer(in: 0...9))
        testCase.label("low", if: value < 5)
      }
      let reason = failureReason {
        try runner.run(tokens: [], required: [RequiredLabel("low", share: share)])
      }
      #expect(reason == expected.map { .uncovered(label: $0) })
    }
    var never = Runner(name: "never", cases: 20, seed: 8, settings: Self.quiet) { _ in }
    let reason = failureReason { try never.run(tokens: [], required: [RequiredLabel("seen")]) }
    #expect(reason == .uncovered(label: "seen"))
  }

  @Test("Assumptions that hardly ever hold fail the check instead of passing it")
  func discards() {
    var runner = Runner(name: "discards", cases: 100, seed: 3, settings: Self.quiet) { testCase in
      let value = try testCase.draw(Generator<UInt64>.integer())
      try testCase.assume(value % 1_000_003 == 17)
    }
    #expect(
      failureReason { try runner.run(tokens: [], required: []) } == .unhealthy(.tooManyDiscards))
    var filtered = Runner(name: "filter", cases: 100, seed: 3, settings: Self.quiet) { testCase in
      _ = try testCase.draw(Generator<Int>.integer(in: 0...9).filter { _ in false })
    }
    #expect(
      failureReason { try filtered.run(tokens: [], required: []) } == .unhealthy(.tooManyDiscards))
  }

  @Test("A case without end is cut off")
  func overrun() {
    let execution = Execution(ChoiceSource(replaying: [])) { testCase in
      while true { _ = try testCase.draw(.bool()) }
    }
    #expect(execution.outcome == .overrun)
    #expect(execution.choices.count == ChoiceSource.maximumChoices)
  }

  @Test("A property that depends on more than its draws is told so")
  func nondeterministic() {
    var runs = 0
    let failure = falsified(seed: 1) { testCase in
      runs += 1
      try testCase.require(runs != 5)
    }
    #expect(failure?.reason == .unhealthy(.notDeterministic))
  }

  @Test("Any error fails a case, not only a requirement")
  func otherErrors() {
    struct Planted: Error {}
    let failure = falsified(seed: 1) { testCase in
      if try testCase.draw(.integer(in: 0...99), as: "n") > 41 { throw Planted() }
    }
    #expect(failure?.draws == ["n = 42"])
    #expect(failure?.message.contains("Planted") == true)
  }

  @Test("The public entry throws what it prints, or returns its report")
  func publicEntry() throws {
    let report = try check(name: "bytes keep their bounds", cases: 50) { testCase in
      let bytes = try testCase.draw(.bytes(count: 3...5))
      try testCase.require((3...5).contains(bytes.count))
    }
    #expect(report.passed >= 1)
    try check(name: "one value", cases: 50, for: .integer(in: 1...6)) { value in
      guard (1...6).contains(value) else { throw Violation(message: "out of range") }
    }
  }

  private func failureReason(_ body: () throws -> CheckReport) -> PropertyFailure.Reason? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? PropertyFailure)?.reason
    }
  }
}
