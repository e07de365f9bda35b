extension EnclaveSession where Crypto: ForkableProvider {
  /// A second machine in the same state, for exploration; a real session cannot be forked.
  public borrowing func fork() -> EnclaveSession<Crypto> {
    EnclaveSession(
      configuration: configuration, stage: stage.fork(), timers: timers, received: received,
      last: last)
  }
}

extension EnclaveStage where Crypto: ForkableProvider {
  borrowing func fork() -> EnclaveStage<Crypto> {
    switch self {
    case .listening(let state):
      return .listening(
        EnclaveListening(
          sessionID: state.sessionID, keySeed: state.keySeed.fork(),
          receiptSeed: state.receiptSeed.fork()))
    case .attesting(let state):
      return .attesting(
        EnclaveAttesting(
          sessionID: state.sessionID, nonce: state.nonce, body: state.body,
          transcript: state.transcript, keyPrivate: state.keyPrivate.fork(),
          receiptKey: state.receiptKey.fork()))
    case .offered(let state):
      return .offered(
        EnclaveOffered(
          facts: state.facts, transcript: state.transcript, keyPrivate: state.keyPrivate.fork(),
          receiptKey: state.receiptKey.fork()))
    case .keyed(let state): return .keyed(EnclaveKeyed(session: state.session.fork()))
    case .gathering(let state):
      return .gathering(
        EnclaveGathering(session: state.session.fork(), topology: state.topology.fork()))
    case .admitting(let state):
      return .admitting(
        EnclaveAdmitting(session: state.session.fork(), topology: state.topology.fork()))
    case .assembling(let state):
      return .assembling(
        EnclaveAssembling(
          session: state.session.fork(), admission: state.admission, fetch: state.fetch))
    case .finishing(let state):
      return .finishing(
        EnclaveFinishing(session: state.session.fork(), admission: state.admission))
    case .ready(let state): return .ready(EnclaveReady(service: state.service.fork()))
    case .collecting(let state):
      return .collecting(
        EnclaveCollecting(service: state.service.fork(), request: state.request.fork()))
    case .refetching(let state):
      return .refetching(
        EnclaveRefetching(
          service: state.service.fork(), head: state.head, request: state.request.fork(),
          fetch: state.fetch))
    case .inferring(let state):
      return .inferring(
        EnclaveInferring(
          service: state.service.fork(), head: state.head, request: state.request.fork()))
    case .reporting(let state):
      return .reporting(
        EnclaveReporting(
          sessionID: state.sessionID, inferences: state.inferences,
          receiptKey: state.receiptKey.fork(), send: state.send.fork(), outcome: state.outcome))
    case .wiping(let outcome): return .wiping(outcome)
    case .ended(let outcome): return .ended(outcome)
    }
  }
}
