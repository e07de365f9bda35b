import EphemeralWire
import FaultPoints

/// A state with record keys and nothing else that its end would need.
protocol EnclaveSecured<Crypto>: EnclaveLive, ~Copyable {
  /// The session's keys, out of the state that is left.
  consuming func release() -> EnclaveKeys<Crypto>
}

extension EnclaveSecured where Self: ~Copyable {
  consuming func conclude(
    _ row: EnclaveRow, _ ending: Ending, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    release().end(Self.name, row, ending, context)
  }
}

/// Record keys exist; waits for the first piece of the topology.
struct EnclaveKeyed<Crypto: SessionCryptography>: ~Copyable, EnclaveSecured {
  static var name: EnclaveState { .keyed }
  let session: EnclaveKeys<Crypto>

  consuming func staying() -> EnclaveStage<Crypto> { .keyed(self) }
  consuming func release() -> EnclaveKeys<Crypto> { session }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .keyExchange where planted("enclave-exchange-twice"):
      guard let row = EnclaveRow.find(.keyed, .keyExchange, .always) else {
        preconditionFailure("the table is total")
      }
      return EnclaveStep(staying(), row)
    case .topologyDeliver(let piece):
      let maximum = context.configuration.limits.maxTopologyBytes
      switch GatheringCounts().accepting(piece, maximum: maximum) {
      case .oversize:
        return conclude(.keyedTopologyDeliverOversize, .failing(.tooLarge), context)
      case .inconsistent:
        return conclude(.keyedTopologyDeliverInconsistent, .failing(.recordInvalid), context)
      case .more(let counts):
        let message = Gathering<Crypto>(content: arrival.take(), counts: counts)
        let next = EnclaveGathering(session: session, topology: message)
        return EnclaveStep(.gathering(next), .keyedTopologyDeliverMore)
      case .complete:
        return EnclaveAdmitting<Crypto>.enter(
          session, arrival.take(), .keyedTopologyDeliverComplete)
      }
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }
}

/// Some pieces of the topology have come.
struct EnclaveGathering<Crypto: SessionCryptography>: ~Copyable, EnclaveSecured {
  static var name: EnclaveState { .gathering }
  let session: EnclaveKeys<Crypto>
  var topology: Gathering<Crypto>

  consuming func staying() -> EnclaveStage<Crypto> { .gathering(self) }
  consuming func release() -> EnclaveKeys<Crypto> { session }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ arrival: inout Arrival<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .topologyDeliver(let piece):
      return gather(piece, arrival.take(), context)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady, .topologyAdmitted,
      .chunkOpened, .assembled, .inferred, .failed, .fault, .wiped, .deadline, .peerClosed,
      .cancel:
      return dispose(input, context)
    }
  }

  private consuming func gather(
    _ piece: Piece, _ content: consuming Secret<Crypto>,
    _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    let maximum = context.configuration.limits.maxTopologyBytes
    let verdict = topology.counts.accepting(piece, maximum: maximum)
    switch verdict {
    case .oversize:
      return conclude(.gatheringTopologyDeliverOversize, .failing(.tooLarge), context)
    case .inconsistent:
      return conclude(.gatheringTopologyDeliverInconsistent, .failing(.recordInvalid), context)
    case .more, .complete:
      do {
        try topology.content.append(content, by: context.crypto)
      } catch {
        return conclude(.gatheringFaultAlways, .fault, context)
      }
    }
    if case .more(let counts) = verdict {
      topology.counts = counts
      return EnclaveStep(.gathering(self), .gatheringTopologyDeliverMore)
    }
    return EnclaveAdmitting<Crypto>.enter(
      session, topology.content, .gatheringTopologyDeliverComplete)
  }
}

/// The topology is whole; the driver parses and judges it.
struct EnclaveAdmitting<Crypto: SessionCryptography>: ~Copyable, EnclaveSecured {
  static var name: EnclaveState { .admitting }
  let session: EnclaveKeys<Crypto>
  let topology: Secret<Crypto>

  /// The transition into this state.
  static func enter(
    _ session: consuming EnclaveKeys<Crypto>, _ topology: consuming Secret<Crypto>,
    _ row: EnclaveRow
  ) -> EnclaveStep<Crypto> {
    let claim = SessionClaim<Crypto>.topologyReceived(sessionID: session.facts.sessionID)
    let next = EnclaveAdmitting(session: session, topology: topology)
    return EnclaveStep(.admitting(next), row, [.admitTopology], claims: [claim])
  }

  consuming func staying() -> EnclaveStage<Crypto> { .admitting(self) }
  consuming func release() -> EnclaveKeys<Crypto> { session }

  consuming func handle(
    _ input: EnclaveInput<Crypto>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    switch input {
    case .topologyAdmitted(let admission):
      return admit(admission, context)
    case .failed(let code):
      return release().end(
        .admitting, .admittingFailedAlways, .failing(code), first: [.audit(.topologyRefused)],
        context)
    case .clientHello, .keyExchange, .abort, .weightChunk, .otherFrame, .broken, .unreadable,
      .topologyDeliver, .inferRequest, .close, .sealedAbort, .otherRecord, .evidenceReady,
      .chunkOpened, .assembled, .inferred, .fault, .wiped, .deadline, .peerClosed, .cancel:
      return dispose(input, context)
    }
  }

  /// Starts to fetch the weights, or goes on with the cached blob.
  private consuming func admit(
    _ admission: TopologyAdmission<Crypto.Bytes>, _ context: borrowing EnclaveContext<Crypto>
  ) -> EnclaveStep<Crypto> {
    guard admission.chunkCount > 0, admission.chunkCount <= WeightRequest.maximumChunks else {
      return conclude(.admittingTopologyAdmittedInvalid, .failing(.internalError), context)
    }
    let lifeEnd =
      planted("enclave-life-unbounded")
      ? nil : context.time.adding(seconds: admission.maximumSeconds)
    let accepted = EnclaveAction<Crypto>.audit(.topologyAccepted)
    switch admission.source {
    case .cache:
      let next = EnclaveFinishing<Crypto>(session: session, admission: admission)
      return EnclaveStep(
        .finishing(next), .admittingTopologyAdmittedCached, [accepted, .finishAssembly],
        lifeEnd: lifeEnd)
    case .host:
      var fetch = WeightFetch(admission, window: context.configuration.weightWindow)
      let requests: [EnclaveAction<Crypto>] = fetch.requests(by: context.crypto)
      let next = EnclaveAssembling<Crypto>(session: session, admission: admission, fetch: fetch)
      return EnclaveStep(
        .assembling(next), .admittingTopologyAdmittedFetch, [accepted] + requests,
        lifeEnd: lifeEnd)
    }
  }
}
