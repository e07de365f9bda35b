import Synchronization

/// One session's work on a worker lane: in order, one piece at a time.
///
/// A session's model is touched by one thread at a time because of this, and a session cannot
/// occupy more than one worker however much its peer sends.
final class SerialWork {
  private let reactor: any Reactor
  private let lane: WorkerLane
  private var waiting: [() -> Void] = []
  private var isRunning = false
  /// Takes back what was handed to the lane; false if a thread has begun it.
  private var takeBack: (() -> Bool)?

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
      let piece = Piece(work)
      takeBack = { piece.take() != nil }
      reactor.perform(on: other ?? lane) {
        piece.take()?()
      } then: { [self] outcome in
        guard let outcome else { return }  // taken back before it began
        takeBack = nil
        isRunning = false
        completion(outcome)
        startNext()
      }
    }
    startNext()
  }

  /// Forgets what no thread has begun, with all it holds; what is under way still completes.
  func dropWaiting() {
    waiting = []
    guard let takeBack, takeBack() else { return }
    self.takeBack = nil
    isRunning = false
  }

  private func startNext() {
    guard !isRunning, !waiting.isEmpty else { return }
    isRunning = true
    waiting.removeFirst()()
  }
}

/// Work that is either done by a thread or taken back, whichever comes first.
private final class Piece<Outcome: Sendable>: Sendable {
  private let work: Mutex<(@Sendable () -> Outcome)?>

  init(_ work: @escaping @Sendable () -> Outcome) { self.work = Mutex(work) }

  func take() -> (@Sendable () -> Outcome)? {
    work.withLock { work in
      defer { work = nil }
      return work
    }
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
