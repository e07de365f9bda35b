import EphemeralWire
import FaultPoints

extension HostContext {
  /// What the table's default rows make of a message in a live state (Spec/Protocol.md §3).
  func dispose(
    _ input: HostInput<Codec.Bytes>, _ stage: HostStage<Codec.Bytes>
  ) -> HostStep<Codec.Bytes> {
    func row(_ outcome: TransitionGuard) -> HostRow { self.row(stage, input, outcome) }
    switch input {
    case .deadline:
      let outcome = timers.judge(time)
      switch outcome {
      case .lifetime: return fail(stage, row(outcome), .lifetimeEnded)
      case .due: return fail(stage, row(outcome), .deadlineExceeded)
      default: return HostStep(stage, row(.early))
      }
    case .clientAbort(let frame):
      return aborted(frame, to: .enclave, stage, input)
    case .enclaveAbort(let frame):
      guard stage.isSession else { return fail(stage, row(.always), .unexpectedMessage) }
      return aborted(frame, to: .client, stage, input)
    case .clientBroken(let code): return fail(stage, row(.always), code)
    case .enclaveBroken(let code):
      guard stage.isSession else { return fail(stage, row(.always), code) }
      return failWithoutEnclave(row(.always), code)
    case .failed(let code):
      guard stage.isSession else { return fail(stage, row(.always), code) }
      if code == .enclaveUnreachable { return failWithoutEnclave(row(.unreachable), code) }
      return fail(stage, row(.other), code)
    case .clientClosed:
      let outcome = SessionOutcome.failed(.peerClosed)
      guard stage.isSession else {
        let ended = stage == .idle ? SessionOutcome.completed : outcome
        return HostStep(.ended(ended), row(.always), [.abandonStore, .close(ended)])
      }
      return HostStep(.draining(outcome), row(.always), [.finishWritingToEnclave])
    case .enclaveClosed:
      guard stage.isSession else { return fail(stage, row(.always), .internalError) }
      return failWithoutEnclave(row(.always), .enclaveUnreachable)
    case .cancel: return fail(stage, row(.always), .cancelled)
    case .clientHello, .keyExchange, .clientSealed, .putBegin, .putData, .have,
      .otherFromClient, .evidence, .enclaveSealed, .weightRequest, .auditRecord,
      .otherFromEnclave:
      return fail(stage, row(.always), .unexpectedMessage)
    case .storeReady, .stored, .blobFound, .weightsRead:
      return fail(stage, row(.always), .internalError)
    }
  }

  /// One side said Abort: the other side hears it as it was said, and nobody is answered.
  private func aborted(
    _ frame: IncomingFrame<Codec.Bytes>, to side: HostSide, _ stage: HostStage<Codec.Bytes>,
    _ input: HostInput<Codec.Bytes>
  ) -> HostStep<Codec.Bytes> {
    guard let code = codec.decodeAbort(frame.payload) else {
      return fail(stage, row(stage, input, .unknown), .malformed)
    }
    let outcome = SessionOutcome.aborted(code, authenticated: false)
    let known = row(stage, input, .known)
    guard stage.isSession else {
      return HostStep(
        .ended(outcome), known, [.audit(.aborted(code)), .abandonStore, .close(outcome)])
    }
    return HostStep(
      .draining(outcome), known,
      (planted("host-swallows-abort") ? [] : [.forward(frame, to: side)])
        + [.audit(.aborted(code)), .finishWritingToEnclave])
  }

  /// The row of a pair by its guard.
  func row(
    _ stage: HostStage<Codec.Bytes>, _ input: HostInput<Codec.Bytes>, _ outcome: TransitionGuard
  ) -> HostRow {
    guard let row = HostRow.find(stage.name, input.message, outcome) else {
      preconditionFailure("the table is total")
    }
    return row
  }
}
