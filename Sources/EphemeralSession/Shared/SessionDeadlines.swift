/// How long each phase may take, in seconds (Spec/Protocol.md §11).
///
/// A deadline starts when its state is entered and no message extends it, except the host's
/// `storeProgress`, which each stored piece renews.
public struct SessionDeadlines: Equatable, Hashable, Sendable {
  /// Enclave: from the connection to a valid KeyExchange.
  public var halfOpen: UInt64 = 5
  /// Client: from ClientHello to Evidence (the enclave may queue for `halfOpen`).
  public var evidence: UInt64 = 8
  /// Client: from KeyExchange to KeyConfirm.
  public var confirm: UInt64 = 8
  /// Enclave: from KeyConfirm to the last piece of the topology.
  public var topology: UInt64 = 30
  /// Enclave: the driver's judgement of the topology.
  public var admission: UInt64 = 30
  /// Enclave: fetching, opening and finishing the weights; client: from topology to Assembled.
  public var assembly: UInt64 = 600
  /// Enclave: from the first to the last piece of one request.
  public var request: UInt64 = 60
  /// Enclave: one inference; client: from request to result.
  public var inference: UInt64 = 600
  /// Client: from Close to Zeroized.
  public var zeroized: UInt64 = 20
  /// Host: a connection that says nothing.
  public var idle: UInt64 = 30
  /// Host: from ClientHello to KeyExchange, which includes the enclave's queue and the client's
  /// judgement.
  public var relayHalfOpen: UInt64 = 10
  /// Host: from one stored piece to the next, and one look into the store.
  public var storeProgress: UInt64 = 30
  /// Host: the enclave's last audit records after the client has gone.
  public var draining: UInt64 = 15

  /// The deadlines of Spec/Protocol.md §11.
  public init() {}
}
