public import EphemeralRuntime
import Synchronization

/// A reactor without an operating system: virtual time, streams in memory, work done in place.
///
/// Everything that happens is an entry of one timer queue, so a run is a function of its seed and
/// of the faults that its ``network`` is told to make. A day of virtual time costs nothing.
public final class SimulatedReactor: Reactor {
  private var timers = TimerQueue()
  private var random: UInt64
  private let unixStart: UInt64
  private var nextPort: UInt16 = 40_000
  private var listeners: [Address: SimulatedListener] = [:]

  /// Virtual time since the start of the simulation.
  public private(set) var nowNanoseconds: UInt64 = 0 {
    didSet { shared.nanoseconds.store(nowNanoseconds, ordering: .relaxed) }
  }
  private let shared = SharedTime()
  /// How long a piece of work takes, in virtual nanoseconds.
  public var workNanoseconds: UInt64 = 1_000_000
  /// What carries the bytes, and what it does to them.
  public let network = SimulatedNetwork()

  /// - Parameters:
  ///   - seed: where ``entropy(count:)`` and the network's delays come from.
  ///   - unixSeconds: the wall clock at the start.
  public init(seed: UInt64, unixSeconds: UInt64) {
    random = seed
    unixStart = unixSeconds
  }

  /// Virtual time, for work that is done in place.
  public var clock: @Sendable () -> UInt64 {
    { [shared] in shared.nanoseconds.load(ordering: .relaxed) }
  }

  /// Wall-clock time: the start plus the virtual seconds since.
  public var unixSeconds: UInt64 { unixStart &+ nowNanoseconds / 1_000_000_000 }

  /// The next number of the simulation's generator (SplitMix64).
  public func nextRandom() -> UInt64 {
    random &+= 0x9e37_79b9_7f4a_7c15
    var mixed = random
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Bytes that follow from the seed.
  public func entropy(count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: nextRandom() >> 32) }
  }

  /// Runs `action` once, at the deadline.
  public func schedule(
    atNanoseconds deadlineNanoseconds: UInt64, _ action: @escaping () -> Void
  ) -> TimerToken {
    timers.add(deadline: max(deadlineNanoseconds, nowNanoseconds), action)
  }

  /// Forgets a timer.
  public func cancel(_ timer: TimerToken) { timers.cancel(timer) }

  /// Does the work at once and completes it ``workNanoseconds`` later.
  public func perform<Outcome: Sendable>(
    on lane: WorkerLane, _ work: @escaping @Sendable () -> Outcome,
    then completion: @escaping (Outcome) -> Void
  ) {
    _ = schedule(afterNanoseconds: workNanoseconds) { completion(work()) }
  }

  /// Takes connections; port 0 gets a free one.
  public func listen(
    at address: Address, accepted: @escaping (any ByteStream) -> Void
  ) throws(ReactorError) -> any StreamListener {
    var address = address
    if case .tcp(let host, 0) = address {
      address = .tcp(host, port: nextPort)
      nextPort &+= 1
    }
    guard listeners[address] == nil else { throw .addressInUse }
    let listener = SimulatedListener(reactor: self, address: address, accepted: accepted)
    listeners[address] = listener
    return listener
  }

  func forget(_ address: Address) { listeners[address] = nil }

  /// Begins a connection to one of this simulation's listeners.
  public func connect(to address: Address) throws(ReactorError) -> any ByteStream {
    let near = SimulatedStream(reactor: self)
    _ = schedule(afterNanoseconds: network.latencyNanoseconds) { [self] in
      guard let listener = listeners[address] else { return near.finish(.unreachable) }
      let far = SimulatedStream(reactor: self)
      near.join(far, to: address, link: network.openLink(to: address))
      listener.take(far)
      near.open()
    }
    return near
  }

  /// Advances from event to event until `condition` is false or nothing is left to happen.
  @discardableResult
  public func run(while condition: () -> Bool) -> Bool {
    while condition() {
      guard let deadline = timers.nextDeadline else { return false }
      nowNanoseconds = max(nowNanoseconds, deadline)
      if let action = timers.popDue(now: nowNanoseconds) { action() }
    }
    return true
  }

  /// Lets all events up to `nanoseconds` from now happen.
  public func run(forNanoseconds nanoseconds: UInt64) {
    let end = nowNanoseconds &+ nanoseconds
    while let deadline = timers.nextDeadline, deadline <= end {
      nowNanoseconds = max(nowNanoseconds, deadline)
      if let action = timers.popDue(now: nowNanoseconds) { action() }
    }
    nowNanoseconds = max(nowNanoseconds, end)
  }
}

/// A listener of a simulation.
final class SimulatedListener: StreamListener {
  let address: Address
  private let reactor: SimulatedReactor
  private let accepted: (any ByteStream) -> Void
  private var waiting: [SimulatedStream] = []
  private var isPaused = false
  private var isClosed = false

  init(
    reactor: SimulatedReactor, address: Address, accepted: @escaping (any ByteStream) -> Void
  ) {
    self.reactor = reactor
    self.address = address
    self.accepted = accepted
  }

  func take(_ stream: SimulatedStream) {
    if isPaused { waiting.append(stream) } else { accepted(stream) }
  }

  func pauseAccepting() { isPaused = true }

  func resumeAccepting() {
    isPaused = false
    let streams = waiting
    waiting = []
    for stream in streams { take(stream) }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    reactor.forget(address)
    for stream in waiting { stream.abort() }
    waiting = []
  }
}

/// A copy of the virtual time that may leave the simulation's thread.
private final class SharedTime: Sendable {
  let nanoseconds = Atomic<UInt64>(0)
}
