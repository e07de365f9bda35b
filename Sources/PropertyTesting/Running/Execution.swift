/// How one run of a property ended.
enum Outcome: Equatable {
  case passed
  case discarded
  /// The case drew more than a case may.
  case overrun
  /// `kind` tells one bug from another: the place of the requirement, or the type of the error.
  case failed(kind: String, message: String)
}

/// One run of a property with what it chose.
struct Execution {
  let outcome: Outcome
  let choices: [Choice]
  let spans: [ChoiceSpan]
  let labels: [String]
  let lines: [String]
  let draws: [TestCase.Draw]
  let scores: [(label: String, score: Double)]

  /// Runs a property once.
  init(
    _ source: ChoiceSource, isReporting: Bool = false, varying variation: TestCase.Variation? = nil,
    _ property: (inout TestCase) throws -> Void
  ) {
    var testCase = TestCase(source: source, isReporting: isReporting, varying: variation)
    var outcome = Outcome.passed
    do {
      try property(&testCase)
    } catch let error as DrawError {
      // Neither a misfit nor a case too long to draw says anything about the property.
      switch error {
      case .discarded: outcome = .discarded
      case .overrun: outcome = .overrun
      }
    } catch let violation as Violation {
      outcome = .failed(kind: violation.kind, message: violation.description)
    } catch {
      outcome = .failed(
        kind: String(reflecting: type(of: error)),
        message: "threw \(String(reflecting: error))")
    }
    self.outcome = outcome
    choices = testCase.choices
    spans = testCase.spans
    labels = testCase.labels
    lines = testCase.lines
    draws = testCase.draws
    scores = testCase.scores
  }

  /// The kind of failure, or nil.
  var failureKind: String? {
    if case .failed(let kind, _) = outcome { return kind }
    return nil
  }
}
