/// What a check that held has seen.
public struct CheckReport: Sendable, CustomStringConvertible {
  /// The least, the middle and the greatest of many numbers.
  public struct Spread: Equatable, Sendable {
    /// The least.
    public let minimum: Int
    /// The middle one.
    public let median: Int
    /// The greatest.
    public let maximum: Int
  }

  /// The seed that all cases came from.
  public let seed: UInt64
  /// Cases that held.
  public let passed: Int
  /// Cases that did not fit the property's assumptions.
  public let discarded: Int
  /// How many cases bore each label, in order of first appearance.
  public let labels: [(name: String, count: Int)]
  /// Cases that drew more than a case may.
  public let overruns: Int
  /// Cases that ran in search of higher scores, beside those that held.
  public let targeted: Int
  /// Tokens and kept failures that ran first and held.
  public let replayed: Int
  /// Different cases among those that held.
  public let distinct: Int
  /// Choices that a case drew; nil where no case ran.
  public let choices: Spread?
  /// The best score for each target, in order of first appearance.
  public let scores: [(label: String, score: Double)]

  /// How many cases bore a label.
  public func count(of label: String) -> Int {
    labels.first { $0.name == label }?.count ?? 0
  }

  /// A table of all figures.
  public var description: String {
    var rows: [(String, String)] = [("held", "\(passed)")]
    rows.append(("different", "\(distinct)"))
    if discarded > 0 { rows.append(("discarded", "\(discarded)")) }
    if overruns > 0 { rows.append(("too large", "\(overruns)")) }
    if replayed > 0 { rows.append(("replayed", "\(replayed)")) }
    if targeted > 0 { rows.append(("targeted", "\(targeted)")) }
    if let choices {
      rows.append(
        ("choices", "\(choices.minimum) … \(choices.median) … \(choices.maximum)"))
    }
    for (label, score) in scores { rows.append(("best \(label)", "\(score)")) }
    // The most frequent first; equal ones in order of first appearance.
    let ordered = labels.enumerated().sorted {
      ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
    }
    for (_, label) in ordered {
      rows.append((label.name, "\(label.count)  \(Self.percent(label.count, of: passed))"))
    }
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map { name, figures in
      "  " + name + String(repeating: " ", count: width - name.count) + "  " + figures
    }
    return (["seed \(seed)"] + lines).joined(separator: "\n")
  }

  /// A share with one digit behind the point.
  private static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "" }
    let tenths = (part * 1000 + whole / 2) / whole
    return "\(tenths / 10).\(tenths % 10) %"
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
