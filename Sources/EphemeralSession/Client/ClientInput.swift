public import EphemeralWire
import FaultPoints

/// What happens to a client session (EphemeralSession.docc, "Driving a client").
public enum ClientEvent<Crypto: SessionCryptography> {
  /// Begin: the connection to the host is open.
  case start
  /// A frame arrived from the host.
  case frame(IncomingFrame<Crypto.Bytes>)
  /// The stream broke the framing rules; the connection cannot be read further.
  case broken(AbortCode)
  /// The local user asks for an inference; the machine takes ownership of the request's CBOR.
  case infer(request: Crypto.Material)
  /// The driver has copied the result out.
  case resultTaken
  /// The local user is done.
  case close
  /// The driver has wiped its own copies.
  case wiped
  /// The time in `deadline` has come.
  case deadline
  /// The host's connection is closed.
  case peerClosed
  /// The local user gives up.
  case cancel
}

/// One event of a client session, classified; secret content travels as the `Arrival`.
package enum ClientInput<Crypto: SessionCryptography> {
  case evidence(Crypto.Bytes)
  case abort(Crypto.Bytes)
  case otherFrame
  case broken(AbortCode)
  case unreadable
  case keyConfirm
  case assembled
  case inferResult(Piece)
  case zeroized
  case sealedAbort(AbortCode?)
  case otherRecord
  case start
  case infer
  case resultTaken
  case close
  case fault
  case wiped
  case deadline
  case peerClosed
  case cancel

  /// The message class in the table.
  package var message: ClientMessage {
    switch self {
    case .evidence: .evidence
    case .abort: .abort
    case .otherFrame: .otherFrame
    case .broken: .broken
    case .unreadable: .unreadable
    case .keyConfirm: .keyConfirm
    case .assembled: .assembled
    case .inferResult: .inferResult
    case .zeroized: .zeroized
    case .sealedAbort: .sealedAbort
    case .otherRecord: .otherRecord
    case .start: .start
    case .infer: .infer
    case .resultTaken: .resultTaken
    case .close: .close
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
    case .evidence: self = .evidence(frame.payload)
    case .abort: self = .abort(frame.payload)
    case .sealed: self = .unreadable
    case .clientHello, .keyExchange, .putBegin, .putData, .putStatus, .have, .haveReply,
      .weightRequest, .weightChunk, .audit:
      self = .otherFrame
    }
  }

  /// What the table's default rows make of the message in a live state (Spec/Protocol.md §3).
  func unnamed(
    in state: ClientState, _ context: borrowing ClientContext<Crypto>
  ) -> Disposal<ClientRow> {
    func row(_ outcome: TransitionGuard) -> ClientRow {
      guard let row = ClientRow.find(state, message, outcome) else {
        preconditionFailure("the table is total")
      }
      return row
    }
    let opensRecords = state.isKeyed || state == .awaitingConfirm
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
      return .end(row(.known), .aborted(code, authenticated: planted("client-believes-cleartext")))
    case .sealedAbort(let code):
      // Without keys there is no sealed Abort; the message is then one that cannot be.
      guard opensRecords else { return .end(row(.always), .failing(.unexpectedMessage)) }
      guard let code else { return .end(row(.unknown), .failing(.malformed)) }
      return .end(row(.known), .aborted(code, authenticated: true))
    case .broken(let code): return .end(row(.always), .failing(code))
    case .peerClosed: return .end(row(.always), .peerClosed)
    case .fault: return .end(row(.always), .fault)
    case .cancel: return .end(row(.always), .failing(.cancelled))
    case .unreadable:
      let code: AbortCode = opensRecords ? .recordInvalid : .unexpectedMessage
      return .end(row(.always), .failing(code))
    case .evidence, .otherFrame, .keyConfirm, .assembled, .inferResult, .zeroized, .otherRecord:
      return .end(row(.always), .failing(.unexpectedMessage))
    case .start, .infer, .resultTaken, .close, .wiped:
      return .end(row(.always), .failing(.internalError))
    }
  }
}
