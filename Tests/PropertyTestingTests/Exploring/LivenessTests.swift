import PropertyTesting
import Testing

@Suite("Exploring: liveness")
struct LivenessTests {
  private static let everything = ExplorationOptions(stopsAtViolation: false)

  @Test("Without fairness a station may wait for ever; with it the token arrives", arguments: 2...6)
  func tokenRing(count: Int) throws {
    let lazy = TokenRing(count: count, losesToken: false, relied: [])
    let result = try explore(lazy)
    let lasso = try #require(result.verdict(on: "the last station gets the token")?.path)
    #expect(lasso.cycleStart == 0)
    #expect(lasso.steps == [.waits])
    let back = try #require(result.verdict(on: "the token comes back")?.path)
    #expect(back.cycleStart == 1)
    #expect(back.steps == [.passes, .waits])
    #expect(result.verdict(on: "the token can come back")?.holds == true)

    // Where a behaviour may stop it need not even wait.
    let idle = TokenRing(count: count, losesToken: false, relied: [], mayStop: true)
    let stopped = try #require(
      try explore(idle).verdict(on: "the last station gets the token")?.path)
    #expect(stopped.moves.isEmpty && stopped.cycleStart == nil)

    for mayStop in [false, true] {
      let fair = TokenRing(
        count: count, losesToken: false, relied: ["passing"], mayStop: mayStop)
      #expect(try explore(fair).holds)
    }
    let fair = try explore(TokenRing(count: count, losesToken: false, relied: ["passing"]))
    #expect(fair.verdicts.count == 3)
  }

  @Test("A token that can be lost may never come back, fairness or not")
  func lostToken() throws {
    let system = TokenRing(count: 4, losesToken: true, relied: ["passing"])
    let result = try explore(system)
    let lasso = try #require(result.verdict(on: "the last station gets the token")?.path)
    #expect(lasso.steps == [.passes, .loses, .waits])
    #expect(lasso.cycleStart == 2)
    let stuck = try #require(result.verdict(on: "the token can come back")?.path)
    #expect(stuck.steps == [.passes, .loses])
    #expect(stuck.cycleStart == nil)
    #expect(follows(lasso, system))
    #expect(result.description.contains("from here on for ever"))
  }

  @Test("A class that is disabled now and then owes nothing; one that stays enabled does")
  func disabledNowAndThen() throws {
    // 0 and 1 alternate; the goal 2 can be reached from 0 alone, by a step of the class.
    let sometimesOff = GraphSystem(
      states: 3, initial: [0], edges: [(0, 1, nil), (1, 0, nil), (0, 2, 0), (2, 2, nil)],
      goals: [2], triggers: [], relied: [0])
    let lasso = try #require(
      try explore(sometimesOff, Self.everything).verdict(on: "eventually")?.path)
    #expect(lasso.states == [0, 1, 0])
    #expect(lasso.cycleStart == 0)
    // The same with a step of the class from 1 as well: now it is owed for ever.
    let alwaysOn = GraphSystem(
      states: 3, initial: [0],
      edges: [(0, 1, nil), (1, 0, nil), (0, 2, 0), (1, 2, 0), (2, 2, nil)],
      goals: [2], triggers: [], relied: [0])
    #expect(try explore(alwaysOn, Self.everything).verdict(on: "eventually")?.holds == true)
  }

  @Test("A cycle takes a step of every class that it owes")
  func tour() throws {
    // Every state offers both classes; one is taken at 1, the other at 3; goals are never reached.
    let edges: [(Int, Int, Int?)] = [
      (0, 1, nil), (0, 4, 0), (0, 4, 1), (1, 2, 0), (1, 4, 1), (2, 0, nil), (2, 3, nil),
      (2, 4, 0), (2, 4, 1), (3, 0, 1), (3, 4, 0), (4, 4, nil),
    ]
    let system = GraphSystem(
      states: 5, initial: [0], edges: edges, goals: [4], triggers: [], relied: [0, 1])
    let lasso = try #require(try explore(system, Self.everything).verdict(on: "eventually")?.path)
    #expect(lasso.states == [0, 1, 2, 3, 0])
    #expect(lasso.cycleStart == 0)
  }

  @Test("A behaviour that ends before the goal breaks the promise")
  func deadEnd() throws {
    let system = GraphSystem(
      states: 3, initial: [0], edges: [(0, 1, 0), (0, 2, 0)], goals: [2], triggers: [],
      relied: [0])
    let path = try #require(try explore(system, Self.everything).verdict(on: "eventually")?.path)
    #expect(path.states == [0, 1])
    #expect(path.cycleStart == nil)
  }

  @Test("What cannot be judged is refused")
  func refused() throws {
    let unknown = TokenRing(count: 3, losesToken: false, relied: ["knocking"])
    #expect(throws: ExplorationError.unknownFairnessClass("knocking")) { try explore(unknown) }
    var options = ExplorationOptions(reducesSymmetry: true)
    let ring = TokenRing(count: 3, losesToken: false, relied: [])
    #expect(throws: ExplorationError.livenessUnderSymmetry) { try explore(ring, options) }
    options.checksLiveness = false
    #expect(try explore(ring, options).verdicts.isEmpty)
  }

  /// A system with as many fairness classes and promises as one likes.
  private struct Crowd: ExplorableSystem {
    let classes: Int
    let promises: Int

    func initialStates() -> [Int] { [0] }
    func successors(
      of state: Int, counting counters: inout ExplorationCounters,
      _ visit: (Int, consuming Int) -> Void
    ) {
      for step in 0..<classes { visit(step, min(state + 1, 2)) }
    }
    func fingerprint(of state: Int) -> Fingerprint { Fingerprint(of: UInt64(state)) }
    func fairnessClass(of step: Int) -> Int? { step }
    var fairnessClasses: [String] { (0..<classes).map { "class \($0)" } }
    var liveness: [Liveness<Int>] {
      (0..<promises).map { index in
        .eventually("promise \(index)", underFairness: fairnessClasses) {
          $0 == (index == 63 ? 3 : index % 3)
        }
      }
    }
  }

  @Test("There is room for 64 classes and 64 promises, and for no more")
  func crowded() throws {
    let full = try explore(Crowd(classes: 64, promises: 64))
    for (index, verdict) in full.verdicts.enumerated() {
      #expect(verdict.isViolated == (index == 63), "\(verdict.name)")
      // The cycle at the last state has to take a step of each class.
      if let path = verdict.path { #expect(path.moves.count == path.cycleStart.map { $0 + 64 }) }
    }
    #expect(throws: ExplorationError.tooManyFairnessClasses) {
      try explore(Crowd(classes: 65, promises: 1))
    }
    #expect(throws: ExplorationError.tooManyLivenessProperties) {
      try explore(Crowd(classes: 1, promises: 65))
    }
  }

  @Test("A part of the space leaves promises open, yet a lasso in it is real")
  func partial() throws {
    let system = TokenRing(count: 6, losesToken: false, relied: ["passing"])
    let cut = try explore(system, ExplorationOptions(maximumDepth: 3))
    #expect(cut.ending == .maximumDepth)
    for verdict in cut.verdicts { #expect(!verdict.holds && !verdict.isViolated) }
    let lazy = TokenRing(count: 6, losesToken: false, relied: [])
    let found = try explore(lazy, ExplorationOptions(maximumStates: 3))
    #expect(found.ending == .maximumStates)
    #expect(found.distinctStates == 3)
    #expect(found.verdict(on: "the last station gets the token")?.isViolated == true)
    #expect(found.verdict(on: "the token can come back")?.isViolated == false)
    #expect(found.verdict(on: "the token can come back")?.holds == false)
  }
}
