import EphemeralWire
import FaultPoints

/// The last transition of a client session, for traces and tests; holds no secret.
public struct ClientTransition<Crypto: SessionCryptography> {
  /// The row of the table that was taken.
  public let row: ClientRow
  /// What the machine asserts by it.
  public let claims: [SessionClaim<Crypto>]
  /// The secrets that it destroyed.
  public let wiped: SecretSlots
}

/// The client's machine: judges the enclave's evidence, delivers the topology to no other, asks
/// for inferences and accepts only results whose receipts hold.
///
/// Pure: events in, actions out, no clock, no randomness, no input or output. The driver feeds
/// `handle` and runs the actions afterwards in their order. The states and transitions are those
/// of `Spec/Tables/client.table`.
public struct ClientSession<Crypto: SessionCryptography>: ~Copyable {
  let configuration: ClientConfiguration<Crypto>
  var stage: ClientStage<Crypto>
  var timers: Timers
  /// Records opened so far: the next expected sequence number.
  var received: UInt64 = 0
  /// The transition that the last event made; `nil` before the first.
  public internal(set) var last: ClientTransition<Crypto>?
  /// Every check of the evidence, once it was judged.
  public internal(set) var evidenceReport: Crypto.EvidenceReport?
  /// The enclave's signed wipe report, once it was verified.
  public internal(set) var wipeReport: Crypto.Bytes?

  /// A session over one connection; `time` is when it opened.
  public init(
    configuration: ClientConfiguration<Crypto>, secrets: ClientSecrets<Crypto>,
    at time: SessionTime
  ) {
    self.configuration = configuration
    stage = .idle(
      ClientIdle(
        nonce: secrets.nonce, seed: Secret(secrets.seed), topology: Secret(secrets.topology)))
    timers = Timers(
      phase: time.adding(seconds: configuration.deadlines.idle),
      life: time.adding(seconds: configuration.maximumSeconds))
    last = nil
    evidenceReport = nil
    wipeReport = nil
  }

  /// Puts a machine together from its parts.
  init(
    configuration: ClientConfiguration<Crypto>, stage: consuming ClientStage<Crypto>,
    timers: Timers, received: UInt64, last: ClientTransition<Crypto>?,
    evidenceReport: Crypto.EvidenceReport?, wipeReport: Crypto.Bytes?
  ) {
    self.configuration = configuration
    self.stage = stage
    self.timers = timers
    self.received = received
    self.last = last
    self.evidenceReport = evidenceReport
    self.wipeReport = wipeReport
  }

  /// The secrets that the state holds.
  package var held: SecretSlots { stage.held }

  /// The state's name.
  public var state: ClientState { stage.name }

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
    _ event: ClientEvent<Crypto>, at time: SessionTime
  ) -> [ClientAction<Crypto.Bytes>] {
    switch event {
    case .frame(let frame): return receive(frame, at: time)
    case .infer(let request): return dispatch(.infer, Arrival(request), at: time)
    case .start: return dispatch(.start, Arrival(), at: time)
    case .broken(let code): return dispatch(.broken(code), Arrival(), at: time)
    case .resultTaken: return dispatch(.resultTaken, Arrival(), at: time)
    case .close: return dispatch(.close, Arrival(), at: time)
    case .wiped: return dispatch(.wiped, Arrival(), at: time)
    case .deadline: return dispatch(.deadline, Arrival(), at: time)
    case .peerClosed: return dispatch(.peerClosed, Arrival(), at: time)
    case .cancel: return dispatch(.cancel, Arrival(), at: time)
    }
  }

  /// Opens a Sealed frame where the state has a key, and classifies.
  private mutating func receive(
    _ frame: IncomingFrame<Crypto.Bytes>, at time: SessionTime
  ) -> [ClientAction<Crypto.Bytes>] {
    guard frame.type == .sealed, let opener = stage.opener(sequence: received) else {
      return dispatch(ClientInput(cleartext: frame), Arrival(), at: time)
    }
    switch opener.open(frame.payload, by: configuration.crypto) {
    case .unreadable: return dispatch(.unreadable, Arrival(), at: time)
    case .fault: return dispatch(.fault, Arrival(), at: time)
    case .record(let type, let piece, let content):
      if !planted("client-first-record-uncounted") || received > 0 { received += 1 }
      return dispatch(classify(type, piece, content), Arrival(content), at: time)
    }
  }

  private func classify(
    _ type: InnerType, _ piece: Piece, _ content: Crypto.Material
  ) -> ClientInput<Crypto> {
    switch type {
    case .keyConfirm: .keyConfirm
    case .assembled: .assembled
    case .inferResult: .inferResult(piece)
    case .zeroized: .zeroized
    case .abort: .sealedAbort(configuration.crypto.readAbort(content))
    case .topologyDeliver, .inferRequest, .close: .otherRecord
    }
  }

  /// Runs one transition: the old state is out of the machine before anything is decided.
  package mutating func dispatch(
    _ input: ClientInput<Crypto>, _ arriving: consuming Arrival<Crypto>, at time: SessionTime
  ) -> [ClientAction<Crypto.Bytes>] {
    var arrival = arriving
    let before = stage.name
    let held = stage.held
    let context = ClientContext(configuration: configuration, time: time, timers: timers)
    let current = exchange(&stage, with: .poisoned)
    let step = current.handle(input, &arrival, context)
    let row = step.row
    let actions = mutatedEffects(step.actions, of: row.identifier)
    let claims = mutatedClaims(step.claims, of: row.identifier)
    if let lifeEnd = step.lifeEnd { timers.limitLife(to: lifeEnd) }
    if let report = step.report { evidenceReport = report }
    if let report = step.wipeReport { wipeReport = report }
    stage = losesState(row.identifier) ? .poisoned : step.next
    if stage.name.timer != before.timer || planted("client-deadline-renewed") {
      timers.phase = deadline(of: stage.name.timer, from: time)
    }
    last = ClientTransition(row: row, claims: claims, wiped: held.subtracting(stage.held))
    return actions
  }

  private func deadline(of timer: SessionTimer, from time: SessionTime) -> UInt64 {
    let deadlines = configuration.deadlines
    switch timer {
    case .idle: return time.adding(seconds: deadlines.idle)
    case .evidence: return time.adding(seconds: deadlines.evidence)
    case .confirm: return time.adding(seconds: deadlines.confirm)
    case .assembly: return time.adding(seconds: deadlines.assembly)
    case .inference: return time.adding(seconds: deadlines.inference)
    case .zeroized: return time.adding(seconds: deadlines.zeroized)
    case .life, .none, .halfOpen, .topology, .admission, .request, .progress, .draining:
      return .max
    }
  }
}

extension ClientSession {
  /// Lends the response's CBOR while it is delivered (state `delivering`).
  ///
  /// Returns `nil` in any other state. Keep no handle beyond the closure.
  public borrowing func withResponse<Result>(
    _ body: (Crypto.Material) throws -> Result
  ) rethrows -> Result? {
    switch stage {
    case .delivering(let state): return try body(state.result.response.material)
    default: return nil
    }
  }

  /// The verified receipt of the result that is being delivered; `nil` in any other state.
  public var receipt: Crypto.Bytes? {
    switch stage {
    case .delivering(let state): state.result.receipt
    default: nil
    }
  }

  /// For how long plaintext weights were in the enclave's memory, as the result that is being
  /// delivered says, in nanoseconds; `nil` in any other state.
  public var exposureNanoseconds: UInt64? {
    switch stage {
    case .delivering(let state): state.result.exposureNanoseconds
    default: nil
    }
  }

  /// The number that the next request must carry.
  public var nextSequence: UInt64? {
    switch stage {
    case .ready(let state): state.session.inferences
    default: nil
    }
  }

  /// The session's identifier, once evidence was accepted and while the session lives.
  public var sessionID: Crypto.Bytes? { facts?.fields.sessionID }

  /// What the evidence proved, while the session lives.
  public var verifiedEvidence: Crypto.VerifiedEvidence? { facts?.evidence }

  private var facts: ClientFacts<Crypto>? {
    switch stage {
    case .awaitingConfirm(let state): state.session.facts
    case .awaitingAssembly(let state): state.session.facts
    case .ready(let state): state.session.facts
    case .awaitingResult(let state): state.session.facts
    case .gathering(let state): state.session.facts
    case .delivering(let state): state.session.facts
    case .awaitingZeroized(let state): state.session.facts
    default: nil
    }
  }
}
