/// A check that did not hold, with all that is needed to run it again.
public struct PropertyFailure: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Equatable, Sendable {
    /// A case failed.
    case falsified
    /// The check does not test what it seems to test.
    case unhealthy(HealthCheck)
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
  /// What the shrunk case's failure says.
  public let message: String
  /// The shrunk case's choices as a token for `replaying:`; empty unless falsified.
  public internal(set) var token = ""
  /// The seed of the first failing case with the way that shrinking took from there, as a token;
  /// empty unless the case came from a seed.
  public internal(set) var pathToken = ""
  /// The shrunk case's draws and notes.
  public internal(set) var draws: [String] = []
  /// Which lines of `draws` are draws that could have been anything.
  public internal(set) var irrelevantDraws: [Int] = []
  /// Cases that ran until the first that failed, with it and with those that were discarded.
  public internal(set) var runsUntilFound = 0
  /// Runs that shrinking took.
  public internal(set) var shrinkRuns = 0
  /// The file that keeps the failure, or nil.
  public internal(set) var file: String?

  init(name: String, reason: Reason, seed: UInt64, passed: Int, message: String) {
    self.name = name
    self.reason = reason
    self.seed = seed
    self.passed = passed
    self.message = message
  }

  /// The whole report, one item a line.
  public var description: String {
    var lines = ["property \"\(name)\" failed: \(message)"]
    for (index, line) in draws.enumerated() {
      lines.append("  " + line + (irrelevantDraws.contains(index) ? "  (or any other value)" : ""))
    }
    lines.append(
      "  after \(passed) cases that held; shrunk in \(shrinkRuns) runs; EPHML_SEED=\(seed)")
    if !token.isEmpty {
      lines.append("  again: EPHML_REPLAY_NAME='\(name)' EPHML_REPLAY='\(token)'")
    }
    if !pathToken.isEmpty {
      lines.append(
        "  or with its shrinking: EPHML_REPLAY_NAME='\(name)' EPHML_REPLAY='\(pathToken)'")
    }
    if let file { lines.append("  kept in \(file)") }
    return lines.joined(separator: "\n")
  }
}
