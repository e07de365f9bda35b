import PropertyTesting

/// A graph given by its list of edges, with classes, goals and triggers.
struct GraphSystem: ExplorableSystem {
  struct Step: Equatable {
    let from: Int
    let index: Int
  }

  let states: Int
  let initial: [Int]
  let edges: [(from: Int, to: Int, class: Int?)]
  let goals: Set<Int>
  let triggers: Set<Int>
  let relied: [Int]
  let mayStop: Bool

  init(
    states: Int, initial: [Int], edges: [(Int, Int, Int?)], goals: Set<Int>, triggers: Set<Int>,
    relied: [Int], mayStop: Bool = false
  ) {
    self.mayStop = mayStop
    self.states = states
    self.initial = initial
    self.edges = edges.map { (from: $0.0, to: $0.1, class: $0.2) }
    self.goals = goals
    self.triggers = triggers
    self.relied = relied
  }

  func initialStates() -> [Int] { initial }

  func successors(
    of state: Int, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming Int) -> Void
  ) {
    for (index, edge) in edges.enumerated() where edge.from == state {
      counters.bump(edge.class ?? 2)
      visit(Step(from: state, index: index), edge.to)
    }
  }

  func fingerprint(of state: Int) -> Fingerprint { Fingerprint(of: UInt64(state)) }
  func fairnessClass(of step: Step) -> Int? { edges[step.index].class }
  var fairnessClasses: [String] { ["red", "blue"] }
  var counterNames: [String] { ["red", "blue", "plain"] }
  var invariants: [Invariant<Int>] { [Invariant("no goal") { !goals.contains($0) }] }
  var stepInvariants: [StepInvariant<Int, Step>] {
    [StepInvariant("no way back") { $2 >= $0 }]
  }
  var sometimes: [Sometimes<Int>] { [Sometimes("a trigger") { triggers.contains($0) }] }
  var liveness: [Liveness<Int>] {
    let fairness = relied.map { fairnessClasses[$0] }
    return [
      .eventually("eventually", underFairness: fairness, mayStop: mayStop) { goals.contains($0) },
      .leadsTo(
        "leads to", underFairness: fairness, mayStop: mayStop, from: { triggers.contains($0) },
        to: { goals.contains($0) }),
      .alwaysReachable("always reachable") { goals.contains($0) },
    ]
  }
}

extension GraphSystem {
  /// A random small graph.
  static var random: Generator<GraphSystem> {
    Generator<GraphSystem> { (source) throws(DrawError) in
      let states = try Generator.integer(in: 1...9).generate(&source)
      let state = Generator.integer(in: 0...states - 1)
      let edge = Generator<(Int, Int, Int)>.tuple(state, state, .integer(in: 0...2))
      let edges = try Generator.array(of: edge, count: 0...24).generate(&source)
      let some = Generator.array(of: state, count: 0...3)
      let initial = try Generator.array(of: state, count: 1...2).generate(&source)
      let goals = try some.generate(&source)
      let triggers = try some.generate(&source)
      let relied: [[Int]] = [[], [0], [1], [0, 1]]
      return GraphSystem(
        states: states, initial: initial,
        edges: edges.map { ($0.0, $0.1, $0.2 == 0 ? nil : $0.2 - 1) }, goals: Set(goals),
        triggers: Set(triggers), relied: try Generator.element(of: relied).generate(&source),
        mayStop: try Generator.bool().generate(&source))
    }
  }
}
