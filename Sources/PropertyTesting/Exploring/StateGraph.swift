/// All transitions of an exploration, as lists of numbers: five bytes each, and per state the place
/// where its list begins and what its properties say.
@usableFromInline
struct StateGraph {
  /// What stands for a step without fairness class.
  @usableFromInline static let noClass = UInt8.max
  /// What stands for a state that the set had no room for.
  @usableFromInline static let outside = UInt32.max

  /// Where the transitions of each expanded state begin; one more entry at the end.
  @usableFromInline var starts: [Int] = [0]
  @usableFromInline var targets: [UInt32] = []
  @usableFromInline var classes: [UInt8] = []
  /// For each state one bit a liveness property: whether it is a goal.
  @usableFromInline var goals: [UInt64] = []
  /// For each state one bit a liveness property: whether it asks for a goal.
  @usableFromInline var triggers: [UInt64] = []

  /// A graph without states.
  @inlinable
  init() {}

  /// Adds a transition of the state that is being expanded.
  @inlinable
  mutating func append(target: UInt32, fairnessClass: Int?) {
    targets.append(target)
    precondition((fairnessClass ?? 0) & ~63 == 0, "there are 64 fairness classes at most")
    classes.append(fairnessClass.map { UInt8(truncatingIfNeeded: $0) } ?? Self.noClass)
  }

  /// Ends the list of the state that was expanded.
  @inlinable
  mutating func close() { starts.append(targets.count) }

  /// How many states have a list.
  @usableFromInline var expanded: Int { starts.count - 1 }

  /// The places of a state's transitions; none for a state that was not expanded.
  @usableFromInline
  func edges(of node: Int) -> Range<Int> {
    node < expanded ? starts[node]..<starts[node + 1] : 0..<0
  }
}
