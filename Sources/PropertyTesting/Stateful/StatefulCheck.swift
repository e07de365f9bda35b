/// Checks a system against a model over many random runs of commands.
///
/// ```swift
/// try checkStateful(name: "the queue is a queue", model: QueueModel(capacity: 4))
/// ```
///
/// - Parameters:
///   - name: the property, unique in its test target.
///   - model: the model, which also makes the system.
///   - commands: how many commands to draw for each run.
/// - Returns: what the check has seen, with a label for each kind of command carried out.
@discardableResult
public func checkStateful<Model: StatefulModel>(
  name: String, model: Model, commands: ClosedRange<Int> = 0...50, cases: Int = 200,
  seed: UInt64? = nil, replaying tokens: [String] = [], covering required: [RequiredLabel] = [],
  options: CheckOptions = CheckOptions()
) throws(PropertyFailure) -> CheckReport {
  try check(
    name: name, cases: cases, seed: seed, replaying: tokens, covering: required, options: options
  ) { testCase in
    try testCase.run(model, commands: commands)
  }
}

/// Checks that from any state that random commands lead to, the honest path comes to its end.
///
/// - Parameters:
///   - name: the property, unique in its test target.
///   - model: the model with its honest path.
///   - prefix: how many random commands come first.
///   - steps: how many honest commands may follow.
@discardableResult
public func checkHonestPathEnds<Model: HonestModel>(
  name: String, model: Model, after prefix: ClosedRange<Int> = 0...50, within steps: Int = 200,
  cases: Int = 200, seed: UInt64? = nil, replaying tokens: [String] = [],
  covering required: [RequiredLabel] = [], options: CheckOptions = CheckOptions()
) throws(PropertyFailure) -> CheckReport {
  try check(
    name: name, cases: cases, seed: seed, replaying: tokens, covering: required, options: options
  ) { testCase in
    try testCase.runToHonestEnd(model, after: prefix, within: steps)
  }
}

/// Checks that concurrent commands answer as if they had run one after the other.
///
/// - Parameters:
///   - name: the property, unique in its test target.
///   - model: the steps of each command, and what the command does as a whole.
///   - workers: how many workers run at once.
///   - commands: how many commands each of them runs.
@discardableResult
public func checkConcurrent<Model: ConcurrentModel>(
  name: String, model: Model, workers: Int = 2, commands: ClosedRange<Int> = 0...3,
  cases: Int = 500, seed: UInt64? = nil, replaying tokens: [String] = [],
  covering required: [RequiredLabel] = [], options: CheckOptions = CheckOptions()
) throws(PropertyFailure) -> CheckReport {
  try check(
    name: name, cases: cases, seed: seed, replaying: tokens, covering: required, options: options
  ) { testCase in
    try testCase.runConcurrently(model, workers: workers, commands: commands)
  }
}
