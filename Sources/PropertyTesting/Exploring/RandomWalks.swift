/// Bounds of random walks.
public struct WalkOptions: Sendable {
  /// Decides every choice; equal seeds give equal walks.
  public var seed: UInt64
  /// How many walks there are.
  public var walks: Int
  /// How many steps a walk has at most.
  public var maximumSteps: Int
  /// Whether a state that nothing follows, though it is not terminal, is a violation.
  public var forbidsDeadlocks: Bool
  /// How often a counterexample may be walked again to shorten it.
  public var maximumReplays: Int

  /// Options of a number of walks.
  public init(
    seed: UInt64, walks: Int = 1000, maximumSteps: Int = 100, forbidsDeadlocks: Bool = false,
    maximumReplays: Int = 2000
  ) {
    self.seed = seed
    self.walks = walks
    self.maximumSteps = maximumSteps
    self.forbidsDeadlocks = forbidsDeadlocks
    self.maximumReplays = maximumReplays
  }
}

/// What random walks found.
public struct Walks<System: ExplorableSystem> {
  /// How many walks were made.
  public let walks: Int
  /// How many steps they took together.
  public let steps: Int
  /// How many walks ended where nothing follows a state that is not terminal.
  public let deadlocks: Int
  /// What the system counted; it counts all successors of each state that was passed.
  public let counters: ExplorationCounters
  /// One verdict for each property but liveness, as in ``Exploration/verdicts``. Walks never show
  /// that an invariant holds: it is undecided or violated.
  public let verdicts: [Verdict<System>]

  /// The verdicts that say no.
  public var violations: [Verdict<System>] { verdicts.filter(\.isViolated) }

  /// The verdict on the property of a name; nil where there is none.
  public func verdict(on name: String) -> Verdict<System>? { verdicts.first { $0.name == name } }
}

/// Walks at random through a system whose states are too many to list.
///
/// The walks end at the first violation. Its path is made shorter as far as leaving steps out goes;
/// it need not be a shortest one.
///
/// - Parameters:
///   - system: what to walk through.
///   - options: the seed and the bounds.
///   - weight: how likely a step is beside the others from the same state; 0 for never.
public func walk<System: ExplorableSystem>(
  _ system: System, _ options: WalkOptions,
  weight: (System.State, System.Step) -> Int = { _, _ in 1 }
) -> Walks<System> {
  var walker = Walker(system, options)
  for number in 0..<options.walks where walker.broken == nil {
    walker.walk(number, weight)
  }
  return walker.result()
}

/// The state of random walks.
struct Walker<System: ExplorableSystem> {
  typealias Move = (step: System.Step, state: System.State)

  /// Which property a path broke.
  enum Property: Equatable {
    case invariant(Int)
    case stepInvariant(Int)
    case deadlock
  }

  let system: System
  let options: WalkOptions
  let invariants: [Invariant<System.State>]
  let stepInvariants: [StepInvariant<System.State, System.Step>]
  let sometimes: [Sometimes<System.State>]
  var counters: ExplorationCounters
  var walks = 0
  var steps = 0
  var deadlocks = 0
  var broken: (property: Property, path: ExploredPath<System>)?
  var reached: [ExploredPath<System>?]

  init(_ system: System, _ options: WalkOptions) {
    self.system = system
    self.options = options
    invariants = system.invariants
    stepInvariants = system.stepInvariants
    sometimes = system.sometimes
    counters = ExplorationCounters(names: system.counterNames)
    reached = Array(repeating: nil, count: sometimes.count)
  }

  mutating func walk(_ number: Int, _ weight: (System.State, System.Step) -> Int) {
    var random = SeededRandom(seed: SeededRandom.mix(options.seed, UInt64(number)))
    let initials = system.initialStates()
    guard !initials.isEmpty else { return }
    walks += 1
    let initial = initials[Int(random.upTo(UInt64(initials.count - 1)))]
    var path: [Move] = []
    var state = initial
    note(state, initial, path)
    if let index = brokenInvariant(in: state) {
      broken = (.invariant(index), ExploredPath(initial: initial, moves: []))
      return
    }
    while path.count < options.maximumSteps {
      let (move, isEnd) = pick(from: state, weight, &random)
      guard let move else {
        if isEnd && !system.isTerminal(state) { stop(at: initial, path) }
        return
      }
      steps += 1
      path.append(move)
      let property = brokenProperty(state, move)
      state = move.state
      if let property {
        broken = (property, shortened(ExploredPath(initial: initial, moves: path), property))
        return
      }
      note(state, initial, path)
    }
  }

  /// Counts a deadlock, and takes it for a violation where the options say so.
  private mutating func stop(at initial: System.State, _ path: [Move]) {
    deadlocks += 1
    if options.forbidsDeadlocks {
      broken = (.deadlock, shortened(ExploredPath(initial: initial, moves: path), .deadlock))
    }
  }

  /// One of the successors by weight; no move where there is none that may be taken.
  private mutating func pick(
    from state: System.State, _ weight: (System.State, System.Step) -> Int,
    _ random: inout SeededRandom
  ) -> (move: Move?, isEnd: Bool) {
    var picked: Move?
    var total: UInt64 = 0
    var isEnd = true
    system.successors(of: state, counting: &counters) { step, next in
      isEnd = false
      let share = UInt64(max(weight(state, step), 0))
      guard share > 0 else { return }
      total += share
      // Each keeps its place with the right chance, without a list of all.
      if random.upTo(total - 1) < share { picked = (step, next) }
    }
    return (picked, isEnd)
  }

  /// Notes which `sometimes` a state is the first to fulfil.
  private mutating func note(_ state: System.State, _ initial: System.State, _ path: [Move]) {
    for index in sometimes.indices where reached[index] == nil {
      if sometimes[index].holds(state) {
        reached[index] = ExploredPath(initial: initial, moves: path)
      }
    }
  }

  func brokenInvariant(in state: System.State) -> Int? {
    invariants.firstIndex { !$0.holds(state) }
  }

  func brokenProperty(_ state: System.State, _ move: Move) -> Property? {
    if let index = stepInvariants.firstIndex(where: { !$0.holds(state, move.step, move.state) }) {
      return .stepInvariant(index)
    }
    return brokenInvariant(in: move.state).map { .invariant($0) }
  }

  func result() -> Walks<System> {
    var verdicts: [Verdict<System>] = []
    func add(_ name: String, _ kind: Verdict<System>.Kind, _ property: Property) {
      let path = broken.flatMap { $0.property == property ? $0.path : nil }
      verdicts.append(
        Verdict(name: name, kind: kind, outcome: path.map { .violated($0) } ?? .undecided))
    }
    for (index, invariant) in invariants.enumerated() {
      add(invariant.name, .invariant, .invariant(index))
    }
    for (index, invariant) in stepInvariants.enumerated() {
      add(invariant.name, .stepInvariant, .stepInvariant(index))
    }
    if options.forbidsDeadlocks { add(noDeadlock, .noDeadlock, .deadlock) }
    for (index, goal) in sometimes.enumerated() {
      let outcome = reached[index].map { Verdict<System>.Outcome.holds(witness: $0) }
      verdicts.append(
        Verdict(name: goal.name, kind: .sometimes, outcome: outcome ?? .undecided))
    }
    return Walks(
      walks: walks, steps: steps, deadlocks: deadlocks, counters: counters, verdicts: verdicts)
  }
}
