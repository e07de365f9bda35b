/// Makes a failing case simpler, on its choices alone and without randomness.
///
/// Each pass proposes simpler sequences; one that still fails in the same way becomes the new best.
/// `isSimpler` is a well-order, so passes end; they repeat until none of them helps or the budget
/// of runs is used up.
struct Shrinker {
  /// The most runs of the property that one shrinking takes.
  static let maximumRuns = 20_000

  /// The simplest failing run so far.
  private(set) var best: Execution
  /// Runs taken.
  private(set) var runs = 0
  private let kind: String?
  private let execute: ([Choice]) -> Execution
  private var tried: Set<[Choice]> = []

  init(_ first: Execution, _ execute: @escaping ([Choice]) -> Execution) {
    best = first
    kind = first.failureKind
    self.execute = execute
  }

  /// Runs all passes until nothing helps.
  mutating func shrink() {
    var isProgress = true
    while isProgress, runs < Self.maximumRuns {
      let before = best.choices
      dropSpans()
      dropChoices()
      hoistSpans()
      simplifySpans()
      lowerIntegers()
      lowerBytes()
      lowerTogether()
      lowerAndDrop()
      moveBetweenIntegers()
      swapSpans()
      isProgress = best.choices != before
    }
  }

  /// Runs the property on other choices; keeps them where they fail alike and are simpler.
  mutating func attempt(_ choices: [Choice]) -> Bool {
    guard runs < Self.maximumRuns, tried.insert(choices).inserted else { return false }
    runs += 1
    let execution = execute(choices)
    guard execution.failureKind != nil, execution.failureKind == kind,
      isSimpler(execution.choices, than: best.choices)
    else { return false }
    best = execution
    return true
  }

  /// Looks for a large `n` that `accepts` takes: the first of 1 to 8 that it takes (for failures
  /// that come in strides), doubled while it takes that, then the gap halved.
  mutating func largest(
    upTo limit: UInt64, _ accepts: (inout Shrinker, UInt64) -> Bool
  ) {
    var first: UInt64?
    for step in 1...8 as ClosedRange<UInt64> where step <= limit && first == nil {
      if accepts(&self, step) { first = step }
    }
    guard var good = first else { return }
    var bad: UInt64?
    while bad == nil, good < limit {
      let next = good > limit / 2 ? limit : good * 2
      if accepts(&self, next) { good = next } else { bad = next }
    }
    guard var bad else { return }
    while bad - good > 1 {
      let middle = good + (bad - good) / 2
      if accepts(&self, middle) { good = middle } else { bad = middle }
    }
  }
}
