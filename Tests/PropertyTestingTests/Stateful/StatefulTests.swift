@testable import PropertyTesting
import Synchronization
import Testing

/// What a system under test has been asked to do, shared with the test.
private final class Journal: Sendable {
  private struct Entries {
    var commands: [String] = []
    var depth = 0
    var wrongPops = 0
  }

  private let entries = Mutex(Entries())

  var commands: [String] { entries.withLock { $0.commands } }
  /// Pops of a stack that should have been empty.
  var wrongPops: Int { entries.withLock { $0.wrongPops } }

  /// A new system is there.
  func begin() { entries.withLock { $0.depth = 0 } }

  func note(_ command: Stack.Command) {
    entries.withLock { entries in
      entries.commands.append("\(command)")
      switch command {
      case .push: entries.depth += 1
      case .pop: if entries.depth == 0 { entries.wrongPops += 1 } else { entries.depth -= 1 }
      case .clear: entries.depth = 0
      }
    }
  }
}

/// A stack whose pop must not be called when it is empty; commands are drawn without a look.
private struct Stack: StatefulModel {
  enum Command: Sendable { case push(Int), pop, clear }

  let journal: Journal
  /// From how many elements on a push goes astray.
  var limit = Int.max
  /// How an empty stack takes a pop.
  var emptyPop = Precondition.avoid
  /// Whether the system refuses what it must refuse.
  var refuses = true

  init(_ journal: Journal) { self.journal = journal }

  var initialState: [Int] { [] }
  func makeSystem() -> [Int] {
    journal.begin()
    return []
  }

  func commands(in state: [Int]) -> Generator<Command> {
    .oneOf([
      .constant(.pop), .constant(.clear), Generator<Int>.integer(in: 0...99).map { .push($0) },
    ])
  }

  func precondition(of command: Command, in state: [Int]) -> Precondition {
    if case .pop = command, state.isEmpty { return emptyPop }
    return .holds
  }

  func run(_ command: Command, on system: inout [Int], responses: Responses<Int>) throws -> Int {
    journal.note(command)
    switch command {
    case .push(let value):
      if system.count < limit { system.append(value) }
      return value
    case .pop:
      if system.isEmpty {
        if refuses { throw Refused() }
        return 0
      }
      return system.removeLast()
    case .clear:
      system = []
      return 0
    }
  }

  func checkResponse(
    _ response: Int, to command: Command, in state: [Int], responses: Responses<Int>
  ) throws {
    if case .pop = command, response != state.last { throw Violation(message: "wrong element") }
  }

  func state(after command: Command, in state: [Int], answer: Reference) -> [Int] {
    switch command {
    case .push(let value): state + [value]
    case .pop: state.dropLast()
    case .clear: []
    }
  }

  func checkInvariants(_ state: [Int], _ system: inout [Int]) throws {
    if system.count > state.count { throw Violation(message: "too many elements") }
  }
}

@Suite("Stateful runs")
struct StatefulTests {
  @Test("A system that is right holds, and every kind of command is run and labelled")
  func holds() throws {
    let journal = Journal()
    let model = Stack(journal)
    let report = try #require(
      quietly(covering: ["push", "pop", "clear"].map { RequiredLabel($0, share: 0.1) }) {
        try $0.run(model)
      }.report)
    #expect(report.passed == 200)
    #expect(Set(journal.commands.map { $0.prefix(4) }) == ["push", "pop", "clea"])
    #expect(journal.wrongPops == 0)
  }

  @Test("No command runs where its precondition does not hold, in no run of any shrinking")
  func preconditions() throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      let journal = Journal()
      var model = Stack(journal)
      model.limit = 3
      let failure = try #require(falsified(seed: seed) { try $0.run(model) })
      #expect(failure.shrinkRuns > 0)
      #expect(journal.wrongPops == 0)
      // The fourth element is lost: a pop finds another, or, where all are equal, none in the end.
      #expect(failure.draws.count { $0.contains("push") } == 4)
      #expect(failure.draws.last?.hasPrefix("model before") == true)
    }
  }

  @Test("A command that must be refused is run and changes nothing")
  func refused() throws {
    let journal = Journal()
    var model = Stack(journal)
    model.emptyPop = .mustRefuse
    let report = quietly(covering: [RequiredLabel("refused pop", share: 0.2)]) {
      try $0.run(model)
    }
    #expect(report.failure == nil)
    #expect(journal.wrongPops > 0)
    model.refuses = false
    let failure = try #require(falsified(seed: 3) { try $0.run(model) })
    #expect(failure.draws == ["1. pop → 0", "model before: []"])
    #expect(failure.message.contains("pop had to be refused"))
  }

  @Test("A command that fits and is refused fails, and so does an invariant")
  func failures() throws {
    struct Fussy: StatefulModel {
      var breaks = false
      var initialState: Int { 0 }
      func makeSystem() {}
      func commands(in state: Int) -> Generator<Int> { .integer(in: 0...9) }
      func run(_ command: Int, on system: inout Void, responses: Responses<Void>) throws {
        if command == 7 && !breaks { throw Refused() }
      }
      func state(after command: Int, in state: Int, answer: Reference) -> Int { state + command }
      func checkInvariants(_ state: Int, _ system: inout Void) throws {
        if breaks && state >= 12 { throw Violation(message: "twelve") }
      }
    }
    let refused = try #require(falsified(seed: 1) { try $0.run(Fussy()) })
    #expect(refused.draws == ["1. 7", "model before: 0"])
    let broken = try #require(falsified(seed: 1) { try $0.run(Fussy(breaks: true)) })
    #expect(broken.draws == ["1. 3", "2. 9", "model: 12"])
  }

  @Test("Bounds on the number of commands are kept", arguments: [0...0, 3...3, 2...5, 0...30])
  func bounds(_ range: ClosedRange<Int>) throws {
    struct Steps: StatefulModel {
      var initialState: Int { 0 }
      func makeSystem() {}
      func commands(in state: Int) -> Generator<Bool> { .bool() }
      func run(_ command: Bool, on system: inout Void, responses: Responses<Void>) {}
      func state(after command: Bool, in state: Int, answer: Reference) -> Int {
        // A reference that is not the step's own shows as a wrong count.
        answer == Reference(step: state + 1) ? state + 1 : -1000
      }
    }
    var counts: Set<Int> = []
    let options = CheckOptions(suppressing: [.alwaysTheSame])
    let result = quietly(cases: 1000, options: options) {
      counts.insert(try $0.run(Steps(), commands: range).state)
    }
    #expect(result.failure == nil)
    #expect(counts.allSatisfy { range.contains($0) })
    #expect(counts.contains(range.lowerBound) && counts.contains(range.upperBound))
  }

  @Test("References stand for earlier responses, the newest first, and for nothing else")
  func references() throws {
    var responses = Responses<String>()
    responses.append("a")
    responses.append(nil)
    responses.append("c")
    #expect(try responses.value(of: Reference(step: 1)) == "a")
    #expect(try responses.value(of: Reference(step: 3)) == "c")
    for step in [-1, 0, 2, 4, .max] {
      #expect(throws: Violation.self) { try responses.value(of: Reference(step: step)) }
    }
    let all = (1...3).map { Reference(step: $0) }
    var source = ChoiceSource(replaying: [])
    #expect(try Generator.reference(among: all).generate(&source) == Reference(step: 3))
    #expect("\(all[0])" == "#1")
  }

  @Test("From any prefix the honest path ends, or the check says where it does not")
  func honest() throws {
    struct Road: HonestModel {
      /// Where the road leads back to its start, if anywhere.
      var loop: Int?
      var initialState: Int { 0 }
      func makeSystem() {}
      func commands(in state: Int) -> Generator<Int> { .integer(in: 1...3) }
      func precondition(of command: Int, in state: Int) -> Precondition {
        state + command <= 10 ? .holds : .avoid
      }
      func run(_ command: Int, on system: inout Void, responses: Responses<Void>) {}
      func state(after command: Int, in state: Int, answer: Reference) -> Int {
        state + command == loop ? 0 : state + command
      }
      func honestCommand(in state: Int) -> Int? { state == 10 ? nil : 1 }
    }
    let held = quietly { try $0.runToHonestEnd(Road()) }
    #expect(held.report?.passed == 200)
    var ends: Set<Int> = []
    _ = quietly { ends.insert(try $0.runToHonestEnd(Road()).state) }
    #expect(ends == [10])
    let endless = try #require(
      falsified(seed: 1) { try $0.runToHonestEnd(Road(loop: 9), within: 30) })
    #expect(endless.message.contains("does not end within 30 commands"))
    #expect(endless.draws.first == "from here on honestly:")
    // The public entries run the same.
    try checkHonestPathEnds(name: "the road ends", model: Road())
    try checkStateful(name: "the road is a road", model: Road(), commands: 0...9)
  }

  @Test("An honest path that does not fit the model is stuck")
  func stuck() throws {
    let failure = try #require(falsified(seed: 1) { try $0.runToHonestEnd(Download()) })
    #expect(failure.message.contains("stuck: resume"))
  }

  @Test("Two bugs of one requirement are not taken for each other")
  func distinctions() throws {
    struct Open: StatefulModel {
      enum Command: Sendable { case small, large([Int]) }
      var initialState: Int { 0 }
      func makeSystem() {}
      func commands(in state: Int) -> Generator<Command> {
        .weighted([
          (1, .constant(.small)),
          (30, Generator<Int>.integer(in: 0...9).array(count: 2...5).map { .large($0) }),
        ])
      }
      func precondition(of command: Command, in state: Int) -> Precondition { .mustRefuse }
      func run(_ command: Command, on system: inout Void, responses: Responses<Void>) {}
      func state(after command: Command, in state: Int, answer: Reference) -> Int { state }
    }
    let failure = try #require(falsified(seed: 1) { try $0.run(Open()) })
    #expect(failure.draws.first == "1. large([0, 0])")
  }
}
