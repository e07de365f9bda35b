/// A named condition that every reachable state, the initial ones too, must fulfil.
public struct Invariant<State> {
  /// The name in verdicts.
  public let name: String
  @usableFromInline let holds: (State) -> Bool

  /// An invariant from a condition.
  public init(_ name: String, holds: @escaping (State) -> Bool) {
    self.name = name
    self.holds = holds
  }
}

/// A named condition that every reachable transition must fulfil.
public struct StepInvariant<State, Step> {
  /// The name in verdicts.
  public let name: String
  @usableFromInline let holds: (State, Step, State) -> Bool

  /// A step invariant from a condition on a state, a step and what it leads to.
  public init(_ name: String, holds: @escaping (State, Step, State) -> Bool) {
    self.name = name
    self.holds = holds
  }
}

/// A named condition that at least one reachable state must fulfil: the guard against checks that
/// hold only because nothing happens.
public struct Sometimes<State> {
  /// The name in verdicts.
  public let name: String
  @usableFromInline let holds: (State) -> Bool

  /// A condition that must be reached.
  public init(_ name: String, holds: @escaping (State) -> Bool) {
    self.name = name
    self.holds = holds
  }
}

/// A named promise about what comes about at last.
public struct Liveness<State> {
  /// What is promised.
  public enum Kind: Sendable, Equatable {
    /// Every fair behaviour reaches a goal.
    case eventually
    /// In every fair behaviour a goal follows each state that asks for one.
    case leadsTo
    /// From every reachable state some goal can still be reached, by whatever steps.
    case alwaysReachable
  }

  /// The name in verdicts.
  public let name: String
  /// What is promised.
  public let kind: Kind
  /// The names of the fairness classes that may be relied on.
  public let fairness: [String]
  /// Whether a behaviour may stop where no relied class has a step to take.
  public let mayStop: Bool
  @usableFromInline let trigger: (State) -> Bool
  @usableFromInline let goal: (State) -> Bool

  /// Every behaviour that is weakly fair to the given classes reaches a goal.
  ///
  /// Weakly fair: where a step of the class stays possible for ever, one is taken at some time. A
  /// behaviour may also stop for ever where no such class has a step to take, as in TLA+: nothing
  /// obliges anyone to go on. With `mayStop` false it stops only where nothing follows at all.
  public static func eventually(
    _ name: String, underFairness fairness: [String] = [], mayStop: Bool = true,
    goal: @escaping (State) -> Bool
  ) -> Liveness {
    Liveness(
      name: name, kind: .eventually, fairness: fairness, mayStop: mayStop,
      trigger: { _ in true }, goal: goal)
  }

  /// In every behaviour that is weakly fair to the given classes, a state that fulfils `trigger`
  /// is itself a goal or has one after it; for `mayStop` see
  /// ``eventually(_:underFairness:mayStop:goal:)``.
  public static func leadsTo(
    _ name: String, underFairness fairness: [String] = [], mayStop: Bool = true,
    from trigger: @escaping (State) -> Bool, to goal: @escaping (State) -> Bool
  ) -> Liveness {
    Liveness(
      name: name, kind: .leadsTo, fairness: fairness, mayStop: mayStop, trigger: trigger,
      goal: goal)
  }

  /// From every reachable state a goal can still be reached; no fairness is needed, for somebody
  /// has only to be able to.
  public static func alwaysReachable(
    _ name: String, goal: @escaping (State) -> Bool
  ) -> Liveness {
    Liveness(
      name: name, kind: .alwaysReachable, fairness: [], mayStop: true, trigger: { _ in true },
      goal: goal)
  }
}
