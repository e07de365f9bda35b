extension EnclaveSession where Crypto: ForkableProvider {
  /// Feeds everything on which the machine's future depends, but for times.
  public borrowing func feed(into sink: inout some StateSink<Crypto>) {
    sink.feed(word: UInt64(state.rawValue) << 32 | received)
    stage.feed(into: &sink)
  }

  /// Records opened so far.
  public var recordsReceived: UInt64 { received }

  /// The key that opens the next record; nil in a state that opens none.
  public borrowing func receiveKey() -> Crypto.Material? {
    stage.opener(sequence: received)?.key
  }

  /// How far a fetch of weights has come; nil while none is under way.
  public var fetchProgress: FetchProgress? {
    switch stage {
    case .assembling(let state): state.fetch.progress
    case .refetching(let state): state.fetch.progress
    default: nil
    }
  }
}

/// How far a fetch of weights has come, in chunks.
public struct FetchProgress: Equatable, Sendable {
  /// Asked for so far.
  public let requested: UInt64
  /// Arrived so far.
  public let received: UInt64
  /// Opened so far.
  public let opened: UInt64
}

extension WeightFetch {
  var progress: FetchProgress {
    FetchProgress(requested: requested, received: received, opened: opened)
  }
}

extension EnclaveStage where Crypto: ForkableProvider {
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    switch self {
    case .listening(let state):
      sink.feed(bytes: state.sessionID)
      sink.feed(secret: state.keySeed.material)
      sink.feed(secret: state.receiptSeed.material)
    case .attesting(let state):
      sink.feed(bytes: state.sessionID)
      sink.feed(bytes: state.nonce)
      sink.feed(bytes: state.body)
      sink.feed(digest: state.transcript)
      sink.feed(secret: state.keyPrivate.material)
      sink.feed(secret: state.receiptKey.material)
    case .offered(let state):
      state.facts.feed(into: &sink)
      sink.feed(digest: state.transcript)
      sink.feed(secret: state.keyPrivate.material)
      sink.feed(secret: state.receiptKey.material)
    case .keyed(let state): state.session.feed(into: &sink)
    case .gathering(let state):
      state.session.feed(into: &sink)
      state.topology.feed(into: &sink)
    case .admitting(let state):
      state.session.feed(into: &sink)
      sink.feed(secret: state.topology.material)
    case .assembling(let state):
      state.session.feed(into: &sink)
      state.admission.feed(into: &sink)
      state.fetch.feed(into: &sink)
    case .finishing(let state):
      state.session.feed(into: &sink)
      state.admission.feed(into: &sink)
    case .ready(let state): state.service.feed(into: &sink)
    case .collecting(let state):
      state.service.feed(into: &sink)
      state.request.feed(into: &sink)
    case .refetching(let state):
      state.service.feed(into: &sink)
      sink.feed(state.head)
      sink.feed(secret: state.request.material)
      state.fetch.feed(into: &sink)
    case .inferring(let state):
      state.service.feed(into: &sink)
      sink.feed(state.head)
      sink.feed(secret: state.request.material)
    case .reporting(let state):
      sink.feed(bytes: state.sessionID)
      sink.feed(word: state.inferences)
      sink.feed(secret: state.receiptKey.material)
      state.send.feed(into: &sink)
      sink.feed(state.outcome)
    case .wiping(let outcome): sink.feed(outcome)
    case .ended(let outcome): sink.feed(outcome)
    }
  }
}

extension EnclaveFacts where Crypto: ForkableProvider {
  /// Feeds what was said in the open.
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    sink.feed(bytes: sessionID)
    sink.feed(bytes: nonce)
    sink.feed(bytes: document)
  }
}

extension EnclaveKeys where Crypto: ForkableProvider {
  /// Feeds keys, facts and counts.
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    facts.feed(into: &sink)
    sink.feed(secret: receiptKey.material)
    sink.feed(secret: receiveKey.material)
    send.feed(into: &sink)
    sink.feed(word: inferences)
  }
}

extension EnclaveService where Crypto: ForkableProvider {
  /// Feeds the session, the topology's terms and the model.
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    session.feed(into: &sink)
    admission.feed(into: &sink)
    sink.feed(bytes: modelHash)
  }
}

extension TopologyAdmission {
  /// Feeds the topology's terms.
  func feed<Sink: StateSink>(into sink: inout Sink) where Sink.Crypto.Bytes == Bytes {
    sink.feed(bytes: blobID)
    sink.feed(word: chunkCount)
    let place: UInt64 = source == .host ? 0 : 1
    switch lifetime {
    case .session: sink.feed(word: place)
    case .perInference(let keepsCopy): sink.feed(word: place | (keepsCopy ? 4 : 2))
    }
    sink.feed(word: maximumInferences)
    sink.feed(word: maximumSeconds)
    switch padding {
    case .padme: sink.feed(word: 0)
    case .powerOfTwo: sink.feed(word: 1)
    case .fixed(let size): sink.feed(word: size << 2 | 2)
    }
    sink.feed(bytes: model.name)
    sink.feed(bytes: model.version)
  }
}

extension WeightFetch {
  /// Feeds how far the fetch is, and the chunks that nobody has taken.
  func feed<Sink: StateSink>(into sink: inout Sink) where Sink.Crypto.Bytes == Bytes {
    sink.feed(bytes: blobID)
    sink.feed(word: count)
    sink.feed(word: batch)
    sink.feed(word: requested)
    sink.feed(word: received)
    sink.feed(word: opened)
    sink.feed(word: UInt64(pending.count))
    for chunk in pending {
      sink.feed(word: chunk.index)
      sink.feed(bytes: chunk.header)
      sink.feed(bytes: chunk.ciphertext)
    }
  }
}
