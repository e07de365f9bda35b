import EphemeralWire

/// Takes the features of a machine one by one, to make a fingerprint of them or to count them.
///
/// A machine feeds everything on which its future depends, in an order that its state's name, fed
/// first, determines; absolute times and the last transition are left out.
public protocol StateSink<Crypto> {
  /// The provider of the machines whose features come.
  associatedtype Crypto: ForkableProvider
  /// Takes a number.
  mutating func feed(word: UInt64)
  /// Takes public bytes.
  mutating func feed(bytes: Crypto.Bytes)
  /// Takes a transcript hash.
  mutating func feed(digest: Crypto.Digest)
  /// Takes a secret that the machine holds.
  mutating func feed(secret: Crypto.Material)
}

extension StateSink {
  /// Takes the enclave's public fields.
  mutating func feed(_ fields: EvidenceFields<Crypto.Bytes>) {
    feed(bytes: fields.sessionID)
    feed(bytes: fields.keyPublic)
    feed(bytes: fields.receiptPublic)
    feed(word: fields.limits.maxTopologyBytes)
    feed(word: fields.limits.maxRequestBytes)
    feed(word: fields.limits.maxWeightBytes)
    feed(word: fields.limits.maxSessionSeconds)
  }

  /// Takes what is kept of a request.
  mutating func feed(_ head: RequestHead<Crypto.Bytes>) {
    feed(word: head.sequence)
    feed(bytes: head.hash)
    feed(bytes: head.echo)
  }

  /// Takes how a session ended or will end.
  mutating func feed(_ outcome: SessionOutcome) {
    switch outcome {
    case .completed: feed(word: 0)
    case .failed(let code): feed(word: 1 << 8 | UInt64(code.rawValue))
    case .aborted(let code, let authenticated):
      feed(word: (authenticated ? 3 : 2) << 8 | UInt64(code.rawValue))
    }
  }
}

extension SendKey where Crypto: ForkableProvider {
  /// Feeds key, session and next sequence number.
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    sink.feed(secret: key.material)
    sink.feed(bytes: sessionID)
    sink.feed(word: UInt64(direction.rawValue))
    sink.feed(word: sequence)
  }
}

extension Gathering where Crypto: ForkableProvider {
  /// Feeds what has come of a message.
  borrowing func feed(into sink: inout some StateSink<Crypto>) {
    sink.feed(secret: content.material)
    sink.feed(word: counts.content)
    sink.feed(word: counts.padded)
  }
}
