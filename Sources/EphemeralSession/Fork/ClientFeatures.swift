extension ClientSession where Crypto: ForkableProvider {
  /// Feeds everything on which the machine's future depends, but for times.
  public borrowing func feed(into sink: inout some StateSink<Crypto>) {
    sink.feed(word: UInt64(state.rawValue) << 32 | received)
    stage.feed(into: &sink)
    if let wipeReport { sink.feed(bytes: wipeReport) }
  }

  /// Records opened so far.
  public var recordsReceived: UInt64 { received }

  /// The key that opens the next record; nil in a state that opens none.
  public borrowing func receiveKey() -> Crypto.Material? {
    stage.opener(sequence: received)?.key
  }
}

extension ClientStage where Crypto: ForkableProvider {
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    switch self {
    case .idle(let state):
      sink.feed(bytes: state.nonce)
      sink.feed(secret: state.seed.material)
      sink.feed(secret: state.topology.material)
    case .awaitingEvidence(let state):
      sink.feed(bytes: state.nonce)
      sink.feed(bytes: state.hello)
      sink.feed(secret: state.seed.material)
      sink.feed(secret: state.topology.material)
    case .awaitingConfirm(let state):
      state.session.feed(into: &sink)
      sink.feed(digest: state.transcript)
      sink.feed(secret: state.topology.material)
    case .awaitingAssembly(let state): state.session.feed(into: &sink)
    case .ready(let state): state.session.feed(into: &sink)
    case .awaitingResult(let state):
      state.session.feed(into: &sink)
      sink.feed(state.head)
    case .gathering(let state):
      state.session.feed(into: &sink)
      sink.feed(state.head)
      state.result.feed(into: &sink)
    case .delivering(let state):
      state.session.feed(into: &sink)
      sink.feed(secret: state.result.response.material)
      sink.feed(bytes: state.result.receipt)
      sink.feed(bytes: state.result.responseHash)
    case .awaitingZeroized(let state): state.session.feed(into: &sink)
    case .wiping(let outcome): sink.feed(outcome)
    case .ended(let outcome): sink.feed(outcome)
    }
  }
}

extension ClientKeys where Crypto: ForkableProvider {
  /// Feeds keys, facts and counts; what the evidence proves follows from the facts.
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    sink.feed(facts.fields)
    sink.feed(bytes: facts.nonce)
    sink.feed(bytes: facts.document)
    sink.feed(secret: receiveKey.material)
    send.feed(into: &sink)
    sink.feed(word: inferences)
  }
}
