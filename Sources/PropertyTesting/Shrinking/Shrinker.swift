/// Makes a failing case simpler, on its choices alone and without randomness.
///
/// Each pass proposes simpler sequences; one that still fails in the same way becomes the new best.
/// `isSimpler` is a well-order, so passes end; they repeat until none of them helps or the budget
/// of runs is used up.
struct Shrinker {
  /// The most runs of the property that one shrinking takes.
  static let maximumRuns = 20_000
  /// Numbers that are changed beside each element that is left out.
  static let changesBesideADrop = 64
  /// Numbers that are looked at for a small value, and the values that are tried for each.
  static let smallSearch = (numbers: 8, values: 128 as UInt64)
  /// Places and parts that are tried for each rotation.
  static let placesOfARotation = 16

  /// The simplest failing run so far.
  private(set) var best: Execution
  /// Runs taken; those passed over while following a path are not among them.
  private(set) var runs = 0
  /// The numbers of the attempts that were kept.
  private(set) var path: [Int] = []
  private var attempts = 0
  /// What is left of a path to follow: attempts between its steps are known not to help.
  private var guide: ArraySlice<Int>
  /// Whether the path has been followed to its end, where no attempt helps any more.
  private var hasArrived = false
  private let kind: String?
  private let execute: ([Choice]) -> Execution
  private var tried: Set<[Choice]> = []

  /// A shrinker that begins with a failing run.
  ///
  /// - Parameter path: the attempts that an earlier shrinking of the same run kept, or none.
  init(
    _ first: Execution, following path: [Int] = [],
    _ execute: @escaping ([Choice]) -> Execution
  ) {
    best = first
    guide = path[...]
    kind = first.failureKind
    self.execute = execute
  }

  /// Runs all passes until nothing helps.
  mutating func shrink() {
    var isProgress = true
    while isProgress, attempts < Self.maximumRuns {
      let before = best.choices
      dropSpans()
      dropChoices()
      hoistSpans()
      simplifySpans()
      lowerIntegers()
      lowerPairs()
      lowerBytes()
      lowerTogether()
      lowerAndDrop()
      moveBetweenIntegers()
      swapSpans()
      if best.choices == before {
        lowerAndRaise()
        dropAndChange()
        rotateSpans()
        swapAndDrop()
        trySmallIntegers()
      }
      isProgress = best.choices != before
    }
  }

  /// Runs the property on other choices; keeps them where they fail alike and are simpler.
  mutating func attempt(_ choices: [Choice]) -> Bool {
    guard !hasArrived, attempts < Self.maximumRuns, tried.insert(choices).inserted else {
      return false
    }
    attempts += 1
    let isGuided = !guide.isEmpty
    if let next = guide.first {
      if attempts < next { return false }
      guide.removeFirst()
    }
    runs += 1
    let execution = execute(choices)
    guard execution.failureKind != nil,
      execution.failureKind == kind || isBroken("harness-shrinks-to-another-failure"),
      isSimpler(execution.choices, than: best.choices), !isBroken("harness-never-shrinks")
    else {
      if isGuided {
        // The path leads nowhere any more: what it passed over has to be tried after all.
        guide = []
        tried = []
      }
      return false
    }
    best = execution
    path.append(attempts)
    hasArrived = isGuided && guide.isEmpty
    return true
  }

  /// Looks for a large `n` that `accepts` takes: the first of 1 to `steps` that it takes (for
  /// failures that come in strides), doubled while it takes that, then the gap halved.
  mutating func largest(
    upTo limit: UInt64, startingWith steps: UInt64 = 8,
    _ accepts: (inout Shrinker, UInt64) -> Bool
  ) {
    var first: UInt64?
    for step in 1...steps where step <= limit && first == nil {
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
