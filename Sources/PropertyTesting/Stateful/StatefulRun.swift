/// A model and a system side by side, with the responses so far.
public struct StatefulRun<Model: StatefulModel> {
  /// The model's state.
  public private(set) var state: Model.State
  /// The real thing.
  public var system: Model.System
  /// What it has answered.
  public private(set) var responses = Responses<Model.Response>()
  private let model: Model

  /// Both at the start.
  init(_ model: Model, _ testCase: inout TestCase) throws {
    self.model = model
    state = model.initialState
    system = try model.makeSystem()
    try checkInvariants(&testCase)
  }

  /// Runs one command on both and compares; the report's last line is the command's own.
  mutating func perform(_ command: Model.Command, _ testCase: inout TestCase) throws {
    switch model.precondition(of: command, in: state) {
    case .holds: try carryOut(command, &testCase)
    case .mustRefuse: try expectRefusal(command, &testCase)
    case .avoid:
      guard isBroken("harness-forgets-preconditions") else { return }
      try carryOut(command, &testCase)
    }
    try checkInvariants(&testCase)
  }

  private mutating func carryOut(_ command: Model.Command, _ testCase: inout TestCase) throws {
    testCase.label(model.kind(of: command))
    do {
      let response = try model.run(command, on: &system, responses: responses)
      testCase.extendNote(Self.text(of: response))
      try model.checkResponse(response, to: command, in: state, responses: responses)
      responses.append(response)
    } catch {
      testCase.note("model before: \(state)")
      throw error
    }
    state = model.state(
      after: command, in: state, answer: Reference(step: responses.count))
  }

  private mutating func expectRefusal(
    _ command: Model.Command, _ testCase: inout TestCase
  ) throws {
    testCase.label("refused " + model.kind(of: command))
    do {
      let response = try model.run(command, on: &system, responses: responses)
      testCase.extendNote(Self.text(of: response))
    } catch {
      guard model.isRefusal(error, of: command, in: state) else { throw error }
      testCase.extendNote(" refused: \(error)")
      responses.append(nil)
      return
    }
    testCase.note("model before: \(state)")
    if isBroken("harness-takes-what-must-be-refused") { return }
    let kind = model.kind(of: command)
    throw Violation(message: "\(kind) had to be refused and was carried out", distinction: kind)
  }

  private mutating func checkInvariants(_ testCase: inout TestCase) throws {
    do {
      try model.checkInvariants(state, &system)
    } catch {
      testCase.note("model: \(state)")
      throw error
    }
  }

  private static func text(of response: Model.Response) -> String {
    response is Void ? "" : " → \(response)"
  }
}

/// Bounds of stateful runs.
enum StatefulBounds {
  /// Commands drawn in search of one that the precondition takes.
  static let attempts = 10
  /// About how long runs are; picked afresh for each.
  static let lengths: [UInt64] = [4, 10, 20, 50, 1000]
}

extension TestCase {
  /// Runs drawn commands on a model and a fresh system, and compares after each.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - count: how many commands to draw; those that do not fit are left out.
  /// - Returns: the run as it stands after the last command.
  @discardableResult
  public mutating func run<Model: StatefulModel>(
    _ model: Model, commands count: ClosedRange<Int> = 0...50
  ) throws -> StatefulRun<Model> {
    precondition(count.lowerBound >= 0)
    var run = try StatefulRun(model, &self)
    var odds: UInt64?
    var drawn = 0
    while true {
      // The span ends before the command runs: leaving it out leaves out the step.
      let span = openSpan(label: SpanLabel.step)
      guard
        try goesOn(after: drawn, of: count, odds: &odds, lengths: StatefulBounds.lengths)
      else {
        closeSpan(span)
        return run
      }
      let number = run.responses.count + 1
      let command = try drawUnit(Self.command(of: model, in: run.state)) { command, _ in
        command.map { "\(number). \($0)" }
      }
      closeSpan(span)
      drawn += 1
      if let command { try run.perform(command, &self) }
    }
  }

  /// Runs drawn commands, then the model's honest path, which must end within `steps` commands.
  ///
  /// Whatever happened before, somebody who from now on does everything right must come to the end.
  @discardableResult
  public mutating func runToHonestEnd<Model: HonestModel>(
    _ model: Model, after count: ClosedRange<Int> = 0...50, within steps: Int = 200
  ) throws -> StatefulRun<Model> {
    var run = try run(model, commands: count)
    note("from here on honestly:")
    for _ in 0...steps {
      guard let command = model.honestCommand(in: run.state) else { return run }
      note("\(run.responses.count + 1). \(command)")
      guard model.precondition(of: command, in: run.state) == .holds else {
        note("model: \(run.state)")
        throw Violation(
          message: "the honest path is stuck: \(command) does not fit",
          distinction: "stuck")
      }
      try run.perform(command, &self)
    }
    note("model: \(run.state)")
    throw Violation(
      message: "the honest path does not end within \(steps) commands", distinction: "endless")
  }

  /// A command that fits, or nil after some tries without one.
  private static func command<Model: StatefulModel>(
    of model: Model, in state: Model.State
  ) -> Generator<Model.Command?> {
    let commands = model.commands(in: state)
    return Generator { (source) throws(DrawError) in
      for _ in 0..<StatefulBounds.attempts {
        let command = try source.span(label: SpanLabel.attempt) { (source) throws(DrawError) in
          try commands.generate(&source)
        }
        if model.precondition(of: command, in: state) != .avoid
          || isBroken("harness-forgets-preconditions")
        {
          return command
        }
      }
      return nil
    }
  }
}
