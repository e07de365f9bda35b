/// What an exploration found.
public struct Exploration<System: ExplorableSystem> {
  /// Why an exploration came to its end.
  public enum Ending: Sendable, Equatable {
    /// Every reachable state was expanded.
    case complete
    /// A violation was found, and the options say to stop there.
    case violation
    /// There are more states than the options allow.
    case maximumStates
    /// There are states deeper than the options allow.
    case maximumDepth
  }

  /// Why it ended.
  public let ending: Ending
  /// How many states differ, or differ by more than a symmetry.
  public let distinctStates: Int
  /// How many transitions were made, each from a distinct state.
  public let transitions: Int
  /// How many states were met first at each depth; initial states have depth 0.
  public let levels: [Int]
  /// How many states nothing follows although they are not terminal.
  public let deadlocks: Int
  /// How many states nothing follows, and rightly so.
  public let terminals: Int
  /// What the system counted.
  public let counters: ExplorationCounters
  /// One verdict for each property, in the order: invariants, step invariants, deadlock (where it
  /// is forbidden), sometimes, liveness.
  public let verdicts: [Verdict<System>]

  @usableFromInline
  init(
    ending: Ending, distinctStates: Int, transitions: Int, levels: [Int], deadlocks: Int,
    terminals: Int, counters: ExplorationCounters, verdicts: [Verdict<System>]
  ) {
    self.ending = ending
    self.distinctStates = distinctStates
    self.transitions = transitions
    self.levels = levels
    self.deadlocks = deadlocks
    self.terminals = terminals
    self.counters = counters
    self.verdicts = verdicts
  }

  /// Whether all reachable states were expanded.
  public var isComplete: Bool { ending == .complete }

  /// The greatest number of steps that some state needs.
  public var depth: Int { levels.count - 1 }

  /// Whether everything was explored and every property holds.
  public var holds: Bool { isComplete && verdicts.allSatisfy(\.holds) }

  /// The verdicts that say no.
  public var violations: [Verdict<System>] { verdicts.filter(\.isViolated) }

  /// The verdict on the property of a name; nil where there is none.
  public func verdict(on name: String) -> Verdict<System>? { verdicts.first { $0.name == name } }
}

/// What an exploration says about one property.
public struct Verdict<System: ExplorableSystem> {
  /// The kinds of properties.
  public enum Kind: Sendable, Equatable {
    /// Of every state.
    case invariant
    /// Of every transition.
    case stepInvariant
    /// Every state goes on or is terminal.
    case noDeadlock
    /// Of at least one state.
    case sometimes
    /// Of every fair behaviour, or of every state's future.
    case liveness(Liveness<System.State>.Kind)
  }

  /// What is known of the property.
  public enum Outcome {
    /// It holds everywhere; a `sometimes` carries the shortest way to where it does.
    case holds(witness: ExploredPath<System>?)
    /// It does not, as the path shows; a `sometimes` that is never reached has no path.
    case violated(ExploredPath<System>?)
    /// The exploration ended before it was decided.
    case undecided
  }

  /// The property's name.
  public let name: String
  /// The property's kind.
  public let kind: Kind
  /// What is known.
  public let outcome: Outcome

  @usableFromInline
  init(name: String, kind: Kind, outcome: Outcome) {
    self.name = name
    self.kind = kind
    self.outcome = outcome
  }

  /// Whether the property is known to hold.
  public var holds: Bool {
    if case .holds = outcome { true } else { false }
  }

  /// Whether the property is known not to hold.
  public var isViolated: Bool {
    if case .violated = outcome { true } else { false }
  }

  /// The counterexample, or a `sometimes`' witness.
  public var path: ExploredPath<System>? {
    switch outcome {
    case .holds(let path): path
    case .violated(let path): path
    case .undecided: nil
    }
  }
}

/// A way through a system: an initial state and the steps from there, each with its state.
///
/// A lasso's last state has the fingerprint of the state at ``cycleStart``: its steps from there on
/// can be repeated for ever.
public struct ExploredPath<System: ExplorableSystem> {
  /// Where the path begins.
  public let initial: System.State
  /// The steps and what each leads to.
  public let moves: [(step: System.Step, state: System.State)]
  /// In a lasso the number of moves before its cycle; nil for a path that ends.
  public let cycleStart: Int?

  /// A path from its parts.
  public init(
    initial: System.State, moves: [(step: System.Step, state: System.State)],
    cycleStart: Int? = nil
  ) {
    self.initial = initial
    self.moves = moves
    self.cycleStart = cycleStart
  }

  /// The steps alone.
  public var steps: [System.Step] { moves.map(\.step) }

  /// The states, the initial one first.
  public var states: [System.State] { [initial] + moves.map(\.state) }

  /// The state at the end.
  public var last: System.State { moves.last?.state ?? initial }
}
