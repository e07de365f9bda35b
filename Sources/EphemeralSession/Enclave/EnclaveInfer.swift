import EphemeralWire
import FaultPoints

/// The model stands; waits for a request or Close.
struct EnclaveReady<Crypto: SessionCryptography>: ~Copyable, EnclaveServing {
  static var name: EnclaveState { .ready }
  let service: EnclaveService<Crypto>
  var session: EnclaveKeys<Crypto> { _read { yield service.session } }

  consuming func staying() -> EnclaveStage<Crypto> { .ready(self) }
  consuming func releaseService() -> EnclaveService<Crypto> { service }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .inferRequest(let piece):
      return receive(piece, arrival.take(), context)
    case .close:
      let ending = Ending(outcome: .completed, farewell: .silence)
      return conclude(.readyCloseAlways, ending, context)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }

  private consuming func receive(
    _ piece: Piece, _ content: consuming Secret<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    guard
      service.session.inferences < service.admission.maximumInferences
        || planted("enclave-inferences-unbounded")
    else {
      return conclude(.readyInferRequestExhausted, .failing(.lifetimeEnded), context)
    }
    let maximum = context.configuration.limits.maxRequestBytes
    switch GatheringCounts().accepting(piece, maximum: maximum) {
    case .oversize:
      return conclude(.readyInferRequestOversize, .failing(.tooLarge), context)
    case .inconsistent:
      return conclude(.readyInferRequestInconsistent, .failing(.recordInvalid), context)
    case .more(let counts):
      let message = Gathering<Crypto>(content: content, counts: counts)
      let next = EnclaveCollecting(service: service, request: message)
      return EnclaveStep(.collecting(next), .readyInferRequestMore)
    case .complete:
      break
    }
    switch service.judge(content, by: context.crypto) {
    case .malformed:
      return conclude(.readyInferRequestMalformed, .failing(.inputInvalid), context)
    case .outOfOrder:
      return conclude(.readyInferRequestOutOfOrder, .failing(.unexpectedMessage), context)
    case .refetch(let head):
      return service.begin(
        head, content, refetches: true, row: .readyInferRequestRefetch, context)
    case .compute(let head):
      return service.begin(
        head, content, refetches: false, row: .readyInferRequestComplete, context)
    }
  }
}

/// Some pieces of a request have come.
struct EnclaveCollecting<Crypto: SessionCryptography>: ~Copyable, EnclaveServing {
  static var name: EnclaveState { .collecting }
  let service: EnclaveService<Crypto>
  var request: Gathering<Crypto>
  var session: EnclaveKeys<Crypto> { _read { yield service.session } }

  consuming func staying() -> EnclaveStage<Crypto> { .collecting(self) }
  consuming func releaseService() -> EnclaveService<Crypto> { service }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .inferRequest(let piece):
      return gather(piece, arrival.take(), context)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }

  private consuming func gather(
    _ piece: Piece, _ content: consuming Secret<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    let maximum = context.configuration.limits.maxRequestBytes
    let verdict = request.counts.accepting(piece, maximum: maximum)
    switch verdict {
    case .oversize:
      return conclude(.collectingInferRequestOversize, .failing(.tooLarge), context)
    case .inconsistent:
      return conclude(.collectingInferRequestInconsistent, .failing(.recordInvalid), context)
    case .more, .complete:
      do {
        try request.content.append(content, by: context.crypto)
      } catch {
        return conclude(.collectingFaultAlways, .fault, context)
      }
    }
    if case .more(let counts) = verdict {
      request.counts = counts
      return EnclaveStep(.collecting(self), .collectingInferRequestMore)
    }
    switch service.judge(request.content, by: context.crypto) {
    case .malformed:
      return conclude(.collectingInferRequestMalformed, .failing(.inputInvalid), context)
    case .outOfOrder:
      return conclude(.collectingInferRequestOutOfOrder, .failing(.unexpectedMessage), context)
    case .refetch(let head):
      return service.begin(
        head, request.content, refetches: true, row: .collectingInferRequestRefetch, context)
    case .compute(let head):
      return service.begin(
        head, request.content, refetches: false, row: .collectingInferRequestComplete, context)
    }
  }
}

/// Lifetime `perInference` without a sealed copy: the weights come once more.
struct EnclaveRefetching<Crypto: SessionCryptography>: ~Copyable, EnclaveServing {
  static var name: EnclaveState { .refetching }
  let service: EnclaveService<Crypto>
  let head: RequestHead<Crypto.Bytes>
  let request: Secret<Crypto>
  var fetch: WeightFetch<Crypto.Bytes>
  var session: EnclaveKeys<Crypto> { _read { yield service.session } }

  consuming func staying() -> EnclaveStage<Crypto> { .refetching(self) }
  consuming func releaseService() -> EnclaveService<Crypto> { service }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .weightChunk(let payload):
      guard let chunk = context.crypto.decodeWeightChunk(payload) else {
        return conclude(.refetchingWeightChunkMalformed, .failing(.malformed), context)
      }
      guard fetch.receive(chunk) else {
        return conclude(.refetchingWeightChunkMisplaced, .failing(.weightsInvalid), context)
      }
      return EnclaveStep(
        .refetching(self), .refetchingWeightChunkNext, [.openChunk(index: chunk.index)])
    case .chunkOpened(let index):
      switch fetch.open(index) {
      case .misplaced:
        return conclude(.refetchingChunkOpenedMisplaced, .failing(.internalError), context)
      case .more:
        let requests: [EnclaveAction<Crypto>] = fetch.requests(by: context.crypto)
        return EnclaveStep(.refetching(self), .refetchingChunkOpenedMore, requests)
      case .last:
        return service.begin(
          head, request, refetches: false, row: .refetchingChunkOpenedLast, context)
      }
    case .clientHello, .keyExchange, .abort, .otherFrame, .broken, .unreadable, .topologyDeliver,
      .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }
}

/// The driver computes.
struct EnclaveInferring<Crypto: SessionCryptography>: ~Copyable, EnclaveServing {
  static var name: EnclaveState { .inferring }
  var service: EnclaveService<Crypto>
  let head: RequestHead<Crypto.Bytes>
  let request: Secret<Crypto>
  var session: EnclaveKeys<Crypto> { _read { yield service.session } }

  consuming func staying() -> EnclaveStage<Crypto> { .inferring(self) }
  consuming func releaseService() -> EnclaveService<Crypto> { service }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .inferred(let statistics):
      return answer(arrival.take(), statistics, context)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady,
      .topologyAdmitted, .chunkOpened, .assembled, .failed, .fault, .wiped, .deadline,
      .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  /// Seals the result; the response leaves only so.
  private consuming func answer(
    _ response: consuming Secret<Crypto>, _ statistics: InferenceStatistics,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    let hash = context.crypto.responseHash(response.material)
    let frames: [OutgoingFrame<Crypto.Bytes>]
    do {
      switch try service.answer(head, response, hash: hash, statistics, context) {
      case .oversize: return conclude(.inferringInferredOversize, .failing(.tooLarge), context)
      case .spent: return conclude(.inferringInferredSpent, .failing(.sequenceExhausted), context)
      case .sealed(let sealed): frames = sealed
      }
    } catch {
      return conclude(.inferringFaultAlways, .fault, context)
    }
    if !planted("enclave-inference-uncounted") { service.session.inferences += 1 }
    let claim = SessionClaim<Crypto>.inferred(
      sequence: head.sequence, requestHash: head.hash, responseHash: hash)
    return EnclaveStep(
      .ready(EnclaveReady(service: service)), .inferringInferredAnswers,
      frames.map { .send($0) } + [.audit(.inferred)], claims: [claim])
  }
}
