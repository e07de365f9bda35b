extension ClientSession where Crypto: ForkableProvider {
  /// A second machine in the same state, for exploration; a real session cannot be forked.
  public borrowing func fork() -> ClientSession<Crypto> {
    ClientSession(
      configuration: configuration, stage: stage.fork(), timers: timers, received: received,
      last: last, evidenceReport: evidenceReport, wipeReport: wipeReport)
  }
}

extension ClientStage where Crypto: ForkableProvider {
  borrowing func fork() -> ClientStage<Crypto> {
    switch self {
    case .idle(let state):
      return .idle(
        ClientIdle(
          nonce: state.nonce, seed: state.seed.fork(), topology: state.topology.fork()))
    case .awaitingEvidence(let state):
      return .awaitingEvidence(
        ClientAwaitingEvidence(
          nonce: state.nonce, hello: state.hello, seed: state.seed.fork(),
          topology: state.topology.fork()))
    case .awaitingConfirm(let state):
      return .awaitingConfirm(
        ClientAwaitingConfirm(
          session: state.session.fork(), transcript: state.transcript,
          topology: state.topology.fork()))
    case .awaitingAssembly(let state):
      return .awaitingAssembly(ClientAwaitingAssembly(session: state.session.fork()))
    case .ready(let state): return .ready(ClientReady(session: state.session.fork()))
    case .awaitingResult(let state):
      return .awaitingResult(
        ClientAwaitingResult(session: state.session.fork(), head: state.head))
    case .gathering(let state):
      return .gathering(
        ClientGathering(
          session: state.session.fork(), head: state.head, result: state.result.fork()))
    case .delivering(let state):
      return .delivering(
        ClientDelivering(
          session: state.session.fork(),
          result: ClientResult(
            response: state.result.response.fork(), receipt: state.result.receipt,
            exposureNanoseconds: state.result.exposureNanoseconds,
            responseHash: state.result.responseHash)))
    case .awaitingZeroized(let state):
      return .awaitingZeroized(ClientAwaitingZeroized(session: state.session.fork()))
    case .wiping(let outcome): return .wiping(outcome)
    case .ended(let outcome): return .ended(outcome)
    }
  }
}
