public import PropertyTesting

/// What an exploration of a world says.
public struct ExplorationVerdict: Sendable {
  /// A property that does not hold.
  public struct Violation: Sendable, Equatable {
    /// The property's name; it begins with its number, such as `S4`.
    public let property: String
    /// The steps of a shortest way to it, as text; none for what is never reached.
    public let steps: [String]
    /// The same as a message sequence chart.
    public let chart: SequenceChart?
  }

  /// The configuration's name.
  public let name: String
  /// The configuration's bounds, for people.
  public let bounds: String
  /// Whether every reachable state was expanded.
  public let isComplete: Bool
  /// Distinct states.
  public let states: Int
  /// Transitions made, each of them by a machine.
  public let transitions: Int
  /// The greatest number of steps that some state needs.
  public let depth: Int
  /// The properties that do not hold.
  public let violations: [Violation]
  /// What is compared with the model.
  public let figures: ProjectedFigures
  /// The distinct projected lines, sorted; empty unless they were asked for.
  public let lines: [String]

  /// Whether everything was explored and every property holds.
  public var holds: Bool { isComplete && violations.isEmpty }
}
