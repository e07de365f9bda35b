extension HostSession {
  /// A second machine in the same state; a host holds nothing that forbids it.
  public borrowing func fork() -> HostSession<Codec> {
    HostSession(configuration: configuration, stage: stage, timers: timers, last: last)
  }

  /// Chunks that the enclave asked for and that were not read, in the order of the requests.
  public var unreadRanges: [WeightRange<Codec.Bytes>] {
    guard case .relaying(let requests) = stage else { return [] }
    return requests
  }
}

extension HostSession where Codec: ForkableProvider {
  /// Feeds everything on which the machine's future depends, but for times.
  public borrowing func feed(into sink: inout some StateSink<Codec>) {
    sink.feed(word: UInt64(state.rawValue))
    switch stage {
    case .idle, .lookingUp, .attesting, .offered: break
    case .opening(let blobID, let size):
      sink.feed(bytes: blobID)
      sink.feed(word: size)
    case .storing(let size, let next):
      sink.feed(word: size)
      sink.feed(word: next)
    case .publishing(let size): sink.feed(word: size)
    case .relaying(let requests):
      sink.feed(word: UInt64(requests.count))
      for range in requests {
        sink.feed(bytes: range.blobID)
        sink.feed(word: range.first)
        sink.feed(word: range.count)
      }
    case .draining(let outcome), .ended(let outcome): sink.feed(outcome)
    }
  }
}
