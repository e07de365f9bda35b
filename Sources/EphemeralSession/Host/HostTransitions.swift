import EphemeralWire
import FaultPoints

extension HostContext {
  /// Hands the input to the state.
  func handle(
    _ input: HostInput<Codec.Bytes>, _ stage: HostStage<Codec.Bytes>
  ) -> HostStep<Codec.Bytes> {
    switch stage {
    case .idle: return idle(input)
    case .opening(let blobID, let size): return opening(input, blobID, size)
    case .storing(let size, let next): return storing(input, size, next)
    case .publishing(let size):
      guard case .stored = input else { return dispose(input, stage) }
      let status = OutgoingFrame(.putStatus, codec.encodePutStored(size: size))
      return HostStep(
        .idle, .publishingStoredAlways, [.audit(.blobStored), .send(status, to: .client)])
    case .lookingUp:
      guard case .blobFound(let presence) = input else { return dispose(input, stage) }
      let reply = OutgoingFrame(.haveReply, codec.encode(presence))
      return HostStep(.idle, .lookingUpBlobFoundAlways, [.send(reply, to: .client)])
    case .attesting:
      if case .evidence(let frame) = input {
        return HostStep(
          .offered, .attestingEvidenceAlways,
          [.forward(frame, to: planted("host-returns-evidence") ? .enclave : .client)])
      }
      if planted("host-forwards-early"), case .clientSealed(let frame) = input {
        return HostStep(
          stage, row(stage, input, .always), [.forward(frame, to: .enclave)])
      }
      return audit(
        input, stage, valid: .attestingAuditRecordValid,
        malformed: .attestingAuditRecordMalformed)
    case .offered:
      if case .keyExchange(let frame) = input {
        return HostStep(
          .relaying([]), .offeredKeyExchangeAlways, [.forward(frame, to: .enclave)])
      }
      return audit(
        input, stage, valid: .offeredAuditRecordValid, malformed: .offeredAuditRecordMalformed)
    case .relaying(let requests): return relaying(input, requests)
    case .draining(let outcome): return draining(input, outcome)
    case .ended: return HostStep(stage, row(stage, input, .always))
    }
  }

  private func idle(_ input: HostInput<Codec.Bytes>) -> HostStep<Codec.Bytes> {
    switch input {
    case .clientHello(let frame):
      return HostStep(
        .attesting, .idleClientHelloAlways,
        [.audit(.evidenceAsked), .connectEnclave, .forward(frame, to: .enclave)])
    case .putBegin(let payload):
      guard let begin = codec.decodePutBegin(payload) else {
        return refuse(.idlePutBeginMalformed, .malformed)
      }
      guard begin.size <= configuration.maximumBlobBytes || planted("host-store-unbounded") else {
        return refuse(.idlePutBeginOversize, .tooLarge)
      }
      return HostStep(
        .opening(blobID: begin.blobID, size: begin.size), .idlePutBeginValid,
        [.beginStore(blobID: begin.blobID, size: begin.size)])
    case .have(let payload):
      guard let blobID = codec.decodeHave(payload) else {
        return refuse(.idleHaveMalformed, .malformed)
      }
      return HostStep(.lookingUp, .idleHaveValid, [.lookUpBlob(blobID)])
    case .keyExchange, .clientSealed, .clientAbort, .putData, .otherFromClient, .clientBroken,
      .evidence, .enclaveSealed, .enclaveAbort, .weightRequest, .auditRecord, .otherFromEnclave,
      .enclaveBroken, .storeReady, .stored, .blobFound, .weightsRead, .failed, .deadline,
      .clientClosed, .enclaveClosed, .cancel:
      return dispose(input, .idle)
    }
  }

  private func opening(
    _ input: HostInput<Codec.Bytes>, _ blobID: Codec.Bytes, _ size: UInt64
  ) -> HostStep<Codec.Bytes> {
    let stage = HostStage.opening(blobID: blobID, size: size)
    guard case .storeReady(let offset) = input else { return dispose(input, stage) }
    if offset > size { return fail(stage, .openingStoreReadyExcess, .internalError) }
    if offset == size {
      let status = OutgoingFrame(.putStatus, codec.encodePutStored(size: size))
      return HostStep(
        .idle, .openingStoreReadyWhole, [.abandonStore, .send(status, to: .client)])
    }
    let status = OutgoingFrame(.putStatus, codec.encodePutReady(offset: offset))
    return HostStep(
      .storing(size: size, next: offset), .openingStoreReadyPartial,
      [.send(status, to: .client)])
  }

  private func storing(
    _ input: HostInput<Codec.Bytes>, _ size: UInt64, _ next: UInt64
  ) -> HostStep<Codec.Bytes> {
    let stage = HostStage<Codec.Bytes>.storing(size: size, next: next)
    guard case .putData(let payload) = input else { return dispose(input, stage) }
    guard let data = codec.decodePutData(payload) else {
      return fail(stage, .storingPutDataMalformed, .malformed)
    }
    guard data.offset == next || planted("host-store-out-of-order"), data.count > 0,
      data.count <= size - next
    else {
      return fail(stage, .storingPutDataMisplaced, .blobMismatch)
    }
    let store = HostAction.storeData(offset: data.offset, bytes: data.bytes)
    let end = next + data.count
    if end == size {
      return HostStep(.publishing(size: size), .storingPutDataLast, [store, .finishStore])
    }
    return HostStep(.storing(size: size, next: end), .storingPutDataMore, [store])
  }

  private func relaying(
    _ input: HostInput<Codec.Bytes>, _ requests: [WeightRange<Codec.Bytes>]
  ) -> HostStep<Codec.Bytes> {
    let stage = HostStage.relaying(requests)
    switch input {
    case .clientSealed(let frame):
      return HostStep(stage, .relayingClientSealedAlways, [.forward(frame, to: .enclave)])
    case .enclaveSealed(let frame):
      return HostStep(stage, .relayingEnclaveSealedAlways, [.forward(frame, to: .client)])
    case .weightRequest(let payload):
      guard let range = codec.decodeWeightRequest(payload) else {
        return fail(stage, .relayingWeightRequestMalformed, .malformed)
      }
      guard
        requests.count < SessionBounds.outstandingWeightRequests
          || planted("host-requests-unbounded"), range.count > 0,
        range.count <= SessionBounds.chunksPerRequest
      else { return fail(stage, .relayingWeightRequestExcess, .tooLarge) }
      return HostStep(
        .relaying(requests + [range]), .relayingWeightRequestValid, [.readWeights(range)])
    case .weightsRead(let chunk):
      guard var range = requests.first,
        range.first == chunk.index || planted("host-chunks-out-of-order")
      else {
        return fail(stage, .relayingWeightsReadUnasked, .internalError)
      }
      range.first += 1
      range.count -= 1
      let rest = (range.count == 0 ? [] : [range]) + requests.dropFirst()
      return HostStep(
        .relaying(rest), .relayingWeightsReadNext,
        [.send(OutgoingFrame(.weightChunk, codec.encode(chunk)), to: .enclave)])
    case .enclaveClosed:
      return HostStep(
        .ended(.completed), .relayingEnclaveClosedAlways, [.close(.completed)])
    case .auditRecord:
      return audit(
        input, stage, valid: .relayingAuditRecordValid,
        malformed: .relayingAuditRecordMalformed)
    case .clientHello, .keyExchange, .clientAbort, .putBegin, .putData, .have, .otherFromClient,
      .clientBroken, .evidence, .enclaveAbort, .otherFromEnclave, .enclaveBroken, .storeReady,
      .stored, .blobFound, .failed, .deadline, .clientClosed, .cancel:
      return dispose(input, stage)
    }
  }

  /// The client is gone or will hear no more; the enclave's last audit records still count.
  private func draining(
    _ input: HostInput<Codec.Bytes>, _ outcome: SessionOutcome
  ) -> HostStep<Codec.Bytes> {
    let stage = HostStage<Codec.Bytes>.draining(outcome)
    let ended = HostStage<Codec.Bytes>.ended(outcome)
    switch input {
    case .auditRecord(let payload):
      guard let record = codec.decodeAudit(payload) else {
        return HostStep(stage, .drainingAuditRecordMalformed)
      }
      return HostStep(stage, .drainingAuditRecordValid, [.logEnclave(record: record)])
    case .enclaveBroken:
      return HostStep(ended, .drainingEnclaveBrokenAlways, [.close(outcome)])
    case .enclaveClosed:
      return HostStep(ended, .drainingEnclaveClosedAlways, [.close(outcome)])
    case .deadline:
      switch timers.judge(time) {
      case .lifetime: return HostStep(ended, .drainingDeadlineLifetime, [.close(outcome)])
      case .due: return HostStep(ended, .drainingDeadlineDue, [.close(outcome)])
      default: return HostStep(stage, .drainingDeadlineEarly)
      }
    case .clientHello, .keyExchange, .clientSealed, .clientAbort, .putBegin, .putData, .have,
      .otherFromClient, .clientBroken, .evidence, .enclaveSealed, .enclaveAbort, .weightRequest,
      .otherFromEnclave, .storeReady, .stored, .blobFound, .weightsRead, .failed, .clientClosed,
      .cancel:
      return HostStep(stage, row(stage, input, .always))
    }
  }

  /// An audit record of the enclave in a live session.
  private func audit(
    _ input: HostInput<Codec.Bytes>, _ stage: HostStage<Codec.Bytes>, valid: HostRow,
    malformed: HostRow
  ) -> HostStep<Codec.Bytes> {
    guard case .auditRecord(let payload) = input else { return dispose(input, stage) }
    guard let record = codec.decodeAudit(payload) else {
      return fail(stage, malformed, .malformed)
    }
    return HostStep(stage, valid, [.logEnclave(record: record)])
  }
}
