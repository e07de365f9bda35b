/// One change of the running worker before its command is done.
struct ContextSwitch: Equatable, Sendable {
  /// Steps since the last such change, 1 at least: who begins is the first that has something to do.
  let steps: Int
  /// How many workers that could run are passed over.
  let skipped: Int
}

/// Bounds of concurrent runs.
enum ScheduleBounds {
  /// Context switches in one run.
  static let switches = 24
  /// Steps between two context switches.
  static let stepsBetween = 40
  /// Steps of all workers together.
  static let steps = 10_000
  /// Commands tried at a place in an order, in search of one that explains all responses.
  static let orderAttempts = 200_000
}

/// Workers that take turns by a list of context switches.
///
/// A worker runs on until a switch is due, until it is done, or until it waits. So the fewest
/// context switches are the shortest list, which is what shrinking goes for.
struct Schedule<Model: ConcurrentModel> {
  typealias Operation = ConcurrentOperation<Model.Command, Model.Response>

  private struct Worker {
    let commands: [Model.Command]
    var next = 0
    var local: Model.Local?
    var began = 0
    var waits = false

    var isDone: Bool { next == commands.count }
  }

  private let model: Model
  private var workers: [Worker]
  private var switches: ArraySlice<ContextSwitch>
  private var current = 0
  private var sinceSwitch = 0
  private var steps = 0
  /// Commands that are done, in the order in which they ended.
  private(set) var history: [Operation] = []

  init(_ model: Model, _ commands: [[Model.Command]], _ switches: [ContextSwitch]) {
    self.model = model
    workers = commands.map { Worker(commands: $0) }
    self.switches = switches[...]
  }

  /// Runs all workers to their ends.
  mutating func run(on system: inout Model.System, _ testCase: inout TestCase) throws {
    while try choose(&testCase) {
      guard steps < ScheduleBounds.steps else {
        throw Violation(
          message: "the workers do not end within \(ScheduleBounds.steps) steps",
          distinction: "endless")
      }
      try step(on: &system, &testCase)
    }
  }

  /// Picks who runs next; false where all are done.
  private mutating func choose(_ testCase: inout TestCase) throws -> Bool {
    guard workers.contains(where: { !$0.isDone }) else { return false }
    if let due = switches.first, sinceSwitch >= due.steps {
      switches.removeFirst()
      sinceSwitch = 0
      let others = after(current).filter { isReady($0) }
      if !others.isEmpty { current = others[min(due.skipped, others.count - 1)] }
    }
    if isReady(current) { return true }
    guard let next = after(current).first(where: { isReady($0) }) else {
      testCase.note("every worker that is not done waits")
      throw Violation(message: "the workers wait for each other", distinction: "deadlock")
    }
    current = next
    return true
  }

  private mutating func step(on system: inout Model.System, _ testCase: inout TestCase) throws {
    let command = workers[current].commands[workers[current].next]
    var local: Model.Local
    if let kept = workers[current].local {
      local = kept
    } else {
      local = model.begin(command)
      workers[current].began = steps
    }
    testCase.note("worker \(current + 1): \(command)")
    let end = try model.step(command, &local, on: &system, worker: current)
    switch end {
    case .waits:
      testCase.extendNote(" waits")
      workers[current].waits = true
      workers[current].local = local
      return
    case .goesOn:
      workers[current].local = local
    case .done(let response):
      testCase.extendNote(" → \(response)")
      history.append(
        Operation(
          worker: current, command: command, response: response, begin: workers[current].began,
          end: steps))
      workers[current].local = nil
      workers[current].next += 1
    }
    steps += 1
    sinceSwitch += 1
    // Something has changed: who waited may try again.
    for index in workers.indices { workers[index].waits = false }
  }

  private func isReady(_ index: Int) -> Bool { !workers[index].isDone && !workers[index].waits }

  /// The other workers in turn.
  private func after(_ index: Int) -> [Int] {
    (1..<max(workers.count, 1)).map { (index + $0) % workers.count }
  }
}
