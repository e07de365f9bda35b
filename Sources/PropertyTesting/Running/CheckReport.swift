/// What a check that held has seen.
public struct CheckReport: Sendable {
  /// The seed that all cases came from.
  public let seed: UInt64
  /// Cases that held.
  public let passed: Int
  /// Cases that did not fit the property's assumptions.
  public let discarded: Int
  /// How many cases bore each label, in order of first appearance.
  public let labels: [(name: String, count: Int)]

  /// How many cases bore a label.
  public func count(of label: String) -> Int {
    labels.first { $0.name == label }?.count ?? 0
  }
}

/// A label that a share of all cases must bear, so that a property cannot hold for want of trying.
public struct RequiredLabel: Sendable {
  /// The label.
  public let name: String
  /// The least share of cases, 0 to 1; any positive share asks for one case at least.
  public let share: Double

  /// A label and the least share of cases that must bear it.
  public init(_ name: String, share: Double = 0) {
    precondition(share >= 0 && share <= 1)
    self.name = name
    self.share = share
  }
}

/// A check that did not hold, with all that is needed to run it again.
public struct PropertyFailure: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Equatable, Sendable {
    /// A case failed.
    case falsified
    /// Too few cases fit the property's assumptions.
    case tooManyDiscards
    /// Too few cases bore a required label.
    case uncovered(label: String)
    /// A replay token is not one.
    case badToken
  }

  /// The check's name.
  public let name: String
  /// What went wrong.
  public let reason: Reason
  /// The seed that all cases came from.
  public let seed: UInt64
  /// Cases that held before.
  public let passed: Int
  /// The shrunk case's choices as a token for `replaying:`; empty unless falsified.
  public let token: String
  /// The shrunk case's draws and notes.
  public let draws: [String]
  /// What the shrunk case's failure says.
  public let message: String
  /// Runs that shrinking took.
  public let shrinkRuns: Int

  /// The whole report, one item a line.
  public var description: String {
    var lines = ["property \"\(name)\" failed: \(message)"]
    lines += draws.map { "  " + $0 }
    lines.append(
      "  after \(passed) cases that held; shrunk in \(shrinkRuns) runs; EPHML_SEED=\(seed)")
    if !token.isEmpty {
      lines.append("  again: EPHML_REPLAY_NAME='\(name)' EPHML_REPLAY='\(token)'")
    }
    return lines.joined(separator: "\n")
  }
}
