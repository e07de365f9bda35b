/// How one run of a property ended.
enum Outcome: Equatable {
  case passed
  case discarded
  /// `kind` tells one bug from another: the place of the requirement, or the type of the error.
  case failed(kind: String, message: String)
}

/// One run of a property with what it chose.
struct Execution {
  let outcome: Outcome
  let choices: [Choice]
  let spans: [ChoiceSpan]
  let labels: [String]
  let draws: [String]

  /// Runs a property once.
  init(
    _ source: ChoiceSource, isReporting: Bool = false,
    _ property: (inout TestCase) throws -> Void
  ) {
    var testCase = TestCase(source: source, isReporting: isReporting)
    var outcome = Outcome.passed
    do {
      try property(&testCase)
    } catch is DrawError {
      // Neither a misfit nor a case too long to draw says anything about the property.
      outcome = .discarded
    } catch let violation as Violation {
      outcome = .failed(
        kind: "\(violation.fileID):\(violation.line)", message: violation.description)
    } catch {
      outcome = .failed(
        kind: String(reflecting: type(of: error)),
        message: "threw \(String(reflecting: error))")
    }
    self.outcome = outcome
    choices = testCase.choices
    spans = testCase.spans
    labels = testCase.labels
    draws = testCase.draws
  }

  /// The kind of failure, or nil.
  var failureKind: String? {
    if case .failed(let kind, _) = outcome { return kind }
    return nil
  }
}
