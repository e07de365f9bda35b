import CLinux
import EphemeralCrypto
import Glibc

/// Something with a descriptor that the loop watches.
protocol EventSource: AnyObject {
  /// Handles the `EPOLL…` bits that became true.
  func ready(_ events: UInt32)
}

/// The reactor over epoll: sockets, monotonic clock, worker threads; all handlers run on the
/// thread that calls ``run(while:)``.
public final class EventLoop: Reactor {
  private var epoll: Epoll
  private let completions: CompletionQueue
  private let lanes: [WorkerPool]
  private var sources: [UInt64: any EventSource] = [:]
  private var nextSource: UInt64 = 1
  private var timers = TimerQueue()
  private var waiting: [UInt64: () -> Void] = [:]
  private var nextJob: UInt64 = 0
  private var deferred: [() -> Void] = []
  /// Where all streams of this loop read, one after the other.
  var readBuffer = [UInt8](repeating: 0, count: StreamLimits.socketReadSize)

  /// How long a unix stream's handshake may take, in nanoseconds; set shorter by tests.
  var handshakeNanoseconds = StreamLimits.handshakeNanoseconds

  /// - Parameter computeThreads: how many inferences or assemblies run at once.
  public init(computeThreads: Int, blockingThreads: Int = 2) throws(ReactorError) {
    guard let epoll = Epoll(), let completions = CompletionQueue(),
      epoll.add(completions.descriptor, number: 0, events: EPOLLIN.rawValue)
    else { throw .outOfResources }
    self.epoll = epoll
    self.completions = completions
    var lanes: [WorkerPool] = []
    for lane in WorkerLane.allCases {
      let count = lane == .compute ? computeThreads : blockingThreads
      lanes.append(try WorkerPool(threadCount: count))
    }
    self.lanes = lanes
  }

  /// The number of processors that this process may use.
  public static var processorCount: Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }

  // MARK: Time

  /// Monotonic time.
  public var nowNanoseconds: UInt64 { EventLoop.clock(CLOCK_MONOTONIC) }

  /// Monotonic time, for any thread.
  public var clock: @Sendable () -> UInt64 { { EventLoop.clock(CLOCK_MONOTONIC) } }

  /// Wall-clock time.
  public var unixSeconds: UInt64 { EventLoop.clock(CLOCK_REALTIME) / 1_000_000_000 }

  private static func clock(_ identifier: clockid_t) -> UInt64 {
    var time = timespec()
    // SAFETY: the call fills the local.
    guard unsafe clock_gettime(identifier, &time) == 0 else { return 0 }
    return UInt64(max(time.tv_sec, 0)) &* 1_000_000_000 &+ UInt64(max(time.tv_nsec, 0))
  }

  /// Bytes from libcrypto's generator, into which an enclave has mixed its device's.
  public func entropy(count: Int) -> [UInt8] {
    guard let bytes = try? Entropy.bytes(count: count) else {
      // Keys without randomness would be worse than no service.
      preconditionFailure("the generator gives no random bytes")
    }
    return bytes
  }

  // MARK: Timers and work

  /// Runs `action` once, at the deadline or soon after.
  public func schedule(
    atNanoseconds deadlineNanoseconds: UInt64, _ action: @escaping () -> Void
  ) -> TimerToken {
    timers.add(deadline: deadlineNanoseconds, action)
  }

  /// Forgets a timer.
  public func cancel(_ timer: TimerToken) { timers.cancel(timer) }

  /// Does `work` on a thread of the lane, then calls `completion` here.
  public func perform<Outcome: Sendable>(
    on lane: WorkerLane, _ work: @escaping @Sendable () -> Outcome,
    then completion: @escaping (Outcome) -> Void
  ) {
    let number = nextJob
    nextJob &+= 1
    let box = OutcomeBox<Outcome>()
    waiting[number] = {
      if let outcome = box.take() { completion(outcome) }
    }
    let completions = completions
    lanes[lane.rawValue].submit {
      box.put(work())
      completions.post(number)
    }
  }

  /// Runs `action` after the current handler has returned.
  func later(_ action: @escaping () -> Void) { deferred.append(action) }

  // MARK: Sources

  /// Begins to watch a descriptor; the loop keeps `source` until ``remove(_:descriptor:)``.
  func add(
    _ source: any EventSource, descriptor: Int32, events: UInt32
  ) throws(ReactorError) -> UInt64 {
    let number = nextSource
    nextSource += 1
    guard epoll.add(descriptor, number: number, events: events) else { throw .outOfResources }
    sources[number] = source
    return number
  }

  /// Changes what a descriptor is watched for.
  func watch(_ number: UInt64, descriptor: Int32, events: UInt32) {
    epoll.change(descriptor, number: number, events: events)
  }

  /// Stops watching; called before the descriptor is closed.
  func remove(_ number: UInt64, descriptor: Int32) {
    epoll.remove(descriptor)
    sources[number] = nil
  }

  // MARK: Running

  /// Handles events until `condition` is false.
  @discardableResult
  public func run(while condition: () -> Bool) -> Bool {
    runDeferred()
    while condition() {
      wait()
      runTimers()
      runDeferred()
    }
    return true
  }

  private func wait() {
    var timeout: Int32 = -1
    if let deadline = timers.nextDeadline {
      let now = nowNanoseconds
      let left = deadline > now ? deadline - now : 0
      // Rounded up, so that the timer is due when the call returns.
      timeout = Int32(clamping: left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1))
    }
    for (number, bits) in epoll.wait(timeoutMilliseconds: timeout) {
      if number == 0 {
        for job in completions.takeAll() { waiting.removeValue(forKey: job)?() }
      } else {
        // A source that an earlier event of this batch removed is no longer here.
        sources[number]?.ready(bits)
      }
    }
  }

  private func runTimers() {
    let now = nowNanoseconds
    while let action = timers.popDue(now: now) { action() }
  }

  private func runDeferred() {
    while !deferred.isEmpty {
      let batch = deferred
      deferred = []
      for action in batch { action() }
    }
  }

  // MARK: Streams

  /// Takes connections.
  public func listen(
    at address: Address, accepted: @escaping (any ByteStream) -> Void
  ) throws(ReactorError) -> any StreamListener {
    try SocketListener(loop: self, address: address, accepted: accepted)
  }

  /// Begins a connection; `vsock://any` and port 0 are `addressUnavailable`.
  public func connect(to address: Address) throws(ReactorError) -> any ByteStream {
    guard let place = try? address.forConnecting() else { throw .addressUnavailable }
    return try SocketStream(loop: self, connectingTo: place)
  }
}
