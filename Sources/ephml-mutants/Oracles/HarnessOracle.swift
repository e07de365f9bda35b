import Foundation
import PropertyTesting

/// The harness's self-checks: small systems whose right answers are known.
enum HarnessOracle {
  /// Throws what the harness got wrong.
  static func run() throws {
    try shrinking()
    try seeds()
    try coverage()
    try reuse()
    try flaky()
    try stateful()
    try exploring()
    try fuzzing()
    try simulating()
  }

  /// Runs a property that is expected to fail; nothing is kept.
  private static func failure(
    cases: Int = 2000, seed: UInt64, covering labels: [RequiredLabel] = [],
    options: CheckOptions = CheckOptions(failures: .none),
    _ property: @escaping (inout TestCase) throws -> Void
  ) -> PropertyFailure? {
    do throws(PropertyFailure) {
      try check(
        name: "a self-check", cases: cases, seed: seed, covering: labels, options: options,
        property)
      return nil
    } catch {
      return error
    }
  }

  private static func shrinking() throws {
    let number = Generator<Int>.integer(in: 0...1_000_000)
    let sum = failure(seed: 1) { testCase in
      let list = try testCase.draw(.array(of: number, count: 0...20), as: "list")
      try testCase.require(list.reduce(0, +) < 1000)
    }
    try expect("the shrunk list", sum?.draws.first, "list = [1000]")
    for seed in 1...5 as ClosedRange<UInt64> {
      var first: Bool?
      let found = failure(seed: seed) { testCase in
        let value = try testCase.draw(number, as: "value")
        if value >= 1000 {
          first = first ?? true
          try testCase.require(false, "large")
        }
        if value >= 10 {
          first = first ?? false
          try testCase.require(false, "small")
        }
      }
      let words = first == true ? "large" : "small"
      try expect(found?.message.hasPrefix(words) == true, "shrunk to another bug")
    }
  }

  private static func seeds() throws {
    func draws(_ seed: UInt64) -> [UInt64] {
      var values: [UInt64] = []
      _ = failure(cases: 20, seed: seed) { testCase in
        values.append(try testCase.draw(.integer(in: 0...UInt64.max)))
      }
      return values
    }
    try expect("equal seeds", draws(7), draws(7))
    try expect(draws(7) != draws(8), "other seeds give the same cases")
  }

  private static func coverage() throws {
    let found = failure(cases: 50, seed: 1, covering: [RequiredLabel("never")]) { testCase in
      _ = try testCase.draw(.integer(in: 0...UInt64.max))
    }
    try expect("a label that never comes", found?.reason, .uncovered(label: "never"))
  }

  private static func reuse() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "ephml-mutants-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let options = CheckOptions(failures: .at(folder.path))
    func first(_ seed: UInt64) -> UInt64? {
      var value: UInt64?
      _ = failure(cases: 5000, seed: seed, options: options) { testCase in
        let drawn = try testCase.draw(.integer(in: 0...UInt64.max))
        value = value ?? drawn
        try testCase.require(drawn % 64 != 17)
      }
      return value
    }
    _ = first(1)
    try expect("the first case of the next run", first(2).map { $0 % 64 }, 17)
  }

  private static func flaky() throws {
    var isFirst = true
    let found = failure(cases: 50, seed: 1) { testCase in
      _ = try testCase.draw(.integer(in: 0...UInt64.max))
      defer { isFirst = false }
      try testCase.require(!isFirst)
    }
    try expect("a case that fails once", found?.reason, .unhealthy(.notDeterministic))
    // Said of the case as it was found, before anything was shrunk.
    try expect(
      found?.message.contains("a case that failed held") == true,
      "a flaky case was shrunk: \(found?.message ?? "")")
  }

  // MARK: Commands

  /// A stack of at most three; `isOpen` lets a fourth element in.
  private struct Stack: StatefulModel {
    enum Command: Sendable { case push, pop }

    let isOpen: Bool
    var initialState: Int { 0 }
    func makeSystem() -> [Int] { [] }
    func commands(in state: Int) -> Generator<Command> { .element(of: [.push, .pop]) }
    func precondition(of command: Command, in state: Int) -> Precondition {
      switch command {
      case .push: state < 3 ? .holds : .mustRefuse
      case .pop: state > 0 ? .holds : .avoid
      }
    }
    func run(
      _ command: Command, on stack: inout [Int], responses: Responses<Int>
    ) throws -> Int {
      switch command {
      case .push:
        guard isOpen || stack.count < 3 else { throw Finding("full") }
        stack.append(0)
      case .pop:
        guard stack.popLast() != nil else { throw Finding("popped from nothing") }
      }
      return stack.count
    }
    func state(after command: Command, in state: Int, answer: Reference) -> Int {
      command == .push ? state + 1 : state - 1
    }
  }

  private static func stateful() throws {
    func found(_ model: Stack) -> PropertyFailure? {
      failure(cases: 300, seed: 1) { testCase in try testCase.run(model) }
    }
    let right = found(Stack(isOpen: false))
    try expect(right == nil, "a right stack fails: \(right?.message ?? "")")
    let wrong = found(Stack(isOpen: true))
    try expect(
      wrong?.message.contains("had to be refused") == true, "a stack without end is accepted")
  }

  // MARK: States

  /// A walk on a ring of ten; from the fifth place on, a way out.
  private struct Ring: ExplorableSystem {
    let mayLeave: [String]

    func initialStates() -> [UInt64] { [0] }
    func successors(
      of state: UInt64, counting counters: inout ExplorationCounters,
      _ visit: (String, consuming UInt64) -> Void
    ) {
      guard state < 10 else { return }
      visit("on", (state + 1) % 10)
      if state >= 5 { visit("out", 10) }
    }
    func fingerprint(of state: UInt64) -> Fingerprint { Fingerprint(of: state, 1) }
    var fairnessClasses: [String] { ["out"] }
    func fairnessClass(of step: String) -> Int? { step == "out" ? 0 : nil }
    var invariants: [Invariant<UInt64>] { [Invariant("not at the start") { $0 > 0 }] }
    var sometimes: [Sometimes<UInt64>] {
      [Sometimes("out") { $0 == 10 }, Sometimes("beyond") { $0 > 10 }]
    }
    var liveness: [Liveness<UInt64>] {
      [
        .eventually("gets out", underFairness: mayLeave) { $0 == 10 },
        // Who never stops may still go round for ever.
        .eventually("does not go round", underFairness: [], mayStop: false) { $0 == 10 },
      ]
    }
  }

  private static func exploring() throws {
    func explored(_ fairness: [String]) throws -> Exploration<Ring> {
      try explore(
        Ring(mayLeave: fairness),
        ExplorationOptions(maximumStates: 1000, stopsAtViolation: false, checksLiveness: true))
    }
    func isViolated(_ exploration: Exploration<Ring>, _ name: String) -> Bool {
      exploration.violations.contains { $0.name == name }
    }
    let result = try explored(["out"])
    try expect("states of a ring", result.distinctStates, 11)
    try expect(isViolated(result, "not at the start"), "the initial state was not judged")
    try expect(isViolated(result, "beyond"), "what is never reached was not missed")
    try expect(!isViolated(result, "out"), "what is reached was missed")
    // The way out is open on part of the ring only: weak fairness does not force it.
    let isForced = isViolated(result, "gets out")
    try expect(isForced, "weak fairness forces a step that is closed again and again")
    try expect(isViolated(try explored([]), "does not go round"), "a cycle was missed")
    let door = try explore(Door(), ExplorationOptions(checksLiveness: true))
    try expect(door.violations.isEmpty, "fairness was ignored")
  }

  /// A room with a door that is always open: with fairness one gets out.
  private struct Door: ExplorableSystem {
    func initialStates() -> [UInt64] { [0] }
    func successors(
      of state: UInt64, counting counters: inout ExplorationCounters,
      _ visit: (String, consuming UInt64) -> Void
    ) {
      guard state < 2 else { return }
      visit("about", 1 - state)
      visit("out", 2)
    }
    func fingerprint(of state: UInt64) -> Fingerprint { Fingerprint(of: state, 2) }
    var fairnessClasses: [String] { ["out"] }
    func fairnessClass(of step: String) -> Int? { step == "out" ? 0 : nil }
    var liveness: [Liveness<UInt64>] {
      [.eventually("gets out", underFairness: ["out"]) { $0 == 2 }]
    }
  }

  // MARK: Bytes and messages

  private static func fuzzing() throws {
    func run(_ seed: UInt64) throws -> FuzzReport {
      let coverage = ManualCoverage(edgeCount: 4)
      nonisolated(unsafe) let seen = coverage
      let target = FuzzTarget("magic", "three bytes, one after the other", maximumBytes: 8) {
        (bytes, notes) throws(Violation) in
        unsafe seen.hit(0)
        for (index, byte) in ([0x53, 0x77, 0x21] as [UInt8]).enumerated() {
          guard index < bytes.count, bytes[index] == byte else { return }
          unsafe seen.hit(index + 1)
        }
        throw Violation(message: "found")
      }
      var settings = FuzzSettings()
      settings.seed = seed
      settings.maximumExecutions = 200_000
      return FuzzEngine(target, coverage: coverage, settings: settings).run([])
    }
    let (first, second) = (try run(1), try run(2))
    try expect(first.finding != nil && second.finding != nil, "the magic was not found")
    try expect(
      first.statistics.executions != second.statistics.executions,
      "other seeds give the same run")
  }

  /// A question that is asked again and again, and a count of the answers.
  private struct Question: SimulatedSystem {
    enum Payload { case question, answer }

    let patience: UInt64
    let isCounted: Bool
    var answers = 0
    let nodeNames = ["asks", "answers"]

    mutating func start(_ node: Int, _ context: inout SimulationContext<Payload, Int>) {
      guard node == 0 else { return }
      context.send(.question, to: 1)
      if patience > 0 { context.setTimer(0, after: patience) }
    }
    mutating func receive(
      _ payload: Payload, from sender: Int, at node: Int,
      _ context: inout SimulationContext<Payload, Int>
    ) {
      switch payload {
      case .question: context.send(.answer, to: sender)
      case .answer: answers += 1
      }
    }
    mutating func fire(
      _ timer: Int, at node: Int, _ context: inout SimulationContext<Payload, Int>
    ) {
      // Asks on even when answered: only the end of the faults ends the run.
      context.send(.question, to: 1)
      context.setTimer(0, after: patience)
    }
    var violation: String? { isCounted && answers > 1 ? "answered twice" : nil }
    var isConverged: Bool { answers > 0 }
  }

  private static func simulating() throws {
    let twice = failure(cases: 500, seed: 1) { testCase in
      try testCase.requireConvergence(
        of: Question(patience: 0, isCounted: true), SimulationSettings(faults: [.duplicate]))
    }
    try expect(
      twice?.message.contains("answered twice") == true, "a message that came twice was missed")
    let asked = failure(cases: 300, seed: 1) { testCase in
      try testCase.requireConvergence(
        of: Question(patience: 30, isCounted: false),
        SimulationSettings(faults: [.drop, .partition]))
    }
    try expect(asked == nil, "who asks again gets no answer: \(asked?.message ?? "")")
  }
}
