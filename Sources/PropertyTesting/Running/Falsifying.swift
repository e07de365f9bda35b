/// From the first failing case to its report.
extension Runner {
  /// Shrinks a failing case, explains it, keeps it, and runs it once more for its report.
  ///
  /// - Parameter steps: the way that an earlier shrinking took, or nil to look for one.
  func falsified(
    _ first: Execution, _ origin: Origin, following steps: [Int]? = nil
  ) -> PropertyFailure {
    let runs =
      statistics.passed + statistics.discarded + statistics.overruns + statistics.targeted + 1
    if let failure = flaky(first) { return failure }
    var shrinker = Shrinker(first, following: steps ?? []) {
      Execution(ChoiceSource(replaying: $0), property)
    }
    if options.phases.contains(.shrink) { shrinker.shrink() }
    let choices = shrinker.best.choices
    let last = Execution(ChoiceSource(replaying: choices), isReporting: true, property)
    guard case .failed(_, let message) = last.outcome else {
      return failure(
        .unhealthy(.notDeterministic),
        HealthCheck.notDeterministic.text("the shrunk case held when it ran again"))
    }
    var failure = failure(.falsified, message)
    failure.draws = last.lines
    failure.token = ReplayToken.text(of: choices)
    failure.shrinkRuns = shrinker.runs
    failure.runsUntilFound = runs
    if case .seed(let caseSeed) = origin {
      failure.pathToken = ReplayToken.path(ReplayPath(seed: caseSeed, steps: shrinker.path)).text
    }
    if options.phases.contains(.explain) { failure.irrelevantDraws = irrelevant(last) }
    if options.phases.contains(.reuse), let database {
      failure.file = database.save(name, choices)
      if case .kept(let file) = origin, file != failure.file { database.remove(file) }
    }
    return failure
  }

  /// A failure where a failing case does not fail again in the same way.
  private func flaky(_ first: Execution) -> PropertyFailure? {
    guard !isSuppressed(.notDeterministic), !isBroken("harness-trusts-flaky-cases") else {
      return nil
    }
    let again = Execution(ChoiceSource(replaying: first.choices), property)
    guard again.failureKind != first.failureKind else { return nil }
    let words = again.failureKind == nil ? "held" : "failed in another way"
    return failure(
      .unhealthy(.notDeterministic),
      HealthCheck.notDeterministic.text("a case that failed \(words) when it ran again"))
  }

  /// The lines of those draws that fail with nearly any other value in the same way.
  private func irrelevant(_ minimal: Execution) -> [Int] {
    var lines: [Int] = []
    for (index, draw) in minimal.draws.enumerated().prefix(Explaining.maximumDraws) {
      guard let line = draw.line, !draw.choices.isEmpty else { continue }
      var others = 0
      var isIrrelevant = true
      for attempt in 0..<UInt64(Explaining.attempts) where isIrrelevant {
        let variation = TestCase.Variation(
          draw: index, seed: SeededRandom.mix(UInt64(index), attempt), choices: minimal.choices,
          resumption: draw.choices.upperBound)
        let varied = Execution(
          ChoiceSource(replaying: minimal.choices), varying: variation, property)
        if varied.outcome == .discarded || varied.choices == minimal.choices { continue }
        others += 1
        isIrrelevant = varied.failureKind == minimal.failureKind
      }
      if isIrrelevant, others >= Explaining.leastOthers { lines.append(line) }
    }
    return lines
  }
}

/// Bounds of the explanation.
enum Explaining {
  /// Draws that are looked at.
  static let maximumDraws = 100
  /// Other values tried for each.
  static let attempts = 20
  /// Other values that must have been tried for a word on them.
  static let leastOthers = 3
}
