import PropertyTesting
import Testing

@Suite("Exploring: random walks, and systems that are none")
struct WalkTests {
  @Test("Walks find the broken exclusion, and leave only the steps that it needs", arguments: 1...8)
  func shortened(seed: UInt64) throws {
    let system = Peterson(isBroken: true)
    let walks = walk(system, WalkOptions(seed: seed, walks: 500, maximumSteps: 200))
    let broken = try #require(walks.violations.first)
    // Of the two properties that break at once, the step's is asked first.
    #expect(broken.name == "nobody enters beside another")
    let path = try #require(broken.path)
    #expect(follows(path, system))
    #expect(path.last.places == [3, 3])
    #expect(path.moves.count == 6)
    #expect(walks.violations.count == 1)
  }

  @Test("Equal seeds walk alike, others do not")
  func seeds() {
    func trail(_ seed: UInt64) -> [Int] {
      var gaps: [Int] = []
      _ = walk(
        SlidingPuzzle(rows: 2), WalkOptions(seed: seed, walks: 3, maximumSteps: 20)
      ) { state, _ in
        gaps.append(Int(state % 97))
        return 1
      }
      return gaps
    }
    #expect(trail(1) == trail(1))
    #expect(trail(1) != trail(2))
  }

  @Test("Weights steer: zero is never taken, and a walk without a step to take ends")
  func weights() throws {
    let ring = TokenRing(count: 50, losesToken: true, relied: [])
    let walks = walk(ring, WalkOptions(seed: 3, walks: 10, maximumSteps: 40)) { _, step in
      step == .passes ? 1 : 0
    }
    #expect(walks.steps == 400)
    let stuck = walk(ring, WalkOptions(seed: 3, walks: 10)) { _, _ in 0 }
    #expect(stuck.steps == 0 && stuck.walks == 10 && stuck.deadlocks == 0)
    // Three in four steps pass.
    let steered = walk(ring, WalkOptions(seed: 3, walks: 1, maximumSteps: 4000)) { state, step in
      switch step {
      case .passes: state >= 0 ? 3 : 0
      case .waits: 1
      case .loses: 0
      }
    }
    #expect(steered.steps == 4000)
    var passes = 0
    var last = 0
    _ = walk(ring, WalkOptions(seed: 3, walks: 1, maximumSteps: 4000)) { state, step in
      if step == .waits && state != last {
        passes += 1
        last = state
      }
      return step == .passes ? 3 : step == .waits ? 1 : 0
    }
    #expect((2800...3200).contains(passes))
  }

  @Test("Walks meet deadlocks, sometimes and counters")
  func figures() throws {
    let table = Philosophers(count: 3)
    var options = WalkOptions(seed: 5, walks: 200, maximumSteps: 200)
    let free = walk(table, options)
    #expect(free.deadlocks > 0 && free.verdicts.isEmpty)
    options.forbidsDeadlocks = true
    let path = try #require(walk(table, options).verdict(on: "no deadlock")?.path)
    #expect(path.moves.count == 3)
    #expect(path.last == [1, 1, 1])

    let jugs = walk(JugPuzzle(), WalkOptions(seed: 1, walks: 1, maximumSteps: 30))
    #expect(
      (jugs.counters["other states"] ?? 0) + (jugs.counters["states with four"] ?? 0) == jugs.steps)
    let reached = walk(JugPuzzle(), WalkOptions(seed: 1, walks: 100, maximumSteps: 30))
    let path2 = try #require(reached.verdict(on: "both full")?.path)
    #expect(path2.last == JugPuzzle.State(small: 3, large: 5))
    #expect(reached.verdict(on: "overflow")?.holds == false)
    #expect(reached.verdict(on: "overflow")?.isViolated == false)
  }

  @Test("An initial state that breaks an invariant is a counterexample of no step")
  func initialViolation() throws {
    let system = GraphSystem(
      states: 2, initial: [1, 0], edges: [(0, 1, nil)], goals: [1], triggers: [], relied: [])
    for stops in [true, false] {
      let result = try explore(system, ExplorationOptions(stopsAtViolation: stops))
      let path = try #require(result.verdict(on: "no goal")?.path)
      #expect(path.moves.isEmpty && path.initial == 1)
      #expect(result.ending == (stops ? .violation : .complete))
      #expect(path.listing().contains("an initial state"))
    }
    let walks = walk(system, WalkOptions(seed: 1, walks: 20))
    #expect(walks.verdict(on: "no goal")?.isViolated == true)
  }

  @Test("A system that answers differently when asked again is found out")
  func notDeterministic() {
    #expect(throws: ExplorationError.notDeterministic) { try explore(Fickle(change: 2)) }
    #expect(throws: ExplorationError.notDeterministic) { try explore(Fickle(change: 5)) }
  }

  /// Counts up to 3, where an invariant breaks; after it was asked often enough it counts by other
  /// steps.
  private struct Fickle: ExplorableSystem {
    final class Asked { var times = 0 }
    let asked = Asked()
    let change: Int

    func initialStates() -> [Int] { [0] }
    func successors(
      of state: Int, counting counters: inout ExplorationCounters,
      _ visit: (Int, consuming Int) -> Void
    ) {
      asked.times += 1
      visit(1, asked.times > 3 ? state + change : state + 1)
    }
    func fingerprint(of state: Int) -> Fingerprint { Fingerprint(of: UInt64(state)) }
    var invariants: [Invariant<Int>] { [Invariant("below three") { $0 < 3 }] }
  }

  @Test("Without initial states there is nothing to explore")
  func empty() throws {
    let system = GraphSystem(
      states: 1, initial: [], edges: [], goals: [], triggers: [], relied: [])
    let result = try explore(system)
    #expect(result.distinctStates == 0 && result.isComplete && result.levels.isEmpty)
    #expect(walk(system, WalkOptions(seed: 1)).walks == 0)
  }
}
