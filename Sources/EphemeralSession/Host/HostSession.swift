import FaultPoints

/// The last transition of a host session, for traces and tests.
public struct HostTransition: Equatable, Hashable, Sendable {
  /// The row of the table that was taken.
  public let row: HostRow
}

/// The host's machine: stores blobs, joins one client with one enclave, passes their frames on
/// unchanged and keeps none, and serves weight chunks.
///
/// Pure: events in, actions out, no clock, no input or output. It holds no secret and no key; it
/// needs a codec and no cryptography. The states and transitions are those of
/// `Spec/Tables/host.table`.
public struct HostSession<Codec: SessionCodec>: ~Copyable {
  let configuration: HostConfiguration<Codec>
  var stage: HostStage<Codec.Bytes>
  var timers: Timers
  /// The transition that the last event made; `nil` before the first.
  public internal(set) var last: HostTransition?

  /// A session for one client connection; `time` is when it opened.
  public init(configuration: HostConfiguration<Codec>, at time: SessionTime) {
    self.configuration = configuration
    stage = .idle
    timers = Timers(
      phase: time.adding(seconds: configuration.deadlines.idle),
      life: time.adding(seconds: configuration.maximumSessionSeconds))
    last = nil
  }

  /// Puts a machine together from its parts.
  init(
    configuration: HostConfiguration<Codec>, stage: HostStage<Codec.Bytes>, timers: Timers,
    last: HostTransition?
  ) {
    self.configuration = configuration
    self.stage = stage
    self.timers = timers
    self.last = last
  }

  /// The state's name.
  public var state: HostState { stage.name }

  /// When to feed `deadline`, in monotonic nanoseconds; `nil` once the session has ended.
  public var deadline: UInt64? {
    state.timer == .none ? nil : min(timers.phase, timers.life)
  }

  /// How the session ended; `nil` while it lives.
  public var outcome: SessionOutcome? {
    guard case .ended(let outcome) = stage else { return nil }
    return outcome
  }

  /// Takes one event and gives the actions to run, in order.
  public mutating func handle(
    _ event: HostEvent<Codec.Bytes>, at time: SessionTime
  ) -> [HostAction<Codec.Bytes>] {
    let before = stage.name
    let context = HostContext(configuration: configuration, time: time, timers: timers)
    let current = exchange(&stage, with: .poisoned)
    let input = HostInput(event)
    let step = context.handle(input, current)
    stage = losesState(step.row.identifier) ? .poisoned : step.next
    if rearms(from: before, to: stage.name, by: input) {
      timers.phase = deadline(of: stage.name.timer, from: time)
    }
    last = HostTransition(row: step.row)
    return mutatedEffects(step.actions, of: step.row.identifier)
  }

  /// A phase's deadline starts on entry; each stored piece starts `progress` anew.
  private func rearms(
    from before: HostState, to after: HostState, by input: HostInput<Codec.Bytes>
  ) -> Bool {
    if before.timer != after.timer { return true }
    guard after.timer == .progress else { return false }
    if case .deadline = input { return false }
    return true
  }

  private func deadline(of timer: SessionTimer, from time: SessionTime) -> UInt64 {
    let deadlines = configuration.deadlines
    switch timer {
    case .idle: return time.adding(seconds: deadlines.idle)
    case .progress: return time.adding(seconds: deadlines.storeProgress)
    case .halfOpen: return time.adding(seconds: deadlines.relayHalfOpen)
    case .draining: return time.adding(seconds: deadlines.draining)
    case .life, .none, .evidence, .confirm, .topology, .admission, .assembly, .request,
      .inference, .zeroized:
      return .max
    }
  }
}
