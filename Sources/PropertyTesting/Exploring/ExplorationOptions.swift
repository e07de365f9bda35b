/// Bounds and choices of an exploration.
public struct ExplorationOptions: Sendable {
  /// The number of distinct states at which to give up; at most 2^32 - 2.
  public var maximumStates: Int
  /// The number of steps from an initial state beyond which no state is expanded.
  public var maximumDepth: Int
  /// Whether states that a symmetry maps to one another count as one.
  public var reducesSymmetry: Bool
  /// Whether to stop at the first violation; else the whole space is listed in any case.
  public var stopsAtViolation: Bool
  /// Whether a state that nothing follows, though it is not terminal, is a violation.
  public var forbidsDeadlocks: Bool
  /// Whether to keep all transitions and judge the system's liveness; costs 5 bytes a transition.
  public var checksLiveness: Bool

  /// Options; the defaults list up to 16 million states and stop at the first violation.
  public init(
    maximumStates: Int = 1 << 24, maximumDepth: Int = .max, reducesSymmetry: Bool = false,
    stopsAtViolation: Bool = true, forbidsDeadlocks: Bool = false, checksLiveness: Bool = true
  ) {
    self.maximumStates = maximumStates
    self.maximumDepth = maximumDepth
    self.reducesSymmetry = reducesSymmetry
    self.stopsAtViolation = stopsAtViolation
    self.forbidsDeadlocks = forbidsDeadlocks
    self.checksLiveness = checksLiveness
  }
}

/// Why an exploration has no result.
public enum ExplorationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Asked twice, the system gave other successors: it is no pure function of its state.
  case notDeterministic
  /// A liveness property relies on a fairness class that the system does not name.
  case unknownFairnessClass(String)
  /// The system names more than 64 fairness classes.
  case tooManyFairnessClasses
  /// The system has more than 64 liveness properties.
  case tooManyLivenessProperties
  /// Liveness cannot be judged where symmetric states count as one: a cycle of representatives
  /// need not be a cycle of states.
  case livenessUnderSymmetry

  /// The reason as a sentence.
  public var description: String {
    switch self {
    case .notDeterministic: "the system's successors are not a function of its state"
    case .unknownFairnessClass(let name): "there is no fairness class \(name)"
    case .tooManyFairnessClasses: "there are more than 64 fairness classes"
    case .tooManyLivenessProperties: "there are more than 64 liveness properties"
    case .livenessUnderSymmetry: "liveness needs an exploration without symmetry reduction"
    }
  }
}
