@testable import PropertyTesting
import Testing

@Suite("Concurrent runs")
struct ScheduleTests {
  /// A counter with a lock around its two steps.
  private struct Locked: ConcurrentModel {
    enum Command: Sendable { case increment }

    struct System {
      var value = 0
      var owner: Int?
    }

    struct Local {
      var isIn = false
      var seen: Int?
    }

    /// Whether a worker gives the lock back.
    var unlocks = true
    var initialState: Int { 0 }
    func makeSystem() -> System { System() }
    var commands: Generator<Command> { .constant(.increment) }
    func begin(_ command: Command) -> Local { Local() }

    func step(
      _ command: Command, _ local: inout Local, on system: inout System, worker: Int
    ) -> StepEnd<Int> {
      if !local.isIn {
        guard system.owner == nil else { return .waits }
        system.owner = worker
        local.isIn = true
        return .goesOn
      }
      guard let value = local.seen else {
        local.seen = system.value
        return .goesOn
      }
      system.value = value + 1
      if unlocks { system.owner = nil }
      return .done(value + 1)
    }

    func apply(_ command: Command, to state: inout Int) -> Int {
      state += 1
      return state
    }

    func agrees(_ system: System, with state: Int) -> Bool { system.value == state }
  }

  /// A worker whose command never ends.
  private struct Endless: ConcurrentModel {
    var initialState: Int { 0 }
    func makeSystem() {}
    var commands: Generator<Int> { .integer(in: 0...3) }
    func begin(_ command: Int) {}
    func step(_ command: Int, _ local: inout Void, on system: inout Void, worker: Int)
      -> StepEnd<Int>
    { command == 2 ? .goesOn : .done(0) }
    func apply(_ command: Int, to state: inout Int) -> Int { 0 }
  }

  private typealias Operation = ConcurrentOperation<LostUpdate.Command, Int>

  @Test("What is locked holds under every schedule, with two workers and with four")
  func locked() throws {
    for workers in [1, 2, 4] {
      let report = try #require(
        quietly(
          cases: 500, covering: workers > 1 ? [RequiredLabel("context switches", share: 0.3)] : []
        ) {
          try $0.runConcurrently(Locked(), workers: workers)
        }.report)
      #expect(report.passed == 500)
    }
    try checkConcurrent(name: "a locked counter", model: Locked(), workers: 3)
  }

  @Test("A lock that is kept makes the others wait for ever")
  func kept() throws {
    let failure = try #require(
      falsified(seed: 1) { try $0.runConcurrently(Locked(unlocks: false)) })
    #expect(failure.message.contains("wait for each other"))
    #expect(failure.draws.contains("context switches: 0"))
    #expect(failure.draws.prefix(2).joined().count { $0 == "i" } == 2, "two increments in all")
  }

  @Test("Workers that never end are cut off")
  func endless() throws {
    let failure = try #require(
      falsified(seed: 1) {
        do {
          try $0.runConcurrently(Endless())
        } catch let violation as Violation {
          // The report of so many steps is left out.
          throw Violation(message: violation.message)
        }
      })
    #expect(failure.message.contains("do not end within"))
    #expect(failure.draws.prefix(2) == ["worker 1 = []", "worker 2 = [2]"])
  }

  @Test("Schedules shrink to the fewest context switches from every seed")
  func fewest() throws {
    for seed in 1...50 as ClosedRange<UInt64> {
      let failure = try #require(
        falsified(seed: seed) { try $0.runConcurrently(LostUpdate(), workers: 3, commands: 0...4) })
      #expect(failure.draws.contains("context switches: 1"), "from seed \(seed)")
      #expect(failure.draws.count { $0.contains("→") } == 2, "from seed \(seed)")
    }
  }

  @Test("An order is found exactly where there is one")
  func orders() {
    func verdict(_ operations: [(worker: Int, response: Int, begin: Int, end: Int)])
      -> Linearising<LostUpdate>.Verdict
    {
      let history = operations.map {
        Operation(
          worker: $0.worker, command: .increment, response: $0.response, begin: $0.begin,
          end: $0.end)
      }
      var linearising = Linearising(LostUpdate(), history, history.count)
      return linearising.verdict()
    }
    #expect(verdict([]) == .explained)
    #expect(verdict([(0, 1, 0, 1), (1, 2, 2, 3)]) == .explained)
    // The second is over before the first begins, so its answer must be the lower.
    #expect(verdict([(0, 2, 0, 1), (1, 1, 2, 3)]) == .unexplained)
    // At the same time either may be first.
    #expect(verdict([(0, 2, 0, 3), (1, 1, 1, 2)]) == .explained)
    #expect(verdict([(0, 1, 0, 3), (1, 1, 1, 2)]) == .unexplained)
    #expect(verdict([(0, 3, 0, 9), (1, 1, 1, 2), (1, 2, 3, 4)]) == .explained)
    #expect(verdict([(0, 3, 0, 9), (1, 2, 1, 2), (1, 1, 3, 4)]) == .unexplained)
  }

  @Test("A search without end is undecided, and the case says nothing")
  func undecided() {
    struct Anything: ConcurrentModel {
      var initialState: Int { 0 }
      func makeSystem() {}
      var commands: Generator<Int> { .constant(0) }
      func begin(_ command: Int) -> Int { 0 }
      func step(_ command: Int, _ steps: inout Int, on system: inout Void, worker: Int)
        -> StepEnd<Int>
      {
        steps += 1
        return steps < 2 ? .goesOn : .done(0)
      }
      func apply(_ command: Int, to state: inout Int) -> Int { 0 }
      func agrees(_ system: Void, with state: Int) -> Bool { false }
    }
    let history = (0..<12).map {
      ConcurrentOperation(worker: $0, command: 0, response: 0, begin: 0, end: 99)
    }
    var search = Linearising(Anything(), history, ())
    #expect(search.verdict() == .undecided)
    var small = Linearising(Anything(), Array(history.prefix(4)), ())
    #expect(small.verdict() == .unexplained)
  }
}
