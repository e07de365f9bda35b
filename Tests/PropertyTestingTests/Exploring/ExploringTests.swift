import PropertyTesting
import Testing

@Suite("Exploring: known systems")
struct ExploringTests {
  private static let everything = ExplorationOptions(stopsAtViolation: false)

  @Test("The jugs have 16 states, and four gallons take six steps")
  func jugs() throws {
    let result = try explore(JugPuzzle(), Self.everything)
    #expect(result.distinctStates == 16)
    #expect(result.transitions == 16 * 6)
    #expect(result.ending == .complete)
    #expect(result.levels.reduce(0, +) == 16)
    #expect(result.deadlocks == 0)
    let path = try #require(result.verdict(on: "never four")?.path)
    #expect(
      path.steps == [
        .fillLarge, .largeToSmall, .emptySmall, .largeToSmall, .fillLarge, .largeToSmall,
      ])
    #expect(path.last == JugPuzzle.State(small: 3, large: 4))
    #expect(path.states.count == 7)
    #expect(!result.holds)
    #expect(result.violations.map(\.name) == ["never four", "overflow"])
    // What the system counted, dense and by name.
    #expect(result.counters["states with four"] == 2)
    #expect(result.counters["other states"] == 14)
    #expect(result.counters.unreached == ["never"])
    #expect(result.counters["unknown"] == nil)
  }

  @Test("A sometimes has a shortest witness, or is a violation of its own")
  func sometimes() throws {
    let result = try explore(JugPuzzle(), Self.everything)
    let reached = try #require(result.verdict(on: "both full"))
    #expect(reached.holds)
    #expect(reached.path?.steps == [.fillSmall, .fillLarge])
    let missed = try #require(result.verdict(on: "overflow"))
    #expect(missed.isViolated)
    #expect(missed.path == nil)
    #expect(result.description.contains("NEVER REACHED: overflow"))
  }

  @Test("An exploration stops at its first violation, and leaves the rest undecided")
  func stops() throws {
    let result = try explore(JugPuzzle())
    #expect(result.ending == .violation)
    #expect(result.verdict(on: "never four")?.path?.moves.count == 6)
    let missed = try #require(result.verdict(on: "overflow"))
    #expect(!missed.holds && !missed.isViolated)
  }

  @Test(
    "Sliding puzzles reach half of all arrangements", arguments: [(2, 360, 21), (3, 181_440, 31)])
  func puzzles(rows: Int, states: Int, depth: Int) throws {
    let result = try explore(SlidingPuzzle(rows: rows), Self.everything)
    #expect(result.distinctStates == states)
    #expect(result.depth == depth)
    #expect(result.isComplete)
    // Each arrangement has as many transitions as its gap has neighbours.
    #expect(result.transitions == (rows == 2 ? states / 6 * 14 : states / 9 * 24))
  }

  @Test("The canary: an arrangement 31 moves away must be found, by a path that leads there")
  func canary() throws {
    let puzzle = SlidingPuzzle(rows: 3)
    let result = try explore(puzzle)
    let path = try #require(result.verdict(on: "canary")?.path)
    #expect(path.moves.count == 31)
    #expect(path.last == 0x1_0345_2768)
    #expect(follows(path, puzzle))
  }

  @Test(
    "Philosophers: as many states as the forks allow, and a deadlock in one round", arguments: 2...7
  )
  func philosophers(count: Int) throws {
    let system = Philosophers(count: count)
    let options = ExplorationOptions(stopsAtViolation: false, forbidsDeadlocks: true)
    let result = try explore(system, options)
    #expect(result.distinctStates == Self.forkStates(count))
    #expect(result.deadlocks == 1)
    let path = try #require(result.verdict(on: "no deadlock")?.path)
    #expect(path.steps == (0..<count).map { .takesLeft($0) })
    // Not a violation where deadlocks are allowed.
    #expect(try explore(system).holds)
  }

  /// In how many ways philosophers in a circle can hold no, one or two forks, where nobody holds a
  /// fork beside one who holds two: the trace of a power of the matrix of allowed neighbours.
  private static func forkStates(_ count: Int) -> Int {
    let allowed = [[1, 1, 1], [1, 1, 1], [1, 0, 0]]
    var power = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    for _ in 0..<count {
      power = power.map { row in
        (0..<3).map { column in (0..<3).reduce(0) { $0 + row[$1] * allowed[$1][column] } }
      }
    }
    return power[0][0] + power[1][1] + power[2][2]
  }

  @Test("Peterson's algorithm excludes, and lets everybody in under fairness")
  func peterson() throws {
    let result = try explore(Peterson(isBroken: false), Self.everything)
    #expect(result.isComplete)
    for name in ["mutual exclusion", "nobody enters beside another", "first works", "both wait"] {
      #expect(result.verdict(on: name)?.holds == true, "\(name)")
    }
    #expect(result.verdict(on: "the first gets in")?.holds == true)
    #expect(result.verdict(on: "the second can work")?.holds == true)
    // The second stops inside, which nothing forbids it without fairness.
    let lasso = try #require(
      result.verdict(on: "the first gets in without the second's help")?.path)
    #expect(lasso.cycleStart == nil)
    #expect(lasso.last == Peterson.State(places: [2, 1], flags: [true, true], turn: 1))
    #expect(follows(lasso, Peterson(isBroken: false)))
  }

  @Test("Looking before raising the flag breaks it in six steps, the last of which a rule forbids")
  func brokenPeterson() throws {
    let system = Peterson(isBroken: true)
    let result = try explore(system, Self.everything)
    for name in ["mutual exclusion", "nobody enters beside another"] {
      let path = try #require(result.verdict(on: name)?.path, "\(name)")
      #expect(path.moves.count == 6)
      #expect(path.last.places == [3, 3])
      #expect(follows(path, system))
    }
  }

  @Test("Symmetric states count once: as many as there are orbits", arguments: 2...5)
  func symmetry(count: Int) throws {
    let system = Election(count: count)
    let all = try explore(system, Self.everything)
    var options = Self.everything
    options.reducesSymmetry = true
    let reduced = try explore(system, options)
    let states = Naive.states(of: system)
    let orbits = Set(states.map { Self.representative(of: $0) })
    #expect(all.distinctStates == states.count)
    #expect(reduced.distinctStates == orbits.count)
    #expect(reduced.distinctStates < all.distinctStates)
    // Only those who have all voted may rest.
    #expect(all.deadlocks == 0)
    #expect(all.terminals == states.filter { !$0.contains(-1) }.count)
    // Symmetric properties have the same verdicts and the same shortest paths.
    for (full, less) in zip(all.verdicts, reduced.verdicts) {
      #expect(full.isViolated == less.isViolated, "\(full.name)")
      #expect(full.path?.moves.count == less.path?.moves.count, "\(full.name)")
    }
    #expect(all.verdict(on: "one majority at most")?.holds == true)
    #expect(
      all.verdict(on: "votes are never split evenly")?.isViolated == (count % 2 == 0))
  }

  /// The least of the states that renaming the voters makes, by trying all names.
  private static func representative(of state: [Int]) -> [Int] {
    Naive.permutations(of: state.count).map { names in
      var renamed = state
      for (voter, candidate) in state.enumerated() {
        renamed[names[voter]] = candidate < 0 ? -1 : names[candidate]
      }
      return renamed
    }.min { $0.lexicographicallyPrecedes($1) } ?? state
  }

  @Test("The same system gives the same report")
  func deterministic() throws {
    let first = try explore(Peterson(isBroken: true), Self.everything).description
    let second = try explore(Peterson(isBroken: true), Self.everything).description
    #expect(first == second)
  }
}

/// Whether each move of a path is one that the system allows, and a lasso closes.
func follows<System: ExplorableSystem>(_ path: ExploredPath<System>, _ system: System) -> Bool {
  var state = path.initial
  var counters = ExplorationCounters(names: system.counterNames)
  for move in path.moves {
    var isAllowed = false
    let wanted = system.fingerprint(of: move.state)
    system.successors(of: state, counting: &counters) { step, next in
      if step == move.step && system.fingerprint(of: next) == wanted { isAllowed = true }
    }
    if !isAllowed { return false }
    state = move.state
  }
  guard let start = path.cycleStart else { return true }
  return start < path.moves.count
    && system.fingerprint(of: path.states[start]) == system.fingerprint(of: path.last)
}
