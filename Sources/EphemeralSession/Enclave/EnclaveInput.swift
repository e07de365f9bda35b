package import EphemeralWire

/// One event of an enclave session, classified; secret content travels as the `Arrival`.
package enum EnclaveInput<Crypto: SessionCryptography> {
  case clientHello(Crypto.Bytes)
  case keyExchange(Crypto.Bytes)
  case abort(Crypto.Bytes)
  case weightChunk(Crypto.Bytes)
  case otherFrame
  case broken(AbortCode)
  case unreadable
  case topologyDeliver(Piece)
  case inferRequest(Piece)
  case close
  case sealedAbort(AbortCode?)
  case otherRecord
  case evidenceReady(document: Crypto.Bytes)
  case topologyAdmitted(TopologyAdmission<Crypto.Bytes>)
  case chunkOpened(UInt64)
  case assembled(AssembledFields<Crypto.Bytes>)
  case inferred(InferenceStatistics)
  case failed(AbortCode)
  case fault
  case wiped(WipeTally<Crypto.Bytes>)
  case deadline
  case peerClosed
  case cancel

  /// The message class in the table.
  package var message: EnclaveMessage {
    switch self {
    case .clientHello: .clientHello
    case .keyExchange: .keyExchange
    case .abort: .abort
    case .weightChunk: .weightChunk
    case .otherFrame: .otherFrame
    case .broken: .broken
    case .unreadable: .unreadable
    case .topologyDeliver: .topologyDeliver
    case .inferRequest: .inferRequest
    case .close: .close
    case .sealedAbort: .sealedAbort
    case .otherRecord: .otherRecord
    case .evidenceReady: .evidenceReady
    case .topologyAdmitted: .topologyAdmitted
    case .chunkOpened: .chunkOpened
    case .assembled: .assembled
    case .inferred: .inferred
    case .failed: .failed
    case .fault: .fault
    case .wiped: .wiped
    case .deadline: .deadline
    case .peerClosed: .peerClosed
    case .cancel: .cancel
    }
  }

  /// Classifies a frame that is not Sealed.
  init(cleartext frame: IncomingFrame<Crypto.Bytes>) {
    switch frame.type {
    case .clientHello: self = .clientHello(frame.payload)
    case .keyExchange: self = .keyExchange(frame.payload)
    case .abort: self = .abort(frame.payload)
    case .weightChunk: self = .weightChunk(frame.payload)
    case .sealed: self = .unreadable
    case .evidence, .putBegin, .putData, .putStatus, .have, .haveReply, .weightRequest, .audit:
      self = .otherFrame
    }
  }

  /// What the table's default rows make of the message in a live state (Spec/Protocol.md §3).
  func unnamed(
    in state: EnclaveState, _ context: borrowing EnclaveContext<Crypto>
  ) -> Disposal<EnclaveRow> {
    func row(_ outcome: TransitionGuard) -> EnclaveRow {
      guard let row = EnclaveRow.find(state, message, outcome) else {
        preconditionFailure("the table is total")
      }
      return row
    }
    switch self {
    case .deadline:
      let outcome = context.timers.judge(context.time)
      switch outcome {
      case .lifetime: return .end(row(outcome), .failing(.lifetimeEnded))
      case .due: return .end(row(outcome), .failing(.deadlineExceeded))
      default: return .stay(row(.early))
      }
    case .abort(let payload):
      guard let code = context.crypto.decodeAbort(payload) else {
        return .end(row(.unknown), .failing(.malformed))
      }
      return .end(row(.known), .aborted(code, authenticated: false))
    case .sealedAbort(let code):
      // Without keys there is no sealed Abort; the message is then one that cannot be.
      guard state.isKeyed else { return .end(row(.always), .failing(.unexpectedMessage)) }
      guard let code else { return .end(row(.unknown), .failing(.malformed)) }
      return .end(row(.known), .aborted(code, authenticated: true))
    case .broken(let code), .failed(let code): return .end(row(.always), .failing(code))
    case .peerClosed: return .end(row(.always), .peerClosed)
    case .fault: return .end(row(.always), .fault)
    case .cancel: return .end(row(.always), .failing(.cancelled))
    case .unreadable:
      let code: AbortCode = state.isKeyed ? .recordInvalid : .unexpectedMessage
      return .end(row(.always), .failing(code))
    case .clientHello, .keyExchange, .weightChunk, .otherFrame, .topologyDeliver, .inferRequest,
      .close, .otherRecord:
      return .end(row(.always), .failing(.unexpectedMessage))
    case .evidenceReady, .topologyAdmitted, .chunkOpened, .assembled, .inferred, .wiped:
      return .end(row(.always), .failing(.internalError))
    }
  }
}
