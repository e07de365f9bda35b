/// One check in the making; does not print.
struct Runner {
  /// Where a case comes from.
  enum Origin {
    case token
    case kept(file: String)
    case seed(UInt64)
    case climb
  }

  let name: String
  let cases: Int
  let seed: UInt64
  let settings: CheckSettings
  let options: CheckOptions
  let property: (inout TestCase) throws -> Void
  let database: FailureDatabase?
  var statistics = Statistics()
  private var replayed = 0

  init(
    name: String, cases: Int, seed: UInt64?, settings: CheckSettings,
    options: CheckOptions = CheckOptions(),
    property: @escaping (inout TestCase) throws -> Void
  ) {
    self.name = name
    self.cases = settings.caseCount(cases)
    self.seed = seed ?? settings.seed ?? UInt64.random(in: 0...UInt64.max)
    self.settings = settings
    self.options = options
    self.property = property
    let folder: String? =
      switch options.failures {
      case .fromEnvironment: settings.failureFolder
      case .at(let path): path
      case .none: nil
      }
    database = folder.map { FailureDatabase(folder: $0) }
  }

  mutating func run(
    tokens: [String], required: [RequiredLabel]
  ) throws(PropertyFailure) -> CheckReport {
    if let replay = settings.replay, replay.name == name {
      try run(token: replay.token)
      print("property \"\(name)\": the replayed case held")
      return statistics.report(seed: seed, cases: replayed, replayed: replayed)
    }
    if options.phases.contains(.explicit) {
      for token in tokens { try run(token: token) }
    }
    if options.phases.contains(.reuse), !isBroken("harness-never-reuses") { try reuse() }
    if options.phases.contains(.generate) {
      try generate()
      if options.phases.contains(.target) { try climb() }
      try requireCoverage(required)
    }
    return statistics.report(seed: seed, cases: statistics.passed, replayed: replayed)
  }

  /// What a case of a number comes from.
  func caseSeed(_ index: UInt64) -> UInt64 {
    let nameSeed = name.utf8.reduce(0 as UInt64) { SeededRandom.mix($0, UInt64($1)) }
    return SeededRandom.mix(isBroken("harness-ignores-seed") ? 0 : seed, nameSeed, index)
  }

  private mutating func run(token: String) throws(PropertyFailure) {
    switch ReplayToken(token) {
    case nil: throw failure(.badToken, "the replay token cannot be read")
    case .choices(let choices):
      let execution = Execution(ChoiceSource(replaying: choices), property)
      if execution.failureKind != nil { throw falsified(execution, .token) }
      if execution.outcome == .passed { replayed += 1 }
    case .path(let path):
      let execution = Execution(ChoiceSource(seed: path.seed), property)
      if execution.failureKind != nil {
        throw falsified(execution, .seed(path.seed), following: path.steps)
      }
      if execution.outcome == .passed { replayed += 1 }
    }
  }

  /// Runs the failures that were kept; those that do not fail any more are forgotten.
  private mutating func reuse() throws(PropertyFailure) {
    guard let database else { return }
    for kept in database.failures(of: name) {
      let execution = Execution(ChoiceSource(replaying: kept.choices), property)
      if execution.failureKind != nil { throw falsified(execution, .kept(file: kept.file)) }
      if execution.outcome == .passed { replayed += 1 }
      database.remove(kept.file)
    }
  }

  private mutating func generate() throws(PropertyFailure) {
    var index: UInt64 = 0
    // Only suppressed health checks let a check come to this bound.
    let maximum = UInt64(cases) * 100 + 10_000
    while statistics.passed < cases, index < maximum {
      let caseSeed = caseSeed(index)
      let execution = Execution(ChoiceSource(seed: caseSeed), property)
      index += 1
      if execution.failureKind != nil { throw falsified(execution, .seed(caseSeed)) }
      statistics.add(execution)
      try requireHealth()
    }
  }

  /// Fails the check for the first sign of ill health that is not suppressed.
  private func requireHealth() throws(PropertyFailure) {
    let (held, start) = (statistics.passed, HealthCheck.headStart)
    try require(
      .casesTooLarge, unless: statistics.overruns * 10 > held + start * 10,
      "\(statistics.overruns) cases drew too much while \(held) held")
    try require(
      .tooManyDiscards,
      unless: statistics.discarded > (held + start) * HealthCheck.maximumDiscardsPerCase,
      "\(statistics.discarded) cases did not fit while \(held) did")
    try require(
      .tooSlow, unless: statistics.choices > (held + start) * HealthCheck.maximumMeanChoices,
      "\(held) cases that held took \(statistics.choices) choices")
    try require(
      .alwaysTheSame, unless: held == HealthCheck.casesBeforeSameness && statistics.distinct == 1,
      "\(held) cases were all the same")
  }

  private func require(
    _ check: HealthCheck, unless isIll: Bool, _ text: @autoclosure () -> String
  ) throws(PropertyFailure) {
    guard isIll, !isSuppressed(check) else { return }
    throw failure(.unhealthy(check), check.text(text()))
  }

  func isSuppressed(_ check: HealthCheck) -> Bool {
    options.suppressed.contains(check) || settings.suppressed.contains(check)
  }

  private func requireCoverage(_ required: [RequiredLabel]) throws(PropertyFailure) {
    let passed = statistics.passed
    for label in required {
      let count = statistics.labels.first { $0.name == label.name }?.count ?? 0
      let isCovered = count > 0 && Double(count) >= label.share * Double(passed)
      guard isCovered || isBroken("harness-ignores-coverage") else {
        throw failure(
          .uncovered(label: label.name), "\(count) of \(passed) cases were \"\(label.name)\"")
      }
    }
  }

  func failure(_ reason: PropertyFailure.Reason, _ message: String) -> PropertyFailure {
    PropertyFailure(
      name: name, reason: reason, seed: seed, passed: statistics.passed, message: message)
  }
}
