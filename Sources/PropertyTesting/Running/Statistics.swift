/// Counts kept while a check runs.
struct Statistics {
  /// Cases whose size and sameness are looked at; later ones only count.
  static let maximumSamples = 1 << 20

  private(set) var passed = 0
  private(set) var discarded = 0
  private(set) var overruns = 0
  private(set) var targeted = 0
  /// Choices of all cases but those that drew too much.
  private(set) var choices = 0
  private(set) var labels: [(name: String, count: Int)] = []
  private(set) var best: [(label: String, score: Double, choices: [Choice])] = []
  private var places: [String: Int] = [:]
  private var sizes: [Int] = []
  private var seen: Set<UInt64> = []

  /// Different cases among those that held.
  var distinct: Int { seen.count }

  /// Adds a new case that did not fail.
  mutating func add(_ execution: Execution) {
    switch execution.outcome {
    case .passed:
      passed += 1
      choices += execution.choices.count
      if sizes.count < Self.maximumSamples {
        sizes.append(execution.choices.count)
        seen.insert(Self.digest(execution.choices))
      }
      for label in execution.labels { count(label) }
    case .discarded:
      discarded += 1
      choices += execution.choices.count
    case .overrun: overruns += 1
    case .failed: break
    }
    _ = addScores(execution, of: nil)
  }

  /// Adds a case that climbs; says whether the score of `label` has risen.
  mutating func addTargeted(_ execution: Execution, of label: String) -> Bool {
    targeted += 1
    return addScores(execution, of: label)
  }

  /// The report of a check that held.
  func report(seed: UInt64, cases passed: Int, replayed: Int) -> CheckReport {
    let sorted = sizes.sorted()
    let size =
      sorted.isEmpty
      ? nil
      : CheckReport.Spread(
        minimum: sorted[0], median: sorted[sorted.count / 2], maximum: sorted[sorted.count - 1])
    return CheckReport(
      seed: seed, passed: passed, discarded: discarded, labels: labels, overruns: overruns,
      targeted: targeted, replayed: replayed, distinct: distinct, choices: size,
      scores: best.map { ($0.label, $0.score) })
  }

  private mutating func addScores(_ execution: Execution, of label: String?) -> Bool {
    guard execution.outcome == .passed else { return false }
    var hasRisen = false
    for (name, score) in execution.scores {
      if let index = best.firstIndex(where: { $0.label == name }) {
        guard score > best[index].score else { continue }
        best[index] = (name, score, execution.choices)
      } else {
        best.append((name, score, execution.choices))
      }
      if name == label { hasRisen = true }
    }
    return hasRisen
  }

  private mutating func count(_ label: String) {
    if let place = places[label] {
      labels[place].count += 1
    } else {
      places[label] = labels.count
      labels.append((label, 1))
    }
  }

  /// A number that two different cases hardly ever share.
  static func digest(_ choices: [Choice]) -> UInt64 {
    var state: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: UInt64) {
      state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
      state ^= state >> 29
    }
    for choice in choices {
      switch choice {
      case .integer(let value, _):
        add(1)
        add(value)
      case .bytes(let bytes, _):
        add(2)
        add(UInt64(bytes.count))
        for byte in bytes { add(UInt64(byte)) }
      }
    }
    return state
  }
}
