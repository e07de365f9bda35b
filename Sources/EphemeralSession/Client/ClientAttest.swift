import EphemeralWire
import FaultPoints

/// Nothing is sent yet; holds the session's entropy and the topology.
struct ClientIdle<Crypto: SessionCryptography>: ~Copyable, ClientLive {
  static var name: ClientState { .idle }
  let nonce: Crypto.Bytes
  let seed: Secret<Crypto>
  let topology: Secret<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .idle(self) }

  consuming func conclude(
    _ row: ClientRow, _ ending: Ending, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    .unkeyedEnd(row, ending, context)
  }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .start:
      let hello = context.crypto.encodeHello(nonce: nonce)
      let next = ClientAwaitingEvidence<Crypto>(
        nonce: nonce, hello: hello, seed: seed, topology: topology)
      return ClientStep(
        .awaitingEvidence(next), .idleStartAlways, [.send(OutgoingFrame(.clientHello, hello))])
    case .evidence, .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled,
      .inferResult, .zeroized, .sealedAbort, .otherRecord, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }
}

/// ClientHello is sent; nothing secret leaves before evidence is verified and bound.
struct ClientAwaitingEvidence<Crypto: SessionCryptography>: ~Copyable, ClientLive {
  static var name: ClientState { .awaitingEvidence }
  let nonce: Crypto.Bytes
  let hello: Crypto.Bytes
  let seed: Secret<Crypto>
  let topology: Secret<Crypto>

  consuming func staying() -> ClientStage<Crypto> { .awaitingEvidence(self) }

  consuming func conclude(
    _ row: ClientRow, _ ending: Ending, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    .unkeyedEnd(row, ending, context)
  }

  consuming func handle(
    _ input: ClientInput<Crypto>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    switch input {
    case .evidence(let payload):
      guard let parts = context.crypto.decodeEvidence(payload) else {
        return conclude(.awaitingEvidenceEvidenceMalformed, .failing(.malformed), context)
      }
      return judge(parts, context)
    case .abort, .otherFrame, .broken, .unreadable, .keyConfirm, .assembled, .inferResult,
      .zeroized, .sealedAbort, .otherRecord, .start, .infer, .resultTaken, .close, .fault,
      .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  /// Judges the evidence; the report is kept whatever the verdict.
  private consuming func judge(
    _ parts: EvidenceParts<Crypto.Bytes>, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    let transcript = context.crypto.transcriptEvidence(hello: hello, body: parts.body)
    let (judgement, report) = context.crypto.judge(
      parts, transcript: transcript, nonce: nonce, unixSeconds: context.time.unixSeconds)
    let attestsOnly =
      context.configuration.purpose == .attest && !planted("client-attest-goes-on")
    var step: ClientStep<Crypto>
    switch judgement {
    case .refused:
      step = refuse(context)
    case .genuineUnpinned:
      step = attestsOnly ? leave(context) : refuse(context)
    case .accepted(let evidence):
      step = attestsOnly ? leave(context) : offer(parts, evidence, transcript, context)
    }
    step.report = report
    return step
  }

  private consuming func refuse(
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    .unkeyedEnd(
      .awaitingEvidenceEvidenceRefused, .failing(.evidenceRefused),
      first: [.audit(.evidenceRefused)], context)
  }

  /// Purpose `attest`: the judgement was all that was wanted.
  private consuming func leave(
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    let farewell = OutgoingFrame(.abort, context.crypto.encode(AbortCode.cancelled))
    return ClientStep(
      .wiping(.completed), .awaitingEvidenceEvidenceAttestOnly,
      [.audit(.evidenceAccepted), .send(farewell), .wipe])
  }

  /// Derives both record keys under the transcript and sends the client's Finished.
  private consuming func offer(
    _ parts: EvidenceParts<Crypto.Bytes>, _ evidence: Crypto.VerifiedEvidence,
    _ transcript: Crypto.Digest, _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    let crypto = context.crypto
    let fields = parts.fields
    let claims: [SessionClaim<Crypto>] = [
      .evidenceVerified(sessionID: fields.sessionID, keyPublic: fields.keyPublic)
    ]
    let first: [ClientAction<Crypto.Bytes>] = [.audit(.evidenceAccepted)]
    guard
      crypto.count(topology.material) <= fields.limits.maxTopologyBytes
        || planted("client-topology-unbounded")
    else {
      return .unkeyedEnd(
        .awaitingEvidenceEvidenceOversize, .failing(.tooLarge), first: first, claims: claims,
        context)
    }
    let offer = crypto.transcriptOffer(transcript, document: parts.document)
    do throws(ProviderFailure) {
      let (exchange, exporterMaterial) = try crypto.offerKeys(
        to: fields.keyPublic, seed: seed.material, transcript: offer)
      let exporter = Secret<Crypto>(exporterMaterial)
      let keys = crypto.transcriptKeys(offer, exchange: exchange)
      var send = SendKey<Crypto>(
        Secret(
          try crypto.exportRecordKey(
            exporter.material, direction: .clientToEnclave, transcript: keys)),
        sessionID: fields.sessionID, direction: .clientToEnclave)
      let early =
        planted("client-topology-before-confirm")
        ? try send.seal(topology, as: .topologyDeliver, phase: .topologyDeliver, by: crypto) : []
      let receive = Secret<Crypto>(
        try crypto.exportRecordKey(
          exporter.material, direction: .enclaveToClient, transcript: keys))
      let facts = ClientFacts<Crypto>(
        fields: fields, nonce: nonce, document: parts.document, evidence: evidence)
      let next = ClientAwaitingConfirm<Crypto>(
        session: ClientKeys(facts: facts, receiveKey: receive, send: send), transcript: keys,
        topology: topology)
      let frame = OutgoingFrame(.keyExchange, crypto.encode(exchange))
      return ClientStep(
        .awaitingConfirm(next), .awaitingEvidenceEvidenceAccepted,
        first + [.send(frame)] + early.map { .send($0) }, claims: claims,
        lifeEnd: planted("client-life-unbounded")
          ? nil : context.time.adding(seconds: fields.limits.maxSessionSeconds))
    } catch {
      switch error {
      case .refused:
        return .unkeyedEnd(
          .awaitingEvidenceEvidenceUnusable, .failing(.keyExchangeFailed), first: first,
          claims: claims, context)
      case .fault:
        return conclude(.awaitingEvidenceFaultAlways, .fault, context)
      }
    }
  }
}

/// What a client knows of the enclave that it verified.
struct ClientFacts<Crypto: SessionCryptography> {
  let fields: EvidenceFields<Crypto.Bytes>
  let nonce: Crypto.Bytes
  let document: Crypto.Bytes
  let evidence: Crypto.VerifiedEvidence
}

/// The keys and facts of a session from the key exchange to its end.
struct ClientKeys<Crypto: SessionCryptography>: ~Copyable {
  let facts: ClientFacts<Crypto>
  let receiveKey: Secret<Crypto>
  var send: SendKey<Crypto>
  /// Results accepted so far; the next request must carry this number.
  var inferences: UInt64 = 0

  init(
    facts: ClientFacts<Crypto>, receiveKey: consuming Secret<Crypto>,
    send: consuming SendKey<Crypto>, inferences: UInt64 = 0
  ) {
    self.facts = facts
    self.receiveKey = receiveKey
    self.send = send
    self.inferences = inferences
  }

  /// What opens the enclave's next record.
  borrowing func opener(_ sequence: UInt64) -> RecordOpener<Crypto> {
    RecordOpener(
      key: receiveKey.material,
      context: RecordContext(
        sessionID: facts.fields.sessionID, direction: .enclaveToClient, sequence: sequence))
  }

  /// The end of a session with confirmed keys: a sealed Abort where one is due, then the wipe.
  consuming func end(
    _ state: ClientState, _ row: ClientRow, _ ending: Ending,
    _ context: borrowing ClientContext<Crypto>
  ) -> ClientStep<Crypto> {
    guard case .abort = ending.farewell, let code = ending.outcome.code,
      !planted("client-abort-in-clear")
    else {
      return .unkeyedEnd(row, ending, context)
    }
    do throws(ProviderFailure) {
      let frames = try send.sealAbort(code, phase: state.phase, by: context.crypto)
      let told = Ending(outcome: ending.outcome, farewell: .silence)
      return .unkeyedEnd(row, told, first: frames.map { .send($0) }, context)
    } catch {
      guard let fault = ClientRow.find(state, .fault, .always) else {
        preconditionFailure("the table is total")
      }
      return .unkeyedEnd(fault, .fault, context)
    }
  }
}
