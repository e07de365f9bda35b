import EphemeralWire
import FaultPoints

/// A state with confirmed keys.
protocol ClientSecured<Crypto>: ClientLive, ~Copyable {
  /// The session's keys, out of the state that is left.
  consuming func release() -> ClientKeys<Crypto>
}

extension ClientSecured where Self: ~Copyable {
  consuming func conclude(
    _ row: ClientRow, _ ending: Ending, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    release().end(Self.name, row, ending, context)
  }
}

/// KeyExchange is sent; the topology leaves when the enclave has confirmed T2.
struct ClientAwaitingConfirm<Crypto: SessionCryptography>: ~Copyable, ClientLive {
  static var name: ClientState { .awaitingConfirm }
  var session: ClientKeys<Crypto>
  let transcript: Crypto.Digest
  let topology: Secret<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .awaitingConfirm(self) }

  consuming func conclude(
    _ row: ClientRow, _ ending: Ending, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    .unkeyedEnd(row, ending, context)
  }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .keyConfirm:
      return confirm(arrival.take(), context)
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .assembled, .inferResult,
      .zeroized, .sealedAbort, .otherRecord, .start, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  private consuming func confirm(
    _ content: consuming Secret<Crypto>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    guard context.crypto.confirms(content.material, transcript) else {
      return conclude(
        .awaitingConfirmKeyConfirmMismatch, .failing(.keyExchangeFailed), context)
    }
    let claims: [SessionClaim<Crypto>] = [
      .keysAgreed(transcript: transcript), .topologySent(transcript: transcript),
    ]
    do {
      let frames = try session.send.seal(
        topology, as: .topologyDeliver, phase: .topologyDeliver, by: context.crypto)
      return ClientStep(
        .awaitingAssembly(ClientAwaitingAssembly(session: session)),
        .awaitingConfirmKeyConfirmMatches,
        [.audit(.keysConfirmed)] + frames.map { .send($0) }, claims: claims)
    } catch {
      return conclude(.awaitingConfirmFaultAlways, .fault, context)
    }
  }
}

/// The topology is sent; the enclave assembles.
struct ClientAwaitingAssembly<Crypto: SessionCryptography>: ~Copyable, ClientSecured {
  static var name: ClientState { .awaitingAssembly }
  let session: ClientKeys<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .awaitingAssembly(self) }
  consuming func release() -> ClientKeys<Crypto> { session }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .assembled:
      let content = arrival.take()
      guard let fields = context.crypto.readAssembled(content.material) else {
        return conclude(.awaitingAssemblyAssembledMalformed, .failing(.malformed), context)
      }
      guard
        fields.modelHash == context.configuration.modelHash || planted("client-model-unchecked")
      else {
        return conclude(.awaitingAssemblyAssembledMismatch, .failing(.modelMismatch), context)
      }
      return ClientStep(
        .ready(ClientReady(session: session)), .awaitingAssemblyAssembledMatches,
        [.audit(.assembled), .assembled(fields)],
        claims: [.modelAgreed(modelHash: fields.modelHash)])
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .inferResult,
      .zeroized, .sealedAbort, .otherRecord, .start, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }
}

/// Close is sent; the enclave wipes and reports.
struct ClientAwaitingZeroized<Crypto: SessionCryptography>: ~Copyable, ClientSecured {
  static var name: ClientState { .awaitingZeroized }
  let session: ClientKeys<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .awaitingZeroized(self) }
  consuming func release() -> ClientKeys<Crypto> { session }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .zeroized:
      let content = arrival.take()
      guard let report = context.crypto.readZeroized(content.material) else {
        return conclude(.awaitingZeroizedZeroizedMalformed, .failing(.malformed), context)
      }
      let fields = session.facts.fields
      guard
        context.crypto.verifyWipeReport(
          report, sessionID: fields.sessionID, inferences: session.inferences,
          publicKey: fields.receiptPublic) || planted("client-wipe-report-unchecked")
      else {
        return conclude(.awaitingZeroizedZeroizedInvalid, .failing(.receiptInvalid), context)
      }
      var step = ClientStep<Crypto>(
        .wiping(.completed), .awaitingZeroizedZeroizedValid, [.wipe],
        claims: [.completed(sessionID: fields.sessionID)])
      step.wipeReport = report
      return step
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled,
      .inferResult, .sealedAbort, .otherRecord, .start, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }
}
