import EphemeralWire

/// The host machine's state: one case for each state of the table, with what is true in it.
///
/// No case holds a frame: what is relayed goes straight into an action.
enum HostStage<Bytes: Equatable & Sendable>: Equatable, Sendable {
  case idle
  case opening(blobID: Bytes, size: UInt64)
  case storing(size: UInt64, next: UInt64)
  case publishing(size: UInt64)
  case lookingUp
  case attesting
  case offered
  case relaying([WeightRange<Bytes>])
  case draining(SessionOutcome)
  case ended(SessionOutcome)

  /// What stands in the machine while a state is being left.
  static var poisoned: HostStage<Bytes> { .ended(.failed(.internalError)) }

  /// The state's name in the table.
  var name: HostState {
    switch self {
    case .idle: .idle
    case .opening: .opening
    case .storing: .storing
    case .publishing: .publishing
    case .lookingUp: .lookingUp
    case .attesting: .attesting
    case .offered: .offered
    case .relaying: .relaying
    case .draining: .draining
    case .ended: .ended
    }
  }

  /// Whether a client and an enclave are joined.
  var isSession: Bool {
    switch self {
    case .attesting, .offered, .relaying: true
    case .idle, .opening, .storing, .publishing, .lookingUp, .draining, .ended: false
    }
  }
}

/// One transition: the next state, the row that was taken, and what follows from it.
struct HostStep<Bytes: Equatable & Sendable> {
  var next: HostStage<Bytes>
  var row: HostRow
  var actions: [HostAction<Bytes>]

  /// Puts a transition together.
  init(_ next: HostStage<Bytes>, _ row: HostRow, _ actions: [HostAction<Bytes>] = []) {
    self.next = next
    self.row = row
    self.actions = actions
  }
}

/// What a state needs to know beyond itself and the input.
struct HostContext<Codec: SessionCodec> {
  let configuration: HostConfiguration<Codec>
  let time: SessionTime
  let timers: Timers
  var codec: Codec { configuration.codec }

  /// Ends what the host does, with an Abort to those who take part.
  func fail(
    _ stage: HostStage<Codec.Bytes>, _ row: HostRow, _ code: AbortCode
  ) -> HostStep<Codec.Bytes> {
    let abort = OutgoingFrame(.abort, codec.encode(code))
    let outcome = SessionOutcome.failed(code)
    let toClient = HostAction.send(abort, to: .client)
    let audit = HostAction<Codec.Bytes>.audit(.aborted(code))
    guard stage.isSession else {
      return HostStep(.ended(outcome), row, [toClient, audit, .abandonStore, .close(outcome)])
    }
    return HostStep(
      .draining(outcome), row,
      [toClient, .send(abort, to: .enclave), audit, .finishWritingToEnclave])
  }

  /// Ends a session whose enclave is gone.
  func failWithoutEnclave(_ row: HostRow, _ code: AbortCode) -> HostStep<Codec.Bytes> {
    let abort = OutgoingFrame(.abort, codec.encode(code))
    let outcome = SessionOutcome.failed(code)
    return HostStep(
      .ended(outcome), row,
      [.send(abort, to: .client), .audit(.aborted(code)), .close(outcome)])
  }

  /// Refuses a message with which a connection that stores nothing yet began.
  func refuse(_ row: HostRow, _ code: AbortCode) -> HostStep<Codec.Bytes> {
    failWithoutEnclave(row, code)
  }
}
