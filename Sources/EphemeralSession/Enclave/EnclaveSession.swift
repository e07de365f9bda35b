import EphemeralWire
import FaultPoints

/// The last transition of an enclave session, for traces and tests; holds no secret.
public struct EnclaveTransition<Crypto: SessionCryptography> {
  /// The row of the table that was taken.
  public let row: EnclaveRow
  /// What the machine asserts by it.
  public let claims: [SessionClaim<Crypto>]
  /// The secrets that it destroyed.
  public let wiped: SecretSlots
}

/// The enclave's machine: attests itself, receives the topology, has the model assembled, answers
/// requests, has everything wiped.
///
/// Pure: events in, actions out, no clock, no randomness, no input or output. The driver feeds
/// `handle` and runs the actions afterwards in their order. The states and transitions are those
/// of `Spec/Tables/enclave.table`.
public struct EnclaveSession<Crypto: SessionCryptography>: ~Copyable {
  let configuration: EnclaveConfiguration<Crypto>
  var stage: EnclaveStage<Crypto>
  var timers: Timers
  /// Records opened so far: the next expected sequence number.
  var received: UInt64 = 0
  /// The transition that the last event made; `nil` before the first.
  public internal(set) var last: EnclaveTransition<Crypto>?

  /// A session for one connection; `time` is when it opened.
  public init(
    configuration: EnclaveConfiguration<Crypto>, secrets: EnclaveSecrets<Crypto>,
    at time: SessionTime
  ) {
    self.configuration = configuration
    stage = .listening(
      EnclaveListening(
        sessionID: secrets.sessionID, keySeed: Secret(secrets.keySeed),
        receiptSeed: Secret(secrets.receiptSeed)))
    timers = Timers(
      phase: time.adding(seconds: configuration.deadlines.halfOpen),
      life: time.adding(seconds: configuration.limits.maxSessionSeconds))
    last = nil
  }

  /// Puts a machine together from its parts.
  init(
    configuration: EnclaveConfiguration<Crypto>, stage: consuming EnclaveStage<Crypto>,
    timers: Timers, received: UInt64, last: EnclaveTransition<Crypto>?
  ) {
    self.configuration = configuration
    self.stage = stage
    self.timers = timers
    self.received = received
    self.last = last
  }

  /// The secrets that the state holds.
  package var held: SecretSlots { stage.held }

  /// The state's name.
  public var state: EnclaveState { stage.name }

  /// When to feed `deadline`, in monotonic nanoseconds; `nil` while nothing is awaited of a peer.
  public var deadline: UInt64? {
    state.timer == .none ? nil : min(timers.phase, timers.life)
  }

  /// How the session ended; `nil` while it lives.
  public var outcome: SessionOutcome? {
    switch stage {
    case .ended(let outcome): outcome
    default: nil
    }
  }

  /// Takes one event and gives the actions to run, in order.
  public mutating func handle(
    _ event: EnclaveEvent<Crypto>, at time: SessionTime
  ) -> [EnclaveAction<Crypto>] {
    switch event {
    case .frame(let frame):
      return receive(frame, at: time)
    case .inferred(let response, let statistics):
      return dispatch(.inferred(statistics), Arrival(response), at: time)
    case .broken(let code): return dispatch(.broken(code), Arrival(), at: time)
    case .evidenceReady(let document):
      return dispatch(.evidenceReady(document: document), Arrival(), at: time)
    case .topologyAdmitted(let admission):
      return dispatch(.topologyAdmitted(admission), Arrival(), at: time)
    case .chunkOpened(let index): return dispatch(.chunkOpened(index), Arrival(), at: time)
    case .assembled(let fields): return dispatch(.assembled(fields), Arrival(), at: time)
    case .failed(let code): return dispatch(.failed(code), Arrival(), at: time)
    case .wiped(let tally): return dispatch(.wiped(tally), Arrival(), at: time)
    case .deadline: return dispatch(.deadline, Arrival(), at: time)
    case .peerClosed: return dispatch(.peerClosed, Arrival(), at: time)
    case .cancel: return dispatch(.cancel, Arrival(), at: time)
    }
  }

  /// Opens a Sealed frame where the state has a key, and classifies.
  private mutating func receive(
    _ frame: IncomingFrame<Crypto.Bytes>, at time: SessionTime
  ) -> [EnclaveAction<Crypto>] {
    guard frame.type == .sealed, let opener = stage.opener(sequence: received) else {
      return dispatch(EnclaveInput(cleartext: frame), Arrival(), at: time)
    }
    switch opener.open(frame.payload, by: configuration.crypto) {
    case .unreadable: return dispatch(.unreadable, Arrival(), at: time)
    case .fault: return dispatch(.fault, Arrival(), at: time)
    case .record(let type, let piece, let content):
      if !planted("enclave-first-record-uncounted") || received > 0 { received += 1 }
      return dispatch(classify(type, piece, content), Arrival(content), at: time)
    }
  }

  private func classify(
    _ type: InnerType, _ piece: Piece, _ content: Crypto.Material
  ) -> EnclaveInput<Crypto> {
    switch type {
    case .topologyDeliver: .topologyDeliver(piece)
    case .inferRequest: .inferRequest(piece)
    case .close: configuration.crypto.isClose(content) ? .close : .unreadable
    case .abort: .sealedAbort(configuration.crypto.readAbort(content))
    case .keyConfirm, .assembled, .inferResult, .zeroized: .otherRecord
    }
  }

  /// Runs one transition: the old state is out of the machine before anything is decided.
  package mutating func dispatch(
    _ input: EnclaveInput<Crypto>, _ arriving: consuming Arrival<Crypto>, at time: SessionTime
  ) -> [EnclaveAction<Crypto>] {
    var arrival = arriving
    let before = stage.name
    let held = stage.held
    let context = EnclaveContext(configuration: configuration, time: time, timers: timers)
    let current = exchange(&stage, with: .poisoned)
    let step = current.handle(input, &arrival, context)
    let row = step.row
    let actions = mutatedEffects(step.actions, of: row.identifier)
    let claims = mutatedClaims(step.claims, of: row.identifier)
    if let lifeEnd = step.lifeEnd { timers.limitLife(to: lifeEnd) }
    stage = losesState(row.identifier) ? .poisoned : step.next
    if stage.name.timer != before.timer || planted("enclave-deadline-renewed") {
      timers.phase = deadline(of: stage.name.timer, from: time)
    }
    last = EnclaveTransition(row: row, claims: claims, wiped: held.subtracting(stage.held))
    return actions
  }

  private func deadline(of timer: SessionTimer, from time: SessionTime) -> UInt64 {
    let deadlines = configuration.deadlines
    switch timer {
    case .halfOpen: return time.adding(seconds: deadlines.halfOpen)
    case .topology: return time.adding(seconds: deadlines.topology)
    case .admission: return time.adding(seconds: deadlines.admission)
    case .assembly: return time.adding(seconds: deadlines.assembly)
    case .request: return time.adding(seconds: deadlines.request)
    case .inference: return time.adding(seconds: deadlines.inference)
    case .life, .none, .idle, .evidence, .confirm, .zeroized, .progress, .draining: return .max
    }
  }
}
