/// Numbers that a system bumps while its states are explored, such as one for each table row.
public struct ExplorationCounters: Sendable, Equatable {
  /// What the counters count.
  public let names: [String]
  @usableFromInline var tally: [Int]

  /// How often each was bumped.
  public var counts: [Int] { tally }

  /// Counters that all stand at zero.
  public init(names: [String]) {
    self.names = names
    tally = Array(repeating: 0, count: names.count)
  }

  /// Adds one to the counter at an index.
  @inlinable
  public mutating func bump(_ index: Int) { tally[index] &+= 1 }

  /// The count of a name; nil where there is no such counter.
  public subscript(name: String) -> Int? {
    names.firstIndex(of: name).map { tally[$0] }
  }

  /// The names of the counters that were never bumped.
  public var unreached: [String] {
    names.indices.filter { tally[$0] == 0 }.map { names[$0] }
  }
}
