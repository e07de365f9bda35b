import EphemeralWire
import FaultPoints

/// Waits for ClientHello; holds the session's entropy.
struct EnclaveListening<Crypto: SessionCryptography>: ~Copyable, EnclaveLive {
  static var name: EnclaveState { .listening }
  let sessionID: Crypto.Bytes
  let keySeed: Secret<Crypto>
  let receiptSeed: Secret<Crypto>

  consuming func staying() -> EnclaveStage<Crypto> { .listening(self) }

  consuming func conclude(
    _ row: EnclaveRow, _ ending: Ending, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    .unkeyedEnd(row, ending, context)
  }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .clientHello(let payload):
      switch context.crypto.decodeHello(payload) {
      case .malformed:
        return conclude(.listeningClientHelloMalformed, .failing(.malformed), context)
      case .unsupported:
        return conclude(.listeningClientHelloUnsupported, .failing(.unsupportedVersion), context)
      case .hello(let nonce):
        return answer(payload, nonce, context)
      }
    case .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable, .topologyDeliver,
      .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }

  /// Makes the session's two key pairs and asks for the document that vouches for them.
  private consuming func answer(
    _ hello: Crypto.Bytes, _ nonce: Crypto.Bytes, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    let crypto = context.crypto
    do {
      let (keyMaterial, keyPublic) = try crypto.makeKeyPair(seed: keySeed.material)
      let key = Secret<Crypto>(keyMaterial)
      let (receiptMaterial, receiptPublic) = try crypto.makeReceiptKey(seed: receiptSeed.material)
      let receiptKey = Secret<Crypto>(receiptMaterial)
      let body = crypto.encode(
        EvidenceFields(
          sessionID: sessionID, keyPublic: keyPublic, receiptPublic: receiptPublic,
          limits: context.configuration.limits))
      let transcript = crypto.transcriptEvidence(hello: hello, body: body)
      let next = EnclaveAttesting<Crypto>(
        sessionID: sessionID, nonce: nonce, body: body, transcript: transcript, keyPrivate: key,
        receiptKey: receiptKey)
      return EnclaveStep(
        .attesting(next), .listeningClientHelloValid,
        [
          .audit(.evidenceAsked),
          .requestEvidence(
            userData: transcript, nonce: nonce,
            publicKey: planted("enclave-key-unattested") ? receiptPublic : keyPublic),
        ])
    } catch {
      return conclude(.listeningFaultAlways, .fault, context)
    }
  }
}

/// Waits for the attestation device.
struct EnclaveAttesting<Crypto: SessionCryptography>: ~Copyable, EnclaveLive {
  static var name: EnclaveState { .attesting }
  let sessionID: Crypto.Bytes
  let nonce: Crypto.Bytes
  let body: Crypto.Bytes
  let transcript: Crypto.Digest
  let keyPrivate: Secret<Crypto>
  let receiptKey: Secret<Crypto>

  consuming func staying() -> EnclaveStage<Crypto> { .attesting(self) }

  consuming func conclude(
    _ row: EnclaveRow, _ ending: Ending, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    .unkeyedEnd(row, ending, context)
  }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .evidenceReady(let document):
      guard let payload = context.crypto.encodeEvidence(body: body, document: document) else {
        return conclude(
          .attestingEvidenceReadyOversize, .failing(.attestationUnavailable), context)
      }
      let offer = context.crypto.transcriptOffer(transcript, document: document)
      let next = EnclaveOffered<Crypto>(
        facts: EnclaveFacts(sessionID: sessionID, nonce: nonce, document: document),
        transcript: offer, keyPrivate: keyPrivate, receiptKey: receiptKey)
      return EnclaveStep(
        .offered(next), .attestingEvidenceReadyValid, [.send(OutgoingFrame(.evidence, payload))])
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .inferRequest, .close, .sealedAbort, .otherRecord, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }
}

/// Evidence is sent; waits for KeyExchange.
struct EnclaveOffered<Crypto: SessionCryptography>: ~Copyable, EnclaveLive {
  static var name: EnclaveState { .offered }
  let facts: EnclaveFacts<Crypto>
  let transcript: Crypto.Digest
  let keyPrivate: Secret<Crypto>
  let receiptKey: Secret<Crypto>

  consuming func staying() -> EnclaveStage<Crypto> { .offered(self) }

  consuming func conclude(
    _ row: EnclaveRow, _ ending: Ending, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    .unkeyedEnd(row, ending, context)
  }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .clientHello where planted("enclave-hello-twice"):
      guard let row = EnclaveRow.find(.offered, .clientHello, .always) else {
        preconditionFailure("the table is total")
      }
      return EnclaveStep(staying(), row)
    case .keyExchange(let payload):
      guard let exchange = context.crypto.decodeKeyExchange(payload) else {
        return conclude(.offeredKeyExchangeMalformed, .failing(.malformed), context)
      }
      return accept(exchange, context)
    case .clientHello, .abort, .weightChunk, .otherFrame, .broken, .unreadable, .topologyDeliver,
      .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }

  /// Opens the client's Finished and answers with the enclave's: its first record.
  private consuming func accept(
    _ exchange: KeyExchangeFields<Crypto.Bytes>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    let crypto = context.crypto
    do throws(ProviderFailure) {
      let exporter = Secret<Crypto>(
        try crypto.acceptKeys(exchange, key: keyPrivate.material, transcript: transcript))
      let keys = crypto.transcriptKeys(transcript, exchange: exchange)
      let receive = Secret<Crypto>(
        try crypto.exportRecordKey(
          exporter.material, direction: .clientToEnclave, transcript: keys))
      var send = SendKey<Crypto>(
        Secret(
          try crypto.exportRecordKey(
            exporter.material, direction: .enclaveToClient, transcript: keys)),
        sessionID: facts.sessionID, direction: .enclaveToClient)
      let confirm = Secret<Crypto>(try crypto.confirmContent(keys))
      let frames = try send.seal(confirm, as: .keyConfirm, phase: .keyExchange, by: crypto)
      let claim = SessionClaim<Crypto>.keysAccepted(sessionID: facts.sessionID, transcript: keys)
      let session = EnclaveKeys<Crypto>(
        facts: facts, receiptKey: receiptKey, receiveKey: receive, send: send)
      return EnclaveStep(
        .keyed(EnclaveKeyed(session: session)), .offeredKeyExchangeOpens,
        frames.map { .send($0) } + [.audit(.keysConfirmed)], claims: [claim])
    } catch {
      switch error {
      case .refused:
        return conclude(.offeredKeyExchangeRefused, .failing(.keyExchangeFailed), context)
      case .fault:
        return conclude(.offeredFaultAlways, .fault, context)
      }
    }
  }
}

/// What an enclave session has told and been told in the open.
struct EnclaveFacts<Crypto: SessionCryptography> {
  let sessionID: Crypto.Bytes
  let nonce: Crypto.Bytes
  let document: Crypto.Bytes
}
