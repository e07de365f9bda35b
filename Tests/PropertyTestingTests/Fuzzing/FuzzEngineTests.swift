import PropertyTesting
import Testing

@Suite("Fuzz engine")
struct FuzzEngineTests {
  private static let budget: UInt64 = 200_000

  @Test("finds a magic and a number behind it, with every seed", arguments: UInt64(1)...12)
  func findsPlantedBug(seed: UInt64) throws {
    let report = FuzzToy.magicAndNumber().run(seed: seed, executions: Self.budget)
    let finding = try #require(report.finding)
    #expect(finding.violation.message == "planted")
    #expect(finding.shrunk == Array("EPHM".utf8) + [0xde, 0xad, 0xbe, 0xef])
    #expect(report.statistics.executions < Self.budget)
  }

  @Test("finds nothing in the same budget without feedback", arguments: UInt64(1)...4)
  func needsFeedback(seed: UInt64) {
    let report = FuzzToy.magicAndNumber().run(
      seed: seed, executions: Self.budget, usesFeedback: false)
    #expect(report.finding == nil)
    #expect(report.statistics.executions == Self.budget)
  }

  @Test("needs the compared operands to get past a number")
  func needsOperands() {
    let others = MutationOperator.allCases.filter { $0 != .comparedOperand }
    let report = FuzzToy.magicAndNumber().run(executions: Self.budget, operators: others)
    #expect(report.finding == nil)
    #expect(report.statistics.edges == 5)
  }

  @Test("equal seeds give equal runs, other seeds other ones")
  func isDeterministic() {
    func inputs(seed: UInt64) -> [[UInt8]] {
      var inputs: [[UInt8]] = []
      var hooks = FuzzHooks()
      hooks.willRun = { inputs.append($0) }
      _ = FuzzToy.magicAndNumber().run(seed: seed, executions: 3000, hooks: hooks)
      return inputs
    }
    let first = inputs(seed: 7)
    #expect(first.count == 3000)
    #expect(first == inputs(seed: 7))
    #expect(first != inputs(seed: 8))
  }

  @Test("runs exactly as many executions as it may, and tells of each")
  func executionBound() {
    var begun = 0
    var ended = 0
    var hooks = FuzzHooks()
    hooks.willRun = { _ in begun += 1 }
    hooks.didRun = { ended += 1 }
    let report = FuzzToy.words([[1, 2, 3, 4, 5, 6, 7, 8]]).run(executions: 500, hooks: hooks)
    #expect(report.statistics.executions == 500)
    #expect(begun == 500)
    #expect(ended == 500)
  }

  @Test("no input is longer than the target allows, those given included")
  func lengthBound() {
    var longest = 0
    var hooks = FuzzHooks()
    hooks.willRun = { longest = max(longest, $0.count) }
    let toy = FuzzToy.words([[1, 2, 3, 4, 5, 6, 7, 8]], maximumBytes: 10)
    _ = toy.run(
      executions: 5000, inputs: [[UInt8](repeating: 9, count: 1000)], hooks: hooks)
    #expect(longest == 10)
  }

  @Test("a run without time ends before it mutates")
  func timeBound() {
    let toy = FuzzToy.words([[1, 2, 3, 4, 5, 6, 7, 8]])
    var settings = FuzzSettings()
    settings.maximumSeconds = 0
    let report = FuzzEngine(toy.target, coverage: toy.coverage, settings: settings).run([[1]])
    #expect(report.finding == nil)
    #expect(report.statistics.executions < 64)
  }

  @Test("dictionary words get where nothing else does", arguments: [true, false])
  func dictionary(isGiven: Bool) {
    let words: [[UInt8]] = [Array("correct horse".utf8), Array("battery staple".utf8)]
    let toy = FuzzToy.words(words, dictionary: isGiven ? words : [])
    let report = toy.run(executions: 20_000)
    #expect((report.finding != nil) == isGiven)
  }

  @Test("two inputs together get where neither does", arguments: [true, false])
  func crossover(isUsed: Bool) {
    let words: [[UInt8]] = [Array("correct horse".utf8), Array("battery staple".utf8)]
    let operators = MutationOperator.allCases.filter { isUsed || $0 != .crossover }
    let toy = FuzzToy.words(words)
    let report = toy.run(executions: 20_000, inputs: words, operators: operators)
    #expect((report.finding != nil) == isUsed)
  }

  @Test("a new state that the target tells of is kept like a new edge")
  func notes() {
    let target = FuzzTarget("notes", "counts", maximumBytes: 8) {
      (bytes, notes) throws(Violation) in
      // Each step needs the one before; no edge tells them apart.
      let steps = bytes.enumerated().prefix { $0.offset + 1 == Int($0.element) }.count
      notes.state(UInt64(steps))
      if steps == 5 { throw Violation(message: "five steps") }
    }
    var settings = FuzzSettings()
    settings.maximumExecutions = 200_000
    let report = FuzzEngine(
      target, coverage: ManualCoverage(edgeCount: 0), settings: settings
    ).run([])
    #expect(report.finding?.shrunk == [1, 2, 3, 4, 5])
  }

  @Test("kept inputs are trimmed to what they show")
  func trimming() {
    let word = Array("needle".utf8)
    let coverage = ManualCoverage(edgeCount: 2)
    nonisolated(unsafe) let edges = coverage
    let target = FuzzTarget("trim", "a needle") { (bytes, _) throws(Violation) in
      unsafe edges.hit(0)
      guard bytes.count >= 6 else { return }
      for start in 0...(bytes.count - 6) where bytes[start..<(start + 6)].elementsEqual(word) {
        unsafe edges.hit(1)
      }
    }
    var settings = FuzzSettings()
    settings.maximumExecutions = 70
    let hay = [UInt8](repeating: 0x2e, count: 40)
    let report = FuzzEngine(target, coverage: coverage, settings: settings).run([hay + word + hay])
    #expect(report.corpus.contains(word))
  }

  @Test("a corpus is minimised to one input for each thing that is shown")
  func minimisation() {
    let words: [[UInt8]] = [[1], [2], [3]]
    let toy = FuzzToy.words(words + [[99]])
    let engine = FuzzEngine(toy.target, coverage: toy.coverage)
    let kept = engine.minimise([
      [1, 1, 1], [1], [0, 2], [2, 0], [1, 2], [5], [3, 2, 1], [3, 9, 9, 9, 9],
    ])
    #expect(kept == [[1], [0, 2], [3, 2, 1]])
  }

  @Test("figures are the same on the line and in the object")
  func statistics() {
    var statistics = FuzzStatistics()
    statistics.executions = 2000
    statistics.edges = 12
    statistics.features = 34
    statistics.corpusInputs = 5
    statistics.corpusBytes = 678
    statistics.nanoseconds = 500_000_000
    #expect(
      statistics.line
        == "executions 2000  edges 12  features 34  corpus 5 (678 bytes)  4000/s")
    #expect(
      statistics.json(target: "toy")
        == """
        {"target":"toy","executions":2000,"edges":12,"features":34,"corpusInputs":5,\
        "corpusBytes":678,"nanoseconds":500000000,"executionsPerSecond":4000}
        """)
  }
}
