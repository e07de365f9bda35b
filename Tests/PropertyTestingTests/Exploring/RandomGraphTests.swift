@testable import PropertyTesting
import Testing

@Suite("Exploring: random graphs beside a naive search")
struct RandomGraphTests {
  private static let everything = ExplorationOptions(stopsAtViolation: false)

  @Test("Figures and shortest paths agree")
  func reachability() throws {
    try check(
      name: "explored graphs have the naive figures", cases: 400,
      covering: [RequiredLabel("unreachable states"), RequiredLabel("deadlocks")]
    ) { testCase in
      let system = try testCase.draw(GraphSystem.random, as: "graph")
      let result = try explore(system, Self.everything)
      let depths = NaiveGraph(system: system).depths
      let reachable = depths.indices.filter { depths[$0] != nil }
      let edges = system.edges.filter { depths[$0.from] != nil }
      testCase.label("unreachable states", if: reachable.count < system.states)
      testCase.label("deadlocks", if: result.deadlocks > 0)
      try testCase.require(result.distinctStates == reachable.count, "states")
      try testCase.require(result.transitions == edges.count, "transitions")
      for (depth, count) in result.levels.enumerated() {
        try testCase.require(depths.filter { $0 == depth }.count == count, "level \(depth)")
      }
      try testCase.require(result.counters.counts.reduce(0, +) == edges.count, "counters")
      try testCase.require(
        result.deadlocks
          == reachable.filter { state in !edges.contains { $0.from == state } }.count, "deadlocks")
      let nearestGoal = system.goals.compactMap { depths[$0] }.min()
      let goalPath = result.verdict(on: "no goal")?.path
      try testCase.require(goalPath?.moves.count == nearestGoal, "invariant's path")
      let nearestTrigger = system.triggers.compactMap { depths[$0] }.min()
      try testCase.require(
        result.verdict(on: "a trigger")?.path?.moves.count == nearestTrigger, "witness")
      let back = edges.filter { $0.to < $0.from }.compactMap { depths[$0.from] }.min()
      let backPath = result.verdict(on: "no way back")?.path
      try testCase.require(backPath?.moves.count == back.map { $0 + 1 }, "step invariant's path")
      for path in [goalPath, backPath].compactMap({ $0 }) {
        try testCase.require(follows(path, system), "paths are real")
      }
    }
  }

  @Test("Liveness agrees, and lassos are real, fair and shortest")
  func liveness() throws {
    try check(
      name: "explored graphs have the naive liveness", cases: 600,
      covering: [
        RequiredLabel("eventually broken"), RequiredLabel("eventually kept"),
        RequiredLabel("leads to broken"), RequiredLabel("leads to kept"),
        RequiredLabel("cycle"), RequiredLabel("no way to a goal"),
      ]
    ) { testCase in
      let system = try testCase.draw(GraphSystem.random, as: "graph")
      let naive = NaiveGraph(system: system)
      let result = try explore(system, Self.everything)
      let depths = naive.depths
      let triggers = system.triggers.compactMap { state in depths[state].map { (state, $0) } }
      try compare(
        result.verdict(on: "eventually"), naive, system.initial.map { ($0, 0) }, &testCase)
      try compare(result.verdict(on: "leads to"), naive, triggers, &testCase)
      let without = naive.statesWithoutWay
      testCase.label("no way to a goal", if: !without.isEmpty)
      let stuck = result.verdict(on: "always reachable")?.path
      try testCase.require(
        stuck?.moves.count == without.compactMap { depths[$0] }.min(), "always reachable")
      if let stuck { try testCase.require(without.contains(stuck.last), "the end is stuck") }
    }
  }

  private func compare(
    _ verdict: Verdict<GraphSystem>?, _ naive: NaiveGraph, _ sources: [(Int, Int)],
    _ testCase: inout TestCase
  ) throws {
    let name = verdict?.name ?? "missing"
    let stem = naive.shortestStem(from: sources)
    testCase.label(stem == nil ? name + " kept" : name + " broken")
    try testCase.require(verdict?.holds == (stem == nil), "\(name): verdict")
    guard let path = verdict?.path else { return }
    try testCase.require(follows(path, naive.system), "\(name): the path is real")
    try testCase.require(
      (path.cycleStart ?? path.moves.count) == stem, "\(name): the stem is shortest")
    let entry = path.states[path.cycleStart ?? path.moves.count]
    if let start = path.cycleStart {
      testCase.label("cycle")
      try testCase.require(
        path.moves.count - start == naive.fairCycle(at: entry), "\(name): the cycle is shortest")
      try testCase.require(
        path.states[start...].allSatisfy(naive.isOpen), "\(name): the cycle avoids goals")
    } else {
      try testCase.require(
        naive.canStop(at: entry), "\(name): nobody has to go on")
    }
  }

  @Test("Components agree with mutual reachability")
  func components() throws {
    try check(name: "components are classes of mutual reach", cases: 400) { testCase in
      let system = try testCase.draw(GraphSystem.random, as: "graph")
      var graph = StateGraph()
      for state in 0..<system.states {
        for edge in system.edges where edge.from == state {
          graph.append(target: UInt32(edge.to), fairnessClass: edge.class)
        }
        graph.close()
      }
      let naive = NaiveGraph(system: system)
      let components = Components(of: graph, isIncluded: naive.isOpen)
      let distance = naive.distances(naive.isOpen)
      for left in 0..<system.states {
        let isNone = components.component[left] == Components.none
        try testCase.require(isNone == !naive.isOpen(left), "only open states")
        for right in 0..<system.states where naive.isOpen(left) && naive.isOpen(right) {
          let isMutual = max(distance[left][right], distance[right][left]) < 1 << 20
          let isSame = components.component[left] == components.component[right]
          try testCase.require(isMutual == isSame, "\(left) and \(right)")
        }
      }
    }
  }

  @Test("A path of a hundred thousand states overflows no stack")
  func deep() throws {
    let count = 100_000
    var graph = StateGraph()
    for state in 0..<count {
      graph.append(target: UInt32((state + 1) % count), fairnessClass: nil)
      graph.close()
    }
    #expect(Components(of: graph) { _ in true }.count == 1)
    #expect(Components(of: graph) { $0 != 7 }.count == count - 1)
  }

  @Test("A tour with too many places is still fair and closed")
  func boundedTour() throws {
    try check(name: "bounded tours are fair", cases: 300, covering: [RequiredLabel("tour")]) {
      testCase in
      let system = try testCase.draw(GraphSystem.random, as: "graph")
      let naive = NaiveGraph(system: system)
      var graph = StateGraph()
      for state in 0..<system.states {
        for edge in system.edges where edge.from == state {
          graph.append(target: UInt32(edge.to), fairnessClass: edge.class)
        }
        graph.close()
      }
      let components = Components(of: graph, isIncluded: naive.isOpen)
      let fairness = system.relied.reduce(0 as UInt64) { $0 | 1 << UInt64($1) }
      for entry in 0..<system.states where naive.isOpen(entry) {
        guard let shortest = naive.fairCycle(at: entry) else { continue }
        testCase.label("tour")
        let tour = FairTour(
          graph: graph, component: components.component, entry: UInt32(entry),
          fairness: fairness, maximumPlaces: 0
        ).shortest()
        try testCase.require(tour.count >= shortest, "not shorter than the shortest")
        var state = entry
        var met: UInt64 = ~graph.enabledClasses(of: entry)
        for ordinal in tour {
          let edge = graph.edges(of: state).lowerBound + Int(ordinal)
          met |= graph.classBit(of: edge)
          state = Int(graph.targets[edge])
          met |= ~graph.enabledClasses(of: state)
          try testCase.require(naive.isOpen(state), "avoids goals")
        }
        try testCase.require(state == entry && met & fairness == fairness, "closed and fair")
      }
    }
  }
}
