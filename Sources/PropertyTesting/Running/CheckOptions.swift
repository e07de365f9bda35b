/// The parts of a check, in the order in which they run.
public enum Phase: String, CaseIterable, Sendable {
  /// Runs the tokens that the check was given.
  case explicit
  /// Runs the failures that were kept from earlier runs.
  case reuse
  /// Runs new random cases.
  case generate
  /// Climbs towards higher scores from the best cases so far.
  case target
  /// Makes a failing case simpler.
  case shrink
  /// Finds draws of the simplest case that could have been anything.
  case explain
}

/// Where failures are kept from one run to the next.
public enum FailureFolder: Equatable, Sendable {
  /// `EPHML_FAILURES`; without it `.build/failures` where the working directory has a `.build`, and
  /// else nowhere.
  case fromEnvironment
  /// In a folder of this path.
  case at(String)
  /// Nowhere.
  case none
}

/// How a check goes about it.
public struct CheckOptions: Sendable {
  /// The parts that run; all by default.
  public var phases: Set<Phase>
  /// Health checks that may fail; see also `EPHML_SUPPRESS`.
  public var suppressed: Set<HealthCheck>
  /// Where failures are kept.
  public var failures: FailureFolder

  /// Options; the defaults suit nearly every check.
  public init(
    phases: Set<Phase> = Set(Phase.allCases), suppressing suppressed: Set<HealthCheck> = [],
    failures: FailureFolder = .fromEnvironment
  ) {
    self.phases = phases
    self.suppressed = suppressed
    self.failures = failures
  }
}
