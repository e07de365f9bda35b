import PropertyTesting

/// Two jugs of three and five gallons; the property says that nobody can measure four.
private struct Jugs: StatefulModel {
  enum Command: Sendable, CaseIterable {
    case fillSmall, fillBig, emptySmall, emptyBig, smallIntoBig, bigIntoSmall
  }

  struct State: Sendable {
    var small = 0
    var big = 0
  }

  var initialState: State { State() }
  func makeSystem() -> State { State() }
  func commands(in state: State) -> Generator<Command> { .element(of: Command.allCases) }

  func run(_ command: Command, on system: inout State, responses: Responses<Void>) {
    system = state(after: command, in: system, answer: Reference(step: 0))
  }

  func state(after command: Command, in state: State, answer: Reference) -> State {
    let total = state.small + state.big
    return switch command {
    case .fillSmall: State(small: 3, big: state.big)
    case .fillBig: State(small: state.small, big: 5)
    case .emptySmall: State(small: 0, big: state.big)
    case .emptyBig: State(small: state.small, big: 0)
    case .smallIntoBig: State(small: total - min(total, 5), big: min(total, 5))
    case .bigIntoSmall: State(small: min(total, 3), big: total - min(total, 3))
    }
  }

  func checkInvariants(_ state: State, _ system: inout State) throws {
    if system.big == 4 { throw Violation(message: "four gallons") }
  }
}

/// A ring buffer of three places that counts modulo three.
private struct Ring: StatefulModel {
  enum Command: Sendable { case put(Int), get, count }

  struct System {
    var places = [0, 0, 0]
    var (first, next, held) = (0, 0, 0)

    mutating func put(_ value: Int) throws {
      guard held < 3 else { throw Refused() }
      places[next] = value
      (next, held) = ((next + 1) % 3, held + 1)
    }

    mutating func get() throws -> Int {
      guard held > 0 else { throw Refused() }
      defer { (first, held) = ((first + 1) % 3, held - 1) }
      return places[first]
    }

    var count: Int { (next - first + 3) % 3 }
  }

  var initialState: [Int] { [] }
  func makeSystem() -> System { System() }

  func commands(in state: [Int]) -> Generator<Command> {
    .oneOf([
      Generator<Int>.integer(in: 0...99).map { .put($0) }, .constant(.get), .constant(.count),
    ])
  }

  func precondition(of command: Command, in state: [Int]) -> Precondition {
    switch command {
    case .put: state.count < 3 ? .holds : .mustRefuse
    case .get: state.isEmpty ? .mustRefuse : .holds
    case .count: .holds
    }
  }

  func run(_ command: Command, on system: inout System, responses: Responses<Int>) throws -> Int {
    switch command {
    case .put(let value):
      try system.put(value)
      return value
    case .get: return try system.get()
    case .count: return system.count
    }
  }

  func checkResponse(
    _ response: Int, to command: Command, in state: [Int], responses: Responses<Int>
  ) throws {
    switch command {
    case .put: break
    case .get: if response != state[0] { throw Violation(message: "wrong element") }
    case .count: if response != state.count { throw Violation(message: "wrong count") }
    }
  }

  func state(after command: Command, in state: [Int], answer: Reference) -> [Int] {
    switch command {
    case .put(let value): state + [value]
    case .get: Array(state.dropFirst())
    case .count: state
    }
  }
}

/// A queue that doubles its places without straightening what has wrapped around.
private struct GrowingQueue: StatefulModel {
  enum Command: Sendable { case put(Int), get }

  struct System {
    var places = [0, 0]
    var (first, held) = (0, 0)

    mutating func put(_ value: Int) {
      if held == places.count { places += Array(repeating: 0, count: held) }
      places[(first + held) % places.count] = value
      held += 1
    }

    mutating func get() throws -> Int {
      guard held > 0 else { throw Refused() }
      defer { (first, held) = ((first + 1) % places.count, held - 1) }
      return places[first]
    }
  }

  var initialState: [Int] { [] }
  func makeSystem() -> System { System() }

  func commands(in state: [Int]) -> Generator<Command> {
    .oneOf([Generator<Int>.integer(in: 0...99).map { .put($0) }, .constant(.get)])
  }

  func precondition(of command: Command, in state: [Int]) -> Precondition {
    if case .get = command, state.isEmpty { return .mustRefuse }
    return .holds
  }

  func run(_ command: Command, on system: inout System, responses: Responses<Int?>) throws -> Int? {
    switch command {
    case .put(let value):
      system.put(value)
      return nil
    case .get: return try system.get()
    }
  }

  func checkResponse(
    _ response: Int?, to command: Command, in state: [Int], responses: Responses<Int?>
  ) throws {
    if case .get = command, response != state[0] { throw Violation(message: "wrong element") }
  }

  func state(after command: Command, in state: [Int], answer: Reference) -> [Int] {
    switch command {
    case .put(let value): state + [value]
    case .get: Array(state.dropFirst())
    }
  }
}

/// Handles that are opened, read and closed; closing one closes all older ones too.
private struct Handles: StatefulModel {
  enum Command: Sendable { case open, read(Reference), close(Reference) }

  struct State: Sendable {
    var opened: [Reference] = []
    var closed: [Reference] = []
  }

  struct System {
    var next = 100
    var open: [Int] = []
  }

  var initialState: State { State() }
  func makeSystem() -> System { System() }

  func commands(in state: State) -> Generator<Command> {
    guard !state.opened.isEmpty else { return .constant(.open) }
    let handle = Generator.reference(among: state.opened)
    return .oneOf([.constant(.open), handle.map { .read($0) }, handle.map { .close($0) }])
  }

  func precondition(of command: Command, in state: State) -> Precondition {
    switch command {
    case .open: .holds
    case .read(let handle), .close(let handle):
      state.closed.contains(handle) ? .mustRefuse : .holds
    }
  }

  func run(_ command: Command, on system: inout System, responses: Responses<Int>) throws -> Int {
    switch command {
    case .open:
      system.next += 1
      system.open.append(system.next)
      return system.next
    case .read(let handle):
      let handle = try responses.value(of: handle)
      guard system.open.contains(handle) else { throw Refused() }
      return handle
    case .close(let handle):
      let handle = try responses.value(of: handle)
      guard system.open.contains(handle) else { throw Refused() }
      system.open.removeAll { $0 <= handle }
      return handle
    }
  }

  func state(after command: Command, in state: State, answer: Reference) -> State {
    var state = state
    switch command {
    case .open: state.opened.append(answer)
    case .read: break
    case .close(let handle): state.closed.append(handle)
    }
    return state
  }
}

/// A lock that anybody can open.
private struct Lock: StatefulModel {
  enum Command: Sendable { case lock(Int), unlock(Int) }

  var initialState: Int? { nil }
  func makeSystem() -> Int? { nil }

  func commands(in state: Int?) -> Generator<Command> {
    let user = Generator<Int>.integer(in: 0...9)
    return .oneOf([user.map { .lock($0) }, user.map { .unlock($0) }])
  }

  func precondition(of command: Command, in state: Int?) -> Precondition {
    switch command {
    case .lock: state == nil ? .holds : .mustRefuse
    case .unlock(let user): state == user ? .holds : .mustRefuse
    }
  }

  func run(_ command: Command, on system: inout Int?, responses: Responses<Void>) throws {
    switch command {
    case .lock(let user):
      guard system == nil else { throw Refused() }
      system = user
    case .unlock:
      guard system != nil else { throw Refused() }
      system = nil
    }
  }

  func state(after command: Command, in state: Int?, answer: Reference) -> Int? {
    if case .lock(let user) = command { return user }
    return nil
  }
}

/// A download that can be paused, but that two pauses leave waiting for ever.
struct Download: HonestModel {
  enum Command: Sendable { case start, pause, resume, finish }

  enum State: Sendable { case idle, running, paused(Int), done }

  var initialState: State { .idle }
  func makeSystem() {}

  func commands(in state: State) -> Generator<Command> {
    .element(of: [.start, .pause, .resume, .finish])
  }

  func precondition(of command: Command, in state: State) -> Precondition {
    switch (command, state) {
    case (.start, .idle), (.pause, .running), (.pause, .paused), (.resume, .paused(1)),
      (.finish, .running):
      .holds
    default: .avoid
    }
  }

  func run(_ command: Command, on system: inout Void, responses: Responses<Void>) {}

  func state(after command: Command, in state: State, answer: Reference) -> State {
    switch (command, state) {
    case (.pause, .paused(let count)): .paused(count + 1)
    case (.pause, _): .paused(1)
    case (.finish, _): .done
    default: .running
    }
  }

  func honestCommand(in state: State) -> Command? {
    switch state {
    case .idle: .start
    case .running: .finish
    case .paused: .resume
    case .done: nil
    }
  }
}

/// A command that the system does not carry out.
struct Refused: Error {}

/// Bugs that take a sequence of commands.
extension PlantedBug {
  static let machines: [PlantedBug] = [
    PlantedBug(
      "die hard", .stateMachine,
      [
        "1. fillBig", "2. bigIntoSmall", "3. emptySmall", "4. bigIntoSmall", "5. fillBig",
        "6. bigIntoSmall", "model: State(small: 3, big: 4)",
      ]
    ) { testCase in try testCase.run(Jugs()) },
    PlantedBug(
      "ring buffer counts modulo its size", .stateMachine,
      [
        "1. put(0) → 0", "2. put(0) → 0", "3. put(0) → 0", "4. count → 0",
        "model before: [0, 0, 0]",
      ]
    ) { testCase in try testCase.run(Ring()) },
    PlantedBug(
      "queue grows while it wraps around", .stateMachine,
      [
        "1. put(0) → nil", "2. put(0) → nil", "3. get → Optional(0)", "4. put(1) → nil",
        "5. put(0) → nil", "6. get → Optional(0)", "7. get → Optional(0)",
        "model before: [1, 0]",
      ]
    ) { testCase in try testCase.run(GrowingQueue()) },
    PlantedBug(
      "closing one handle closes older ones", .stateMachine,
      [
        "1. open → 101", "2. open → 102", "3. close(#2) → 102", "4. read(#1)",
        "model before: State(opened: [#1, #2], closed: [#2])",
      ]
    ) { testCase in try testCase.run(Handles()) },
    PlantedBug(
      "anybody can open the lock", .stateMachine,
      ["1. lock(0)", "2. unlock(1)", "model before: Optional(0)"]
    ) { testCase in try testCase.run(Lock()) },
    PlantedBug(
      "two pauses never end", .stateMachine,
      [
        "1. start", "2. pause", "3. pause", "from here on honestly:", "4. resume",
        "model: paused(2)",
      ]
    ) { testCase in try testCase.runToHonestEnd(Download()) },
  ]
}
