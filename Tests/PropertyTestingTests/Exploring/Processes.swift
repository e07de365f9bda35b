import PropertyTesting

/// Philosophers who take the left fork, then the right one, eat, and put both back.
struct Philosophers: ExplorableSystem {
  enum Step: Equatable { case takesLeft(Int), takesRight(Int), putsBack(Int) }

  let count: Int

  /// How many forks each holds.
  func initialStates() -> [[UInt8]] { [Array(repeating: 0, count: count)] }

  func successors(
    of state: [UInt8], counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming [UInt8]) -> Void
  ) {
    for index in 0..<count {
      var next = state
      switch state[index] {
      case 0 where state[(index + count - 1) % count] != 2:
        next[index] = 1
        visit(.takesLeft(index), next)
      case 1 where state[(index + 1) % count] == 0:
        next[index] = 2
        visit(.takesRight(index), next)
      case 2:
        next[index] = 0
        visit(.putsBack(index), next)
      default: break
      }
    }
  }

  func fingerprint(of state: [UInt8]) -> Fingerprint {
    var builder = FingerprintBuilder()
    builder.combine(bytes: state)
    return builder.finish()
  }
}

/// Peterson's mutual exclusion for two processes, and a variant that looks before it raises its
/// flag.
struct Peterson: ExplorableSystem {
  struct State: Equatable {
    var places: [UInt8] = [0, 0]
    var flags = [false, false]
    var turn = 0
  }

  struct Step: Equatable, CustomStringConvertible {
    let process: Int
    let place: UInt8
    var description: String { "process \(process) leaves \(place)" }
  }

  let isBroken: Bool

  func initialStates() -> [State] { [State()] }

  func successors(
    of state: State, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming State) -> Void
  ) {
    for own in 0...1 {
      if let next = isBroken ? hasty(state, own) : proper(state, own) {
        visit(Step(process: own, place: state.places[own]), next)
      }
    }
  }

  /// Raises the flag, gives way, waits, works, lowers the flag.
  private func proper(_ state: State, _ own: Int) -> State? {
    var next = state
    switch state.places[own] {
    case 0: next.flags[own] = true
    case 1: next.turn = 1 - own
    case 2: guard !state.flags[1 - own] || state.turn == own else { return nil }
    default: next.flags[own] = false
    }
    next.places[own] = (state.places[own] + 1) % 4
    return next
  }

  /// Waits until the other's flag is down, and only then raises its own.
  private func hasty(_ state: State, _ own: Int) -> State? {
    var next = state
    switch state.places[own] {
    case 0: guard !state.flags[1 - own] else { return nil }
    case 1: next.flags[own] = true
    case 2: break
    default: next.flags[own] = false
    }
    next.places[own] = (state.places[own] + 1) % 4
    return next
  }

  func fingerprint(of state: State) -> Fingerprint {
    var builder = FingerprintBuilder()
    for place in state.places { builder.combine(UInt64(place)) }
    for flag in state.flags { builder.combine(flag ? 1 : 0) }
    builder.combine(state.turn)
    return builder.finish()
  }

  var invariants: [Invariant<State>] {
    [Invariant("mutual exclusion") { $0.places != [3, 3] }]
  }
  var stepInvariants: [StepInvariant<State, Step>] {
    [
      StepInvariant("nobody enters beside another") {
        !($0.places.contains(3) && $2.places == [3, 3])
      }
    ]
  }
  var sometimes: [Sometimes<State>] {
    [
      Sometimes("first works") { $0.places[0] == 3 },
      Sometimes("both wait") { $0.places == [2, 2] },
    ]
  }
  var fairnessClasses: [String] { ["first", "second"] }
  func fairnessClass(of step: Step) -> Int? { step.process }
  var liveness: [Liveness<State>] {
    [
      .leadsTo(
        "the first gets in", underFairness: ["first", "second"],
        from: { $0.places[0] == 2 }, to: { $0.places[0] == 3 }),
      .leadsTo(
        "the first gets in without the second's help", underFairness: ["first"],
        from: { $0.places[0] == 2 }, to: { $0.places[0] == 3 }),
      .alwaysReachable("the second can work") { $0.places[1] == 3 },
    ]
  }
}

/// Voters without names: each may stand for election, or vote for one who stands.
struct Election: ExplorableSystem {
  struct Step: Equatable {
    let voter: Int
    let candidate: Int
  }

  let count: Int

  /// For each voter its candidate; -1 for none yet.
  func initialStates() -> [[Int]] { [Array(repeating: -1, count: count)] }

  func successors(
    of state: [Int], counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming [Int]) -> Void
  ) {
    for voter in 0..<count where state[voter] < 0 {
      for candidate in 0..<count where candidate == voter || state[candidate] == candidate {
        var next = state
        next[voter] = candidate
        visit(Step(voter: voter, candidate: candidate), next)
      }
    }
  }

  func isTerminal(_ state: [Int]) -> Bool { !state.contains(-1) }

  func fingerprint(of state: [Int]) -> Fingerprint {
    fingerprint(of: state, Array(0..<count))
  }

  func canonicalFingerprint(of state: [Int]) -> Fingerprint {
    Fingerprint.least(overPermutationsOf: count) { fingerprint(of: state, $0) }
  }

  /// The fingerprint of the state in which `order[place]` stands at each place.
  private func fingerprint(of state: [Int], _ order: [Int]) -> Fingerprint {
    var builder = FingerprintBuilder()
    for voter in order {
      let candidate = state[voter]
      builder.combine(candidate < 0 ? -1 : order.firstIndex(of: candidate) ?? -1)
    }
    return builder.finish()
  }

  func votes(for candidate: Int, in state: [Int]) -> Int {
    state.filter { $0 == candidate }.count
  }

  var invariants: [Invariant<[Int]>] {
    [
      Invariant("one majority at most") { state in
        (0..<count).filter { 2 * votes(for: $0, in: state) > count }.count <= 1
      },
      Invariant("votes are never split evenly") { state in
        (0..<count).filter { 2 * votes(for: $0, in: state) == count }.count < 2
      },
    ]
  }
  var sometimes: [Sometimes<[Int]>] {
    [
      Sometimes("all for one") { state in
        (0..<count).contains { votes(for: $0, in: state) == count }
      }
    ]
  }
}

/// Stations in a ring that pass a token on, or wait.
struct TokenRing: ExplorableSystem {
  enum Step: Equatable { case passes, waits, loses }

  let count: Int
  let losesToken: Bool
  let relied: [String]
  var mayStop = false

  /// Where the token is; -1 for nowhere.
  func initialStates() -> [Int] { [0] }

  func successors(
    of state: Int, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming Int) -> Void
  ) {
    visit(.waits, state)
    guard state >= 0 else { return }
    visit(.passes, (state + 1) % count)
    if losesToken && state == 1 { visit(.loses, -1) }
  }

  func fingerprint(of state: Int) -> Fingerprint {
    Fingerprint(of: UInt64(bitPattern: Int64(state)))
  }

  var fairnessClasses: [String] { ["passing"] }
  func fairnessClass(of step: Step) -> Int? { step == .passes ? 0 : nil }
  var liveness: [Liveness<Int>] {
    [
      .eventually("the last station gets the token", underFairness: relied, mayStop: mayStop) {
        $0 == count - 1
      },
      .leadsTo(
        "the token comes back", underFairness: relied, mayStop: mayStop, from: { $0 == 1 },
        to: { $0 == 0 }),
      .alwaysReachable("the token can come back") { $0 == 0 },
    ]
  }
}
