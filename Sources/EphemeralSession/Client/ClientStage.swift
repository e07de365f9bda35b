import EphemeralWire
import FaultPoints

/// The client machine's state: one case for each state of the table, one struct for each case.
enum ClientStage<Crypto: SessionCryptography>: ~Copyable {
  case idle(ClientIdle<Crypto>)
  case awaitingEvidence(ClientAwaitingEvidence<Crypto>)
  case awaitingConfirm(ClientAwaitingConfirm<Crypto>)
  case awaitingAssembly(ClientAwaitingAssembly<Crypto>)
  case ready(ClientReady<Crypto>)
  case awaitingResult(ClientAwaitingResult<Crypto>)
  case gathering(ClientGathering<Crypto>)
  case delivering(ClientDelivering<Crypto>)
  case awaitingZeroized(ClientAwaitingZeroized<Crypto>)
  case wiping(SessionOutcome)
  case ended(SessionOutcome)

  /// What stands in the machine while a state is being left: nothing is held.
  static var poisoned: ClientStage<Crypto> { .ended(.failed(.internalError)) }

  /// The state's name in the table.
  var name: ClientState {
    switch self {
    case .idle: .idle
    case .awaitingEvidence: .awaitingEvidence
    case .awaitingConfirm: .awaitingConfirm
    case .awaitingAssembly: .awaitingAssembly
    case .ready: .ready
    case .awaitingResult: .awaitingResult
    case .gathering: .gathering
    case .delivering: .delivering
    case .awaitingZeroized: .awaitingZeroized
    case .wiping: .wiping
    case .ended: .ended
    }
  }

  /// The secrets that the state holds: a statement about its own fields.
  var held: SecretSlots {
    let secured: SecretSlots = [.receiveKey, .sendKey, .driver]
    switch self {
    case .idle: return [.seed, .topology, .driver]
    case .awaitingEvidence: return [.seed, .topology, .driver]
    case .awaitingConfirm: return secured.union(.topology)
    case .awaitingAssembly: return secured
    case .ready: return secured
    case .awaitingResult: return secured
    case .gathering: return secured.union(.response)
    case .delivering: return secured.union(.response)
    case .awaitingZeroized: return secured
    case .wiping: return .driver
    case .ended: return []
    }
  }

  /// Key and context for the next record, in the states that open records.
  borrowing func opener(sequence: UInt64) -> RecordOpener<Crypto>? {
    switch self {
    case .awaitingConfirm(let state): state.session.opener(sequence)
    case .awaitingAssembly(let state): state.session.opener(sequence)
    case .ready(let state): state.session.opener(sequence)
    case .awaitingResult(let state): state.session.opener(sequence)
    case .gathering(let state): state.session.opener(sequence)
    case .delivering(let state): state.session.opener(sequence)
    case .awaitingZeroized(let state): state.session.opener(sequence)
    case .idle: nil
    case .awaitingEvidence: nil
    case .wiping: nil
    case .ended: nil
    }
  }

  /// Hands the input to the state; the state is consumed.
  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch consume self {
    case .idle(let state): return state.handle(input, context)
    case .awaitingEvidence(let state): return state.handle(input, context)
    case .awaitingConfirm(let state): return state.handle(input, &arrival, context)
    case .awaitingAssembly(let state): return state.handle(input, &arrival, context)
    case .ready(let state): return state.handle(input, &arrival, context)
    case .awaitingResult(let state): return state.handle(input, &arrival, context)
    case .gathering(let state): return state.handle(input, &arrival, context)
    case .delivering(let state): return state.handle(input, context)
    case .awaitingZeroized(let state): return state.handle(input, &arrival, context)
    case .wiping(let outcome): return ClientStep.wiping(outcome, input)
    case .ended(let outcome):
      return ClientStep(.ended(outcome), ClientStep<Crypto>.absorbing(.ended, input))
    }
  }
}

/// What a state needs to know beyond itself and the input.
struct ClientContext<Crypto: SessionCryptography> {
  let configuration: ClientConfiguration<Crypto>
  let time: SessionTime
  let timers: Timers
  var crypto: Crypto { configuration.crypto }
}

/// One transition: the next state, the row that was taken, and what follows from it.
struct ClientStep<Crypto: SessionCryptography>: ~Copyable {
  var next: ClientStage<Crypto>
  var row: ClientRow
  var actions: [ClientAction<Crypto.Bytes>]
  var claims: [SessionClaim<Crypto>]
  /// The judgement of evidence, where this transition made it.
  var report: Crypto.EvidenceReport?
  /// The verified wipe report, where this transition received it.
  var wipeReport: Crypto.Bytes?
  /// A shorter life that the enclave states, in monotonic nanoseconds.
  var lifeEnd: UInt64?

  /// Puts a transition together.
  init(
    _ next: consuming ClientStage<Crypto>, _ row: ClientRow,
    _ actions: [ClientAction<Crypto.Bytes>] = [], claims: [SessionClaim<Crypto>] = [],
    lifeEnd: UInt64? = nil
  ) {
    self.next = next
    self.row = row
    self.actions = actions
    self.claims = claims
    self.lifeEnd = lifeEnd
    report = nil
    wipeReport = nil
  }

  /// The one row of a pair that changes nothing.
  static func absorbing(_ state: ClientState, _ input: ClientInput<Crypto>) -> ClientRow {
    guard let row = ClientRow.find(state, input.message, .always) else {
      preconditionFailure("the table is total")
    }
    return row
  }

  /// The end of a session in which the client's Abort is cleartext, or in which it has none.
  static func unkeyedEnd(
    _ row: ClientRow, _ ending: Ending, first: [ClientAction<Crypto.Bytes>] = [],
    claims: [SessionClaim<Crypto>] = [], _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    var actions = first
    if let code = ending.outcome.code {
      if case .abort = ending.farewell {
        actions.append(.send(OutgoingFrame(.abort, context.crypto.encode(code))))
      }
      actions.append(.audit(.aborted(code)))
    }
    if !planted("client-ends-without-wipe") || ending.outcome.code == .cancelled {
      actions.append(.wipe)
    }
    return ClientStep(.wiping(ending.outcome), row, actions, claims: claims)
  }

  /// While the driver wipes and no key is left, only its report matters.
  static func wiping(
    _ outcome: SessionOutcome, _ input: ClientInput<Crypto>
  ) -> ClientStep<Crypto> {
    guard case .wiped = input else {
      return ClientStep(.wiping(outcome), absorbing(.wiping, input))
    }
    return ClientStep(.ended(outcome), .wipingWipedAlways, [.close(outcome)])
  }
}

/// A state in which the session lives: what it does with messages that it does not name.
protocol ClientLive<Crypto>: ~Copyable {
  associatedtype Crypto: SessionCryptography
  static var name: ClientState { get }
  /// The same state again.
  consuming func staying() -> ClientStage<Crypto>
  /// The end: every secret that the state holds is destroyed.
  consuming func conclude(
    _ row: ClientRow, _ ending: Ending, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto>
}

extension ClientLive where Self: ~Copyable {
  /// Applies the table's default rows.
  consuming func dispose(
    _ input: ClientInput<Crypto>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input.unnamed(in: Self.name, context) {
    case .stay(let row): return ClientStep(staying(), row)
    case .end(let row, let ending): return conclude(row, ending, context)
    }
  }
}
