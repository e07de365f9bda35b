import EphemeralWire
import FaultPoints

/// The enclave machine's state: one case for each state of the table, one struct for each case.
enum EnclaveStage<Crypto: SessionCryptography>: ~Copyable {
  case listening(EnclaveListening<Crypto>)
  case attesting(EnclaveAttesting<Crypto>)
  case offered(EnclaveOffered<Crypto>)
  case keyed(EnclaveKeyed<Crypto>)
  case gathering(EnclaveGathering<Crypto>)
  case admitting(EnclaveAdmitting<Crypto>)
  case assembling(EnclaveAssembling<Crypto>)
  case finishing(EnclaveFinishing<Crypto>)
  case ready(EnclaveReady<Crypto>)
  case collecting(EnclaveCollecting<Crypto>)
  case refetching(EnclaveRefetching<Crypto>)
  case inferring(EnclaveInferring<Crypto>)
  case reporting(EnclaveReporting<Crypto>)
  case wiping(SessionOutcome)
  case ended(SessionOutcome)

  /// What stands in the machine while a state is being left: nothing is held.
  static var poisoned: EnclaveStage<Crypto> { .ended(.failed(.internalError)) }

  /// The state's name in the table.
  var name: EnclaveState {
    switch self {
    case .listening: .listening
    case .attesting: .attesting
    case .offered: .offered
    case .keyed: .keyed
    case .gathering: .gathering
    case .admitting: .admitting
    case .assembling: .assembling
    case .finishing: .finishing
    case .ready: .ready
    case .collecting: .collecting
    case .refetching: .refetching
    case .inferring: .inferring
    case .reporting: .reporting
    case .wiping: .wiping
    case .ended: .ended
    }
  }

  /// Key and context for the next record, in the states that open records.
  borrowing func opener(sequence: UInt64) -> RecordOpener<Crypto>? {
    switch self {
    case .keyed(let state): state.session.opener(sequence)
    case .gathering(let state): state.session.opener(sequence)
    case .admitting(let state): state.session.opener(sequence)
    case .assembling(let state): state.session.opener(sequence)
    case .finishing(let state): state.session.opener(sequence)
    case .ready(let state): state.session.opener(sequence)
    case .collecting(let state): state.session.opener(sequence)
    case .refetching(let state): state.session.opener(sequence)
    case .inferring(let state): state.session.opener(sequence)
    case .listening: nil
    case .attesting: nil
    case .offered: nil
    case .reporting: nil
    case .wiping: nil
    case .ended: nil
    }
  }

  /// Hands the input to the state; the state is consumed.
  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch consume self {
    case .listening(let state): return state.handle(input, context)
    case .attesting(let state): return state.handle(input, context)
    case .offered(let state): return state.handle(input, context)
    case .keyed(let state): return state.handle(input, &arrival, context)
    case .gathering(let state): return state.handle(input, &arrival, context)
    case .admitting(let state): return state.handle(input, context)
    case .assembling(let state): return state.handle(input, context)
    case .finishing(let state): return state.handle(input, context)
    case .ready(let state): return state.handle(input, &arrival, context)
    case .collecting(let state): return state.handle(input, &arrival, context)
    case .refetching(let state): return state.handle(input, context)
    case .inferring(let state): return state.handle(input, &arrival, context)
    case .reporting(let state): return state.handle(input, context)
    case .wiping(let outcome): return EnclaveStep.wiping(outcome, input)
    case .ended(let outcome):
      return EnclaveStep(.ended(outcome), EnclaveStep<Crypto>.absorbing(.ended, input))
    }
  }
}

/// What a state needs to know beyond itself and the input.
struct EnclaveContext<Crypto: SessionCryptography> {
  let configuration: EnclaveConfiguration<Crypto>
  let time: SessionTime
  let timers: Timers
  var crypto: Crypto { configuration.crypto }
}

/// One transition: the next state, the row that was taken, and what follows from it.
struct EnclaveStep<Crypto: SessionCryptography>: ~Copyable {
  var next: EnclaveStage<Crypto>
  var row: EnclaveRow
  var actions: [EnclaveAction<Crypto>]
  var claims: [SessionClaim<Crypto>]
  /// A shorter life that the topology asks for, in monotonic nanoseconds.
  var lifeEnd: UInt64?

  /// Puts a transition together.
  init(
    _ next: consuming EnclaveStage<Crypto>, _ row: EnclaveRow,
    _ actions: [EnclaveAction<Crypto>] = [], claims: [SessionClaim<Crypto>] = [],
    lifeEnd: UInt64? = nil
  ) {
    self.next = next
    self.row = row
    self.actions = actions
    self.claims = claims
    self.lifeEnd = lifeEnd
  }

  /// The one row of a pair that changes nothing.
  static func absorbing(_ state: EnclaveState, _ input: EnclaveInput<Crypto>) -> EnclaveRow {
    guard let row = EnclaveRow.find(state, input.message, .always) else {
      preconditionFailure("the table is total")
    }
    return row
  }

  /// The end of a session that has no record keys: tell the peer in cleartext, wipe.
  static func unkeyedEnd(
    _ row: EnclaveRow, _ ending: Ending, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    var actions: [EnclaveAction<Crypto>] = []
    if let code = ending.outcome.code {
      if case .abort = ending.farewell {
        actions.append(.send(OutgoingFrame(.abort, context.crypto.encode(code))))
      }
      actions.append(.audit(.aborted(code)))
    }
    if !planted("enclave-forgets-wipe-when-alone") || ending.outcome != .failed(.peerClosed) {
      actions.append(.wipe)
    }
    return EnclaveStep(.wiping(ending.outcome), row, actions)
  }

  /// While the driver wipes and no key is left, only its report matters.
  static func wiping(
    _ outcome: SessionOutcome, _ input: EnclaveInput<Crypto>
  ) -> EnclaveStep<Crypto> {
    guard case .wiped = input else {
      return EnclaveStep(.wiping(outcome), absorbing(.wiping, input))
    }
    return EnclaveStep(.ended(outcome), .wipingWipedAlways, [.close(outcome)], claims: [.wiped])
  }
}

/// A state in which the session lives: what it does with messages that it does not name.
protocol EnclaveLive<Crypto>: ~Copyable {
  associatedtype Crypto: SessionCryptography
  static var name: EnclaveState { get }
  /// The same state again.
  consuming func staying() -> EnclaveStage<Crypto>
  /// The end: every secret that the state holds is destroyed, but for what the report needs.
  consuming func conclude(
    _ row: EnclaveRow, _ ending: Ending, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto>
}

extension EnclaveLive where Self: ~Copyable {
  /// Applies the table's default rows.
  consuming func dispose(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input.unnamed(in: Self.name, context) {
    case .stay(let row): return EnclaveStep(staying(), row)
    case .end(let row, let ending): return conclude(row, ending, context)
    }
  }
}
