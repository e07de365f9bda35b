import PropertyTesting

/// A counter that is read and written in two steps.
struct LostUpdate: ConcurrentModel {
  enum Command: Sendable { case increment }

  var initialState: Int { 0 }
  func makeSystem() -> Int { 0 }
  var commands: Generator<Command> { .constant(.increment) }
  func begin(_ command: Command) -> Int? { nil }

  func step(
    _ command: Command, _ seen: inout Int?, on system: inout Int, worker: Int
  ) -> StepEnd<Int> {
    guard let value = seen else {
      seen = system
      return .goesOn
    }
    system = value + 1
    return .done(value + 1)
  }

  func apply(_ command: Command, to state: inout Int) -> Int {
    state += 1
    return state
  }
}

/// A shop that looks whether there is something left, and then sells it.
private struct Shop: ConcurrentModel {
  enum Command: Sendable { case sell, restock }

  var initialState: Int { 1 }
  func makeSystem() -> Int { 1 }
  var commands: Generator<Command> { .element(of: [.sell, .restock]) }
  func begin(_ command: Command) -> Bool { false }

  func step(
    _ command: Command, _ hasLooked: inout Bool, on system: inout Int, worker: Int
  ) -> StepEnd<Bool> {
    switch command {
    case .restock:
      system += 1
      return .done(true)
    case .sell:
      if !hasLooked {
        hasLooked = true
        return system > 0 ? .goesOn : .done(false)
      }
      system -= 1
      return .done(true)
    }
  }

  func apply(_ command: Command, to state: inout Int) -> Bool {
    switch command {
    case .restock: state += 1
    case .sell:
      if state == 0 { return false }
      state -= 1
    }
    return true
  }
}

/// Two locks that two transfers take in opposite orders.
private struct TwoLocks: ConcurrentModel {
  enum Command: Sendable { case there, back }

  struct System {
    var owners: [Int?] = [nil, nil]
  }

  var initialState: Void { () }
  func makeSystem() -> System { System() }
  var commands: Generator<Command> { .element(of: [.there, .back]) }
  func begin(_ command: Command) -> Int { 0 }

  func step(
    _ command: Command, _ done: inout Int, on system: inout System, worker: Int
  ) -> StepEnd<Bool> {
    if done == 2 {
      system.owners = [nil, nil]
      return .done(true)
    }
    let lock = command == .there ? done : 1 - done
    guard system.owners[lock] == nil else { return .waits }
    system.owners[lock] = worker
    done += 1
    return .goesOn
  }

  func apply(_ command: Command, to state: inout Void) -> Bool { true }
}

/// A stack of linked nodes whose pop compares the top's address and not its history.
private struct LinkedStack: ConcurrentModel {
  enum Command: Sendable { case pop, push(Int) }

  struct System {
    var values = [1, 2]
    /// The node below each; nil for the last.
    var below: [Int?] = [1, nil]
    var top: Int? = 0
    var free: [Int] = []

    var content: [Int] {
      var (node, found) = (top, [Int]())
      while let index = node, found.count < 100 {
        found.append(values[index])
        node = below[index]
      }
      return found
    }
  }

  struct Local {
    var top: Int?
    var below: Int?
    var hasLooked = false
  }

  var initialState: [Int] { [1, 2] }
  func makeSystem() -> System { System() }
  var commands: Generator<Command> {
    .oneOf([.constant(.pop), Generator<Int>.integer(in: 0...9).map { .push($0) }])
  }
  func begin(_ command: Command) -> Local { Local() }

  func step(
    _ command: Command, _ local: inout Local, on system: inout System, worker: Int
  ) -> StepEnd<Int?> {
    switch command {
    case .push(let value):
      let node = system.free.isEmpty ? system.values.count : system.free.removeFirst()
      if node == system.values.count {
        system.values.append(value)
        system.below.append(system.top)
      } else {
        system.values[node] = value
        system.below[node] = system.top
      }
      system.top = node
      return .done(nil)
    case .pop:
      if !local.hasLooked || local.top != system.top {
        guard let top = system.top else { return .done(nil) }
        local = Local(top: top, below: system.below[top], hasLooked: true)
        return .goesOn
      }
      guard let top = local.top else { return .done(nil) }
      system.top = local.below
      system.free.append(top)
      return .done(system.values[top])
    }
  }

  func apply(_ command: Command, to state: inout [Int]) -> Int? {
    switch command {
    case .push(let value):
      state.insert(value, at: 0)
      return nil
    case .pop: return state.isEmpty ? nil : state.removeFirst()
    }
  }

  func agrees(_ system: System, with state: [Int]) -> Bool { system.content == state }
}

/// Bugs that take a certain order of several workers' steps.
extension PlantedBug {
  static let schedules: [PlantedBug] = [
    PlantedBug(
      "lost update", .schedule,
      [
        "worker 1 = [increment]", "worker 2 = [increment]", "context switches: 1",
        "worker 1: increment", "worker 2: increment", "worker 2: increment → 1",
        "worker 1: increment → 1",
      ]
    ) { testCase in try testCase.runConcurrently(LostUpdate()) },
    PlantedBug(
      "sold twice", .schedule,
      [
        "worker 1 = [sell]", "worker 2 = [sell]", "context switches: 1",
        "worker 1: sell", "worker 2: sell", "worker 2: sell → true", "worker 1: sell → true",
      ]
    ) { testCase in try testCase.runConcurrently(Shop()) },
    PlantedBug(
      "locks in opposite orders", .schedule,
      [
        "worker 1 = [there]", "worker 2 = [back]", "context switches: 1",
        "worker 1: there", "worker 2: back", "worker 2: back waits", "worker 1: there waits",
        "every worker that is not done waits",
      ]
    ) { testCase in try testCase.runConcurrently(TwoLocks()) },
    PlantedBug(
      "the same top is another", .schedule,
      [
        "worker 1 = [pop]", "worker 2 = [pop, pop, push(0)]", "context switches: 1",
        "worker 1: pop", "worker 2: pop", "worker 2: pop → Optional(1)", "worker 2: pop",
        "worker 2: pop → Optional(2)", "worker 2: push(0) → nil", "worker 1: pop → Optional(0)",
      ]
    ) { testCase in try testCase.runConcurrently(LinkedStack()) },
  ]
}
