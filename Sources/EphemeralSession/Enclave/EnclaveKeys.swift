import EphemeralWire
import FaultPoints

/// The keys and facts of a session from the key exchange to its end.
struct EnclaveKeys<Crypto: SessionCryptography>: ~Copyable {
  let facts: EnclaveFacts<Crypto>
  let receiptKey: Secret<Crypto>
  let receiveKey: Secret<Crypto>
  var send: SendKey<Crypto>
  /// Requests answered so far; the next request must carry this number.
  var inferences: UInt64 = 0

  init(
    facts: EnclaveFacts<Crypto>, receiptKey: consuming Secret<Crypto>,
    receiveKey: consuming Secret<Crypto>, send: consuming SendKey<Crypto>, inferences: UInt64 = 0
  ) {
    self.facts = facts
    self.receiptKey = receiptKey
    self.receiveKey = receiveKey
    self.send = send
    self.inferences = inferences
  }

  /// What opens the client's next record.
  borrowing func opener(_ sequence: UInt64) -> RecordOpener<Crypto> {
    RecordOpener(
      key: receiveKey.material,
      context: RecordContext(
        sessionID: facts.sessionID, direction: .clientToEnclave, sequence: sequence))
  }

  /// The end of a session with record keys: a sealed Abort where one is due, then the wipe; the
  /// receive key goes at once, the other two when the report is sealed (Spec/Protocol.md §12.2).
  consuming func end(
    _ state: EnclaveState, _ row: EnclaveRow, _ ending: Ending,
    first: [EnclaveAction<Crypto>] = [], _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    var actions = first
    switch ending.farewell {
    case .abort where planted("enclave-abort-in-clear"):
      return .unkeyedEnd(row, ending, context)
    case .absent:
      return .unkeyedEnd(row, ending, context)
    case .silence:
      break
    case .abort:
      if let code = ending.outcome.code {
        do throws(ProviderFailure) {
          let frames = try send.sealAbort(code, phase: state.phase, by: context.crypto)
          actions += frames.map { .send($0) }
        } catch {
          guard let fault = EnclaveRow.find(state, .fault, .always) else {
            preconditionFailure("the table is total")
          }
          return .unkeyedEnd(fault, .fault, context)
        }
      }
    }
    if let code = ending.outcome.code { actions.append(.audit(.aborted(code))) }
    if !planted("enclave-ends-without-wipe") { actions.append(.wipe) }
    let report = EnclaveReporting<Crypto>(
      sessionID: facts.sessionID, inferences: inferences, receiptKey: receiptKey, send: send,
      outcome: ending.outcome)
    return EnclaveStep(.reporting(report), row, actions)
  }
}

/// The driver wipes; then the wipe report is signed and sealed, and the last keys go.
struct EnclaveReporting<Crypto: SessionCryptography>: ~Copyable {
  let sessionID: Crypto.Bytes
  let inferences: UInt64
  let receiptKey: Secret<Crypto>
  var send: SendKey<Crypto>
  let outcome: SessionOutcome

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .wiped(let tally):
      return report(tally, context)
    case .fault:
      return EnclaveStep(
        .ended(outcome), .reportingFaultAlways, [.close(outcome)], claims: [.wiped])
    case .peerClosed:
      return EnclaveStep(.wiping(outcome), .reportingPeerClosedAlways)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady,
      .topologyAdmitted, .chunkOpened, .assembled, .inferred, .failed, .deadline, .cancel:
      let row = EnclaveStep<Crypto>.absorbing(.reporting, input)
      return EnclaveStep(.reporting(self), row)
    }
  }

  private consuming func report(
    _ tally: WipeTally<Crypto.Bytes>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    let crypto = context.crypto
    let outcome = self.outcome
    var send = self.send
    do throws(ProviderFailure) {
      let report = try crypto.signWipeReport(
        WipeStatement(sessionID: sessionID, inferences: inferences, tally: tally),
        key: receiptKey.material)
      let content = Secret<Crypto>(try crypto.zeroizedContent(report: report))
      let frames = try send.seal(content, as: .zeroized, phase: .zeroize, by: crypto)
      return EnclaveStep(
        .ended(outcome), .reportingWipedAlways,
        planted("enclave-zeroized-unsent")
          ? [.close(outcome)] : frames.map { .send($0) } + [.close(outcome)],
        claims: [.wiped])
    } catch {
      return EnclaveStep(
        .ended(outcome), .reportingFaultAlways, [.close(outcome)], claims: [.wiped])
    }
  }
}
