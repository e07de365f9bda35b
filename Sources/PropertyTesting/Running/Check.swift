/// Checks a property over many random cases; on failure shrinks the case, prints a report with
/// seed and replay token, and throws it.
///
/// ```swift
/// try check(name: "reversing twice changes nothing") { testCase in
///   let list = try testCase.draw(.array(of: .integer(in: 0...9), count: 0...20), as: "list")
///   testCase.label("empty", if: list.isEmpty)
///   try testCase.require(Array(list.reversed().reversed()) == list)
/// }
/// ```
///
/// - Parameters:
///   - name: the property, unique in its test target; part of every case's seed.
///   - cases: how many cases must hold, unless `EPHML_CASES` says otherwise.
///   - seed: fixes the cases; nil takes `EPHML_SEED`, or else a fresh one.
///   - tokens: replay tokens of earlier failures, run first.
///   - required: labels that must appear.
///   - property: throws where it does not hold; called many times, must depend on its draws alone.
@discardableResult
public func check(
  name: String, cases: Int = 200, seed: UInt64? = nil, replaying tokens: [String] = [],
  covering required: [RequiredLabel] = [],
  _ property: @escaping (inout TestCase) throws -> Void
) throws(PropertyFailure) -> CheckReport {
  var runner = Runner(
    name: name, cases: cases, seed: seed, settings: .fromEnvironment, property: property)
  do {
    return try runner.run(tokens: tokens, required: required)
  } catch {
    print(error.description)
    throw error
  }
}

/// Checks a property of one generated value.
@discardableResult
public func check<Value>(
  name: String, cases: Int = 200, seed: UInt64? = nil, replaying tokens: [String] = [],
  for generator: Generator<Value>, _ property: @escaping (Value) throws -> Void
) throws(PropertyFailure) -> CheckReport {
  try check(name: name, cases: cases, seed: seed, replaying: tokens) { testCase in
    try property(try testCase.draw(generator, as: "value"))
  }
}

/// One check in the making; does not print.
struct Runner {
  /// Cases that may be discarded for each one that holds.
  static let maximumDiscardsPerCase = 10

  let name: String
  let cases: Int
  let seed: UInt64
  let settings: CheckSettings
  let property: (inout TestCase) throws -> Void
  private var passed = 0
  private var discarded = 0
  private var labels: [(name: String, count: Int)] = []

  init(
    name: String, cases: Int, seed: UInt64?, settings: CheckSettings,
    property: @escaping (inout TestCase) throws -> Void
  ) {
    self.name = name
    self.cases = settings.caseCount(cases)
    self.seed = seed ?? settings.seed ?? UInt64.random(in: 0...UInt64.max)
    self.settings = settings
    self.property = property
  }

  mutating func run(
    tokens: [String], required: [RequiredLabel]
  ) throws(PropertyFailure) -> CheckReport {
    if let replay = settings.replay, replay.name == name {
      try runToken(replay.token)
      return report()
    }
    for token in tokens { try runToken(token) }
    passed = 0
    discarded = 0
    labels = []
    let nameSeed = name.utf8.reduce(0 as UInt64) { SeededRandom.mix($0, UInt64($1)) }
    var index: UInt64 = 0
    while passed < cases {
      try run(ChoiceSource(seed: SeededRandom.mix(seed, nameSeed, index)))
      index += 1
      guard discarded <= (passed + 20) * Self.maximumDiscardsPerCase else {
        throw failure(.tooManyDiscards, "\(discarded) of \(index) cases did not fit")
      }
    }
    for label in required {
      let count = labels.first { $0.name == label.name }?.count ?? 0
      guard count > 0, Double(count) >= label.share * Double(passed) else {
        throw failure(
          .uncovered(label: label.name), "\(count) of \(passed) cases were \"\(label.name)\"")
      }
    }
    return report()
  }

  private mutating func runToken(_ token: String) throws(PropertyFailure) {
    guard let choices = ReplayToken.choices(of: token) else {
      throw failure(.badToken, "the replay token cannot be read")
    }
    try run(ChoiceSource(replaying: choices))
  }

  private mutating func run(_ source: ChoiceSource) throws(PropertyFailure) {
    let execution = Execution(source, property)
    switch execution.outcome {
    case .passed:
      passed += 1
      for label in execution.labels { count(label) }
    case .discarded: discarded += 1
    case .failed: throw falsified(execution)
    }
  }

  private mutating func count(_ label: String) {
    if let index = labels.firstIndex(where: { $0.name == label }) {
      labels[index].count += 1
    } else {
      labels.append((label, 1))
    }
  }

  /// Shrinks a failing case and runs the result once more for its report.
  private func falsified(_ first: Execution) -> PropertyFailure {
    var shrinker = Shrinker(first) { Execution(ChoiceSource(replaying: $0), property) }
    shrinker.shrink()
    let last = Execution(
      ChoiceSource(replaying: shrinker.best.choices), isReporting: true, property)
    var message = "the shrunk case held when it ran again: the property is not deterministic"
    if case .failed(_, let text) = last.outcome { message = text }
    return PropertyFailure(
      name: name, reason: .falsified, seed: seed, passed: passed,
      token: ReplayToken.text(of: shrinker.best.choices), draws: last.draws, message: message,
      shrinkRuns: shrinker.runs)
  }

  private func failure(_ reason: PropertyFailure.Reason, _ message: String) -> PropertyFailure {
    PropertyFailure(
      name: name, reason: reason, seed: seed, passed: passed, token: "", draws: [],
      message: message, shrinkRuns: 0)
  }

  private func report() -> CheckReport {
    CheckReport(seed: seed, passed: passed, discarded: discarded, labels: labels)
  }
}
