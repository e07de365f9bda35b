public import EphemeralAttestation
public import EphemeralSession
public import EphemeralWire

/// The trusted side's conversations with a host, each one call that returns when it is done.
///
/// The calls run the reactor meanwhile: over sockets they block, in a simulation they advance the
/// virtual time.
public final class ClientDriver {
  let reactor: any Reactor
  let host: Address
  let deadlines: SessionDeadlines
  /// Told each step.
  public var progress: (ClientProgress) -> Void = { _ in }
  /// Told each transition of the sessions that begin from now on; nobody if nil.
  public var trace: TransitionTrace?
  /// The judgement of the last evidence that came, refused ones included.
  public internal(set) var lastReport: AttestationReport?

  /// A client of the host at `host`; connects anew for each conversation.
  public init(
    reactor: any Reactor, host: Address, deadlines: SessionDeadlines = SessionDeadlines()
  ) {
    self.reactor = reactor
    self.host = host
    self.deadlines = deadlines
  }

  // MARK: The store

  /// What the host has of a blob.
  public func have(_ blob: BlobID) throws(ClientDriverError) -> BlobState {
    let exchange = StoreExchange(
      reactor: reactor, host: host, question: .have(blob), deadlines: deadlines)
    guard case .state(let state) = try wait(for: exchange) else {
      throw .failed(.unexpectedMessage)
    }
    return state
  }

  /// Stores a blob file at the host, going on where an interrupted push stopped.
  ///
  /// If what the host had kept turns out to be wrong, everything is pushed once more.
  public func push(path: String) throws(ClientDriverError) -> PushResult {
    let progress = progress
    let file: BlobFile
    do throws(StoreError) {
      file = try BlobFile(path: path) { done, whole in
        progress(.hashed(byteCount: done, of: whole))
      }
    } catch {
      throw .file(error)
    }
    do throws(ClientDriverError) {
      return try pushOnce(file)
    } catch {
      guard case .aborted(.blobMismatch, _) = error else { throw error }
      return try pushOnce(file)
    }
  }

  private func pushOnce(_ file: BlobFile) throws(ClientDriverError) -> PushResult {
    let progress = progress
    let exchange = StoreExchange(
      reactor: reactor, host: host,
      question: .put(file.blob, byteCount: file.byteCount), deadlines: deadlines
    ) { offset, count in
      try? file.read(at: offset, count: count)
    } progress: { done in
      progress(.pushed(byteCount: done, of: file.byteCount))
    }
    guard case .stored(let resumedAt) = try wait(for: exchange) else {
      throw .failed(.unexpectedMessage)
    }
    return PushResult(blob: file.blob, byteCount: file.byteCount, resumedAt: resumedAt)
  }

  private func wait(
    for exchange: StoreExchange
  ) throws(ClientDriverError) -> StoreExchange.Answer {
    guard reactor.run(while: { exchange.result == nil }), let result = exchange.result else {
      throw .deadlineExceeded
    }
    return try result.get()
  }
}
