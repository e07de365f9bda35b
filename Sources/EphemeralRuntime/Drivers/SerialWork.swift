/// One session's work on a worker lane: in order, one piece at a time.
///
/// A session's model is touched by one thread at a time because of this, and a session cannot
/// occupy more than one worker however much its peer sends.
final class SerialWork {
  private let reactor: any Reactor
  private let lane: WorkerLane
  private var waiting: [() -> Void] = []
  private var isRunning = false

  init(reactor: any Reactor, lane: WorkerLane) {
    self.reactor = reactor
    self.lane = lane
  }

  /// How many pieces have not been completed.
  var backlog: Int { waiting.count + (isRunning ? 1 : 0) }

  /// Does `work` after everything submitted before it, then calls `completion`.
  ///
  /// - Parameter other: a lane for this piece alone.
  func submit<Outcome: Sendable>(
    on other: WorkerLane? = nil, _ work: @escaping @Sendable () -> Outcome,
    then completion: @escaping (Outcome) -> Void
  ) {
    waiting.append { [self] in
      reactor.perform(on: other ?? lane, work) { [self] outcome in
        isRunning = false
        completion(outcome)
        startNext()
      }
    }
    startNext()
  }

  /// Forgets what has not begun; what is under way still completes.
  func dropWaiting() { waiting = [] }

  private func startNext() {
    guard !isRunning, !waiting.isEmpty else { return }
    isRunning = true
    waiting.removeFirst()()
  }
}

/// Sorts events into a machine one after the other, also those that arise while its actions run.
struct EventInbox<Event> {
  private var waiting: [Event] = []
  private var isHandling = false

  /// Adds an event and, unless one is being handled, handles all there are.
  mutating func begin(_ event: Event) -> Bool {
    waiting.append(event)
    if isHandling { return false }
    isHandling = true
    return true
  }

  /// The next event, or nil when all are handled.
  mutating func next() -> Event? {
    if waiting.isEmpty {
      isHandling = false
      return nil
    }
    return waiting.removeFirst()
  }
}
