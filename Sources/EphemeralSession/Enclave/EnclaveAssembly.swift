import EphemeralWire

/// Weight chunks arrive and the driver opens them.
struct EnclaveAssembling<Crypto: SessionCryptography>: ~Copyable, EnclaveSecured {
  static var name: EnclaveState { .assembling }
  let session: EnclaveKeys<Crypto>
  let admission: TopologyAdmission<Crypto.Bytes>
  var fetch: WeightFetch<Crypto.Bytes>

  consuming func staying() -> EnclaveStage<Crypto> { .assembling(self) }
  consuming func release() -> EnclaveKeys<Crypto> { session }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .weightChunk(let payload):
      guard let chunk = context.crypto.decodeWeightChunk(payload) else {
        return conclude(.assemblingWeightChunkMalformed, .failing(.malformed), context)
      }
      guard fetch.receive(chunk) else {
        return conclude(.assemblingWeightChunkMisplaced, .failing(.weightsInvalid), context)
      }
      return EnclaveStep(
        .assembling(self), .assemblingWeightChunkNext, [.openChunk(index: chunk.index)])
    case .chunkOpened(let index):
      switch fetch.open(index) {
      case .misplaced:
        return conclude(.assemblingChunkOpenedMisplaced, .failing(.internalError), context)
      case .more:
        let requests: [EnclaveAction<Crypto>] = fetch.requests(by: context.crypto)
        return EnclaveStep(.assembling(self), .assemblingChunkOpenedMore, requests)
      case .last:
        let next = EnclaveFinishing<Crypto>(session: session, admission: admission)
        return EnclaveStep(.finishing(next), .assemblingChunkOpenedLast, [.finishAssembly])
      }
    case .clientHello, .keyExchange, .abort, .otherFrame, .broken, .unreadable, .topologyDeliver,
      .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }
}

/// Every chunk is open; the driver checks the digest and builds the model.
struct EnclaveFinishing<Crypto: SessionCryptography>: ~Copyable, EnclaveSecured {
  static var name: EnclaveState { .finishing }
  var session: EnclaveKeys<Crypto>
  let admission: TopologyAdmission<Crypto.Bytes>

  consuming func staying() -> EnclaveStage<Crypto> { .finishing(self) }
  consuming func release() -> EnclaveKeys<Crypto> { session }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .assembled(let fields):
      return announce(fields, context)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady,
      .topologyAdmitted, .chunkOpened, .inferred, .failed, .fault, .wiped, .deadline,
      .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  /// Tells the client which model stands.
  private consuming func announce(
    _ fields: AssembledFields<Crypto.Bytes>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    var actions: [EnclaveAction<Crypto>]
    do {
      let content = Secret<Crypto>(try context.crypto.assembledContent(fields))
      let frames = try session.send.seal(
        content, as: .assembled, phase: .assemble, by: context.crypto)
      actions = frames.map { .send($0) } + [.audit(.assembled)]
    } catch {
      return conclude(.finishingFaultAlways, .fault, context)
    }
    let row: EnclaveRow
    switch admission.lifetime {
    case .session:
      row = .finishingAssembledSession
    case .perInference:
      row = .finishingAssembledPerInference
      actions.append(.dropPlaintext)
    }
    let service = EnclaveService<Crypto>(
      session: session, admission: admission, modelHash: fields.modelHash)
    return EnclaveStep(
      .ready(EnclaveReady(service: service)), row, actions,
      claims: [.assembled(modelHash: fields.modelHash)])
  }
}
