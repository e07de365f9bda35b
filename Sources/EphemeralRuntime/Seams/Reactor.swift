/// Which threads a piece of work runs on: slow disks must not hold up inference.
public enum WorkerLane: Int, CaseIterable, Sendable {
  /// Assembly, inference, evidence.
  case compute
  /// Reading, writing and syncing files; the attestation device.
  case blocking
}

/// A timer that has been set and may be cancelled.
public struct TimerToken: Hashable, Sendable {
  let number: UInt64
}

/// Why an address cannot be used.
public enum ReactorError: Error, Equatable, Sendable {
  /// Another process listens there, or a file that is no socket is in its place.
  case addressInUse
  /// The address is not one of this machine, or its family is not supported.
  case addressUnavailable
  /// The operating system does not allow it.
  case notPermitted
  /// No descriptor, thread or memory is left.
  case outOfResources

  /// One line for people.
  public var message: StaticString {
    switch self {
    case .addressInUse: "the port or socket file is in use"
    case .addressUnavailable: "the address is not available on this machine"
    case .notPermitted: "the operating system does not allow it"
    case .outOfResources: "no descriptors, threads or memory left"
    }
  }
}

/// Everything that a driver may ask of the world: time, streams, timers, workers.
///
/// Two implementations stand behind it: ``EventLoop`` (epoll, sockets, threads) and
/// the simulation's (virtual time, in-memory streams, work done in place), so that the very
/// same drivers serve and are tested deterministically. All calls come from one thread.
public protocol Reactor: AnyObject {
  /// Monotonic time.
  var nowNanoseconds: UInt64 { get }

  /// The same for work on other threads.
  var clock: @Sendable () -> UInt64 { get }

  /// Wall-clock time, for certificates and receipts.
  var unixSeconds: UInt64 { get }

  /// `count` unpredictable bytes (reproducible ones in a simulation).
  func entropy(count: Int) -> [UInt8]

  /// Runs `action` once, at `deadlineNanoseconds` or soon after.
  func schedule(
    atNanoseconds deadlineNanoseconds: UInt64, _ action: @escaping () -> Void
  ) -> TimerToken

  /// Forgets a timer; unknown or expired ones are ignored.
  func cancel(_ timer: TimerToken)

  /// Takes connections at `address`; `accepted` gets each one before any of its bytes.
  func listen(
    at address: Address, accepted: @escaping (any ByteStream) -> Void
  ) throws(ReactorError) -> any StreamListener

  /// Begins a connection; its handler hears `streamOpened` or `streamEnded(.unreachable)`, never
  /// before this call has returned.
  func connect(to address: Address) throws(ReactorError) -> any ByteStream

  /// Does `work` on a worker thread and then calls `completion` on the reactor's own.
  func perform<Outcome: Sendable>(
    on lane: WorkerLane, _ work: @escaping @Sendable () -> Outcome,
    then completion: @escaping (Outcome) -> Void)

  /// Handles events until `condition` is false, which is asked after each round.
  ///
  /// - Returns: false if nothing can ever happen again although `condition` still holds (only a
  ///   simulation knows that).
  @discardableResult
  func run(while condition: () -> Bool) -> Bool
}

extension Reactor {
  /// Runs `action` once, `nanoseconds` from now.
  public func schedule(
    afterNanoseconds nanoseconds: UInt64, _ action: @escaping () -> Void
  ) -> TimerToken {
    let (deadline, overflow) = nowNanoseconds.addingReportingOverflow(nanoseconds)
    return schedule(atNanoseconds: overflow ? .max : deadline, action)
  }
}
