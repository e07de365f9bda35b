/// A system whose reachable states can be listed: what ``explore(_:_:)`` and ``walk(_:_:)`` run.
///
/// A state is a snapshot, usually a small struct of numbers and of references to boxes that never
/// change. The explorer keeps the states of two levels and of older ones only the fingerprint; it
/// makes a path again by asking for the successors of its states. So all functions must be pure:
/// the same state gives the same successors in the same order.
///
/// ```swift
/// struct Jugs: ExplorableSystem {
///   struct State { var small = 0, large = 0 }
///   enum Step { case fillSmall, fillLarge, … }
///   func initialStates() -> [State] { [State()] }
///   func successors(
///     of state: State, counting counters: inout ExplorationCounters,
///     _ visit: (Step, consuming State) -> Void
///   ) { visit(.fillSmall, State(small: 3, large: state.large)); … }
///   func fingerprint(of state: State) -> Fingerprint {
///     Fingerprint(of: UInt64(state.small), UInt64(state.large))
///   }
///   var invariants: [Invariant<State>] { [Invariant("never 4") { $0.large != 4 }] }
/// }
/// let result = try explore(Jugs())
/// ```
///
/// Everything but the first three functions has a default.
public protocol ExplorableSystem {
  /// A snapshot of the whole system.
  associatedtype State
  /// What leads from one state to the next; printed in a counterexample.
  associatedtype Step: Equatable

  /// The states that the system can start in, in a fixed order.
  func initialStates() -> [State]

  /// Calls `visit` for each successor of a state, in a fixed order, and may bump counters.
  func successors(
    of state: State, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming State) -> Void)

  /// The fingerprint of a state; equal states have equal ones.
  func fingerprint(of state: State) -> Fingerprint

  /// The same fingerprint for all states that a symmetry maps to one another: the least over the
  /// permutations, say. Used only with ``ExplorationOptions/reducesSymmetry``.
  func canonicalFingerprint(of state: State) -> Fingerprint

  /// Whether it is right that nothing follows a state. Asked only where nothing follows; a state
  /// that should go on is a deadlock.
  func isTerminal(_ state: State) -> Bool

  /// The fairness class of a step, an index into ``fairnessClasses``; nil for steps that nothing
  /// obliges anyone to take.
  func fairnessClass(of step: Step) -> Int?

  /// The names of the fairness classes, at most 64.
  var fairnessClasses: [String] { get }

  /// The names of the counters that ``successors(of:counting:_:)`` may bump.
  var counterNames: [String] { get }

  /// What must hold in every reachable state.
  var invariants: [Invariant<State>] { get }

  /// What must hold of every reachable transition.
  var stepInvariants: [StepInvariant<State, Step>] { get }

  /// What must be reached at least once.
  var sometimes: [Sometimes<State>] { get }

  /// What must come about at last.
  var liveness: [Liveness<State>] { get }
}

extension ExplorableSystem {
  /// Without a symmetry each state stands for itself.
  @inlinable
  public func canonicalFingerprint(of state: State) -> Fingerprint { fingerprint(of: state) }

  /// Every state must go on.
  @inlinable
  public func isTerminal(_ state: State) -> Bool { false }

  /// No step is owed.
  @inlinable
  public func fairnessClass(of step: Step) -> Int? { nil }

  /// None.
  @inlinable
  public var fairnessClasses: [String] { [] }

  /// None.
  @inlinable
  public var counterNames: [String] { [] }

  /// None.
  @inlinable
  public var invariants: [Invariant<State>] { [] }

  /// None.
  @inlinable
  public var stepInvariants: [StepInvariant<State, Step>] { [] }

  /// None.
  @inlinable
  public var sometimes: [Sometimes<State>] { [] }

  /// None.
  @inlinable
  public var liveness: [Liveness<State>] { [] }
}
