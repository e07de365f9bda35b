/// Lists all reachable states of a system breadth first, and judges its properties.
///
/// The same system gives the same result, whatever the process or the machine. A counterexample to
/// an invariant, a step invariant or to freedom from deadlock is a shortest one, and so is the
/// witness of a `sometimes`.
///
/// - Throws: ``ExplorationError`` where the system or the options cannot be explored.
@inlinable
public func explore<System: ExplorableSystem>(
  _ system: System, _ options: ExplorationOptions = ExplorationOptions()
) throws(ExplorationError) -> Exploration<System> {
  var explorer = try Explorer(system, options)
  explorer.run()
  return try explorer.exploration()
}

/// The state of a breadth-first exploration.
@usableFromInline
struct Explorer<System: ExplorableSystem> {
  @usableFromInline let system: System
  @usableFromInline let options: ExplorationOptions
  @usableFromInline let invariants: [Invariant<System.State>]
  @usableFromInline let stepInvariants: [StepInvariant<System.State, System.Step>]
  @usableFromInline let sometimes: [Sometimes<System.State>]
  @usableFromInline let liveness: [Liveness<System.State>]

  @usableFromInline var visited: VisitedStates
  @usableFromInline var tree = SearchTree()
  @usableFromInline var graph: StateGraph?
  @usableFromInline var next: [System.State] = []
  @usableFromInline var counters: ExplorationCounters
  @usableFromInline var transitions = 0
  @usableFromInline var levels: [Int] = []
  @usableFromInline var deadlocks = 0
  @usableFromInline var terminals = 0
  @usableFromInline var isFull = false
  @usableFromInline var isViolated = false
  @usableFromInline var ending = Exploration<System>.Ending.complete
  /// For each invariant the first state that breaks it.
  @usableFromInline var brokenBy: [UInt32?]
  /// For each step invariant the first transition that breaks it: its source and its ordinal.
  @usableFromInline var brokenByStep: [(node: UInt32, ordinal: UInt32)?]
  /// For each `sometimes` the first state that fulfils it.
  @usableFromInline var reachedBy: [UInt32?]
  @usableFromInline var firstDeadlock: UInt32?

  @inlinable
  init(_ system: System, _ options: ExplorationOptions) throws(ExplorationError) {
    self.system = system
    self.options = options
    invariants = system.invariants
    stepInvariants = system.stepInvariants
    sometimes = system.sometimes
    liveness = options.checksLiveness ? system.liveness : []
    visited = VisitedStates(maximum: options.maximumStates)
    counters = ExplorationCounters(names: system.counterNames)
    brokenBy = Array(repeating: nil, count: invariants.count)
    brokenByStep = Array(repeating: nil, count: stepInvariants.count)
    reachedBy = Array(repeating: nil, count: sometimes.count)
    if !liveness.isEmpty {
      guard !options.reducesSymmetry else { throw .livenessUnderSymmetry }
      let classes = system.fairnessClasses
      guard classes.count <= 64 else { throw .tooManyFairnessClasses }
      guard liveness.count <= 64 else { throw .tooManyLivenessProperties }
      for name in liveness.flatMap(\.fairness) where !classes.contains(name) {
        throw .unknownFairnessClass(name)
      }
      graph = StateGraph()
    }
  }

  /// Explores level by level.
  @inlinable
  mutating func run() {
    var ordinal: UInt32 = 0
    for state in system.initialStates() {
      if case .new = visited.insert(print(of: state, system)) {
        discover(state, parent: SearchTree.root, ordinal: ordinal)
      }
      ordinal += 1
    }
    var node: UInt32 = 0
    var tally = counters
    while !next.isEmpty {
      let level = next
      next.removeAll(keepingCapacity: true)
      levels.append(level.count)
      if isViolated && options.stopsAtViolation { return ending = .violation }
      if levels.count > options.maximumDepth { return ending = .maximumDepth }
      for state in level {
        expand(state, node, system, &tally)
        node += 1
        if isViolated && options.stopsAtViolation || isFull {
          counters = tally
          if !next.isEmpty { levels.append(next.count) }
          return ending = isFull ? .maximumStates : .violation
        }
      }
      counters = tally
    }
  }

  /// Makes all transitions of a state.
  @inlinable
  mutating func expand(
    _ state: System.State, _ node: UInt32, _ system: System, _ tally: inout ExplorationCounters
  ) {
    var ordinal: UInt32 = 0
    system.successors(of: state, counting: &tally) { step, next in
      judge(state, step, next, node, ordinal)
      let insertion = visited.insert(print(of: next, system))
      if graph != nil { record(step, insertion, system) }
      switch insertion {
      case .known: break
      case .refused: isFull = true
      case .new: discover(next, parent: node, ordinal: ordinal)
      }
      ordinal += 1
    }
    transitions += Int(ordinal)
    graph?.close()
    if ordinal == 0 { end(state, node, system) }
  }

  @inlinable
  func print(of state: System.State, _ system: System) -> Fingerprint {
    options.reducesSymmetry
      ? system.canonicalFingerprint(of: state) : system.fingerprint(of: state)
  }

  /// Asks the step invariants about a transition.
  @inlinable
  mutating func judge(
    _ state: System.State, _ step: System.Step, _ next: System.State, _ node: UInt32,
    _ ordinal: UInt32
  ) {
    for index in stepInvariants.indices where brokenByStep[index] == nil {
      if !stepInvariants[index].holds(state, step, next) {
        brokenByStep[index] = (node, ordinal)
        isViolated = true
      }
    }
  }

  /// Asks the properties about a new state, and puts it in line.
  @inlinable
  mutating func discover(_ state: consuming System.State, parent: UInt32, ordinal: UInt32) {
    let node = UInt32(truncatingIfNeeded: tree.parents.count)
    tree.append(parent: parent, ordinal: ordinal)
    let state = state
    for index in invariants.indices where brokenBy[index] == nil {
      if !invariants[index].holds(state), node > 0 || !isBroken("harness-trusts-initial-states") {
        brokenBy[index] = node
        isViolated = true
      }
    }
    for index in sometimes.indices where reachedBy[index] == nil {
      if sometimes[index].holds(state) { reachedBy[index] = node }
    }
    if graph != nil { describe(state) }
    next.append(state)
  }

  /// Notes which liveness goals and triggers a new state fulfils.
  @inlinable
  mutating func describe(_ state: System.State) {
    var goals: UInt64 = 0
    var triggers: UInt64 = 0
    for index in liveness.indices {
      if liveness[index].goal(state) { goals |= 1 << UInt64(index) }
      if liveness[index].trigger(state) { triggers |= 1 << UInt64(index) }
    }
    graph?.goals.append(goals)
    graph?.triggers.append(triggers)
  }

  /// Notes a transition for the liveness checks.
  @inlinable
  mutating func record(
    _ step: System.Step, _ insertion: VisitedStates.Insertion, _ system: System
  ) {
    let target: UInt32
    switch insertion {
    case .known(let slot): target = visited.numbers[slot]
    case .new: target = UInt32(truncatingIfNeeded: visited.count - 1)
    case .refused: target = StateGraph.outside
    }
    graph?.append(target: target, fairnessClass: system.fairnessClass(of: step))
  }

  /// Counts a state that nothing follows.
  @inlinable
  mutating func end(_ state: System.State, _ node: UInt32, _ system: System) {
    if system.isTerminal(state) {
      terminals += 1
      return
    }
    deadlocks += 1
    if firstDeadlock == nil { firstDeadlock = node }
    if options.forbidsDeadlocks { isViolated = true }
  }
}
