/// What became of one mutant under one oracle.
enum Verdict: Equatable, Sendable {
  /// The oracle noticed.
  case killed(String)
  /// The process ended without a word: a trap is a kill, too.
  case crashed
  /// Nothing came for too long.
  case timedOut
  /// Nobody noticed.
  case survived
  /// No oracle passed the place that is wrong.
  case unreached

  /// Whether the mutant is dead: by a finding, a trap, or a hang that the right product has not.
  var isKill: Bool {
    switch self {
    case .killed, .crashed, .timedOut: true
    case .survived, .unreached: false
    }
  }

  /// One word.
  var word: String {
    switch self {
    case .killed: "killed"
    case .crashed: "crashed"
    case .timedOut: "timed out"
    case .survived: "survived"
    case .unreached: "unreached"
    }
  }
}

/// A line that a child writes for its parent: a tab between verdict, mutant and finding.
struct ReportLine {
  var word: String
  var id: String
  var text: String

  /// The line; a finding is cut to what people read.
  var encoded: String {
    let short = text.prefix(200).map { $0 == "\n" || $0 == "\t" ? " " : $0 }
    return "\(word)\t\(id)\t\(String(short))"
  }

  init(_ word: String, _ id: String, _ text: String = "") {
    self.word = word
    self.id = id
    self.text = text
  }

  /// Nil for a line of anybody else's.
  init?(decoding line: some StringProtocol) {
    let parts = String(line).split(separator: "\t" as Character, omittingEmptySubsequences: false)
      .map { String($0) }
    guard parts.count == 3, ["begin", "killed", "survived", "unreached"].contains(parts[0]) else {
      return nil
    }
    self.init(parts[0], parts[1], parts[2])
  }

  /// The verdict, where it is one.
  var verdict: Verdict? {
    switch word {
    case "killed": .killed(text)
    case "survived": .survived
    case "unreached": .unreached
    default: nil
    }
  }
}
