/// Looks for an order of commands, one after the other, that explains what workers saw.
///
/// The order keeps each command inside its own time: one that ended before another began comes
/// before it. The search is bounded; `undecided` is neither for nor against.
struct Linearising<Model: ConcurrentModel> {
  /// What the search found.
  enum Verdict: Equatable {
    case explained, unexplained, undecided
  }

  private let model: Model
  private let history: [Schedule<Model>.Operation]
  private let system: Model.System
  private var isTaken: [Bool]
  private var remaining = ScheduleBounds.orderAttempts

  init(_ model: Model, _ history: [Schedule<Model>.Operation], _ system: Model.System) {
    self.model = model
    self.history = history
    self.system = system
    isTaken = Array(repeating: false, count: history.count)
  }

  mutating func verdict() -> Verdict {
    if explains(model.initialState, taken: 0) { return .explained }
    return remaining > 0 ? .unexplained : .undecided
  }

  private mutating func explains(_ state: Model.State, taken: Int) -> Bool {
    if taken == history.count { return model.agrees(system, with: state) }
    for index in history.indices where isTaken[index] == false && isNext(index) {
      guard remaining > 0 else { return false }
      remaining -= 1
      var next = state
      guard model.apply(history[index].command, to: &next) == history[index].response else {
        continue
      }
      isTaken[index] = true
      if explains(next, taken: taken + 1) { return true }
      isTaken[index] = false
    }
    return false
  }

  /// Whether no command that is still to be placed ended before this one began.
  private func isNext(_ index: Int) -> Bool {
    !history.indices.contains { other in
      !isTaken[other] && other != index && history[other].end < history[index].begin
    }
  }
}

extension TestCase {
  /// Runs drawn commands of several workers in a drawn order of their steps, and requires that some
  /// order of the whole commands explains every response.
  ///
  /// - Parameters:
  ///   - model: the commands.
  ///   - workers: how many workers run at once, 1 to 16.
  ///   - count: how many commands each of them runs.
  /// - Returns: the commands in the order in which they ended, and the system.
  @discardableResult
  public mutating func runConcurrently<Model: ConcurrentModel>(
    _ model: Model, workers: Int = 2, commands count: ClosedRange<Int> = 0...3
  ) throws -> (
    history: [ConcurrentOperation<Model.Command, Model.Response>], system: Model.System
  ) {
    precondition((1...16).contains(workers))
    var commands: [[Model.Command]] = []
    for worker in 1...workers {
      let generator = Generator<[Model.Command]>.array(of: model.commands, count: count)
      commands.append(
        try drawUnit(generator) { commands, _ in
          "worker \(worker) = [" + commands.map { "\($0)" }.joined(separator: ", ") + "]"
        })
    }
    let switches = try drawUnit(Self.switches(workers: workers)) { switches, _ in
      "context switches: \(switches.count)"
    }
    var system = try model.makeSystem()
    var schedule = Schedule(model, commands, switches)
    label("context switches", if: !switches.isEmpty)
    try schedule.run(on: &system, &self)
    var linearising = Linearising(model, schedule.history, system)
    switch linearising.verdict() {
    case .explained: return (schedule.history, system)
    case .undecided: throw DrawError.discarded
    case .unexplained:
      throw Violation(
        message: "no order of the commands explains what the workers saw",
        distinction: "unexplained")
    }
  }

  private static func switches(workers: Int) -> Generator<[ContextSwitch]> {
    guard workers > 1 else { return .constant([]) }
    let steps = Generator<Int> { (source) throws(DrawError) in
      // Most races need a switch after few steps.
      let maximum = UInt64(ScheduleBounds.stepsBetween - 1)
      return 1 + Int(try source.integer(maximum: maximum) { $0.upTo($0.oneIn(4) ? maximum : 4) })
    }
    let one = Generator<(Int, Int)>.tuple(steps, .integer(in: 0...workers - 2)).map {
      ContextSwitch(steps: $0.0, skipped: $0.1)
    }
    return .array(of: one, count: 0...ScheduleBounds.switches)
  }
}
