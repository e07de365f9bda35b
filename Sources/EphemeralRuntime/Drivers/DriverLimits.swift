/// The named bounds of the servers, beside those of the protocol (`Spec/Protocol.md`, bounds).
public enum DriverLimits {
  /// Sessions that one enclave runs at once unless told otherwise.
  public static let standardSessions = 64
  /// Connections to an enclave that have not delivered a topology yet.
  public static let halfOpenSessions = 64
  /// Sealed blobs that an enclave keeps, is receiving, or still has in use.
  public static let sealedCacheEntries = 64
  /// Evidence requests that the attestation device gets at once; more wait in line.
  public static let outstandingEvidence = 4
  /// Times that a message being gathered is in memory at most: its buffer doubles beside the old
  /// one, or stands beside a worker's copy.
  public static let messageCopies = 3
  /// Times that a response is in memory at most: itself, with its receipt, padded and sealed, up to
  /// twice as long.
  public static let resultCopies = 4
  /// Chunks of weights that wait in the enclave to be opened before the host is not read any more.
  public static let waitingChunks = 4
  /// Connections that one host serves at once unless told otherwise.
  public static let standardClients = 256
  /// Connections over the limit that are told so; beyond them a peer is hung up on.
  public static let refusals = 64
  /// Bytes of a blob that wait to be written before the client is not read any more.
  public static let storeBacklogBytes = 4 << 20
  /// How often a host tries for a blob that another connection is just letting go of.
  public static let busyAttempts = 20
  /// The pause between two such attempts, in nanoseconds.
  public static let busyPauseNanoseconds: UInt64 = 100_000_000
  /// Enclave audit records that wait for a connection to leave by; the oldest go first.
  public static let waitingAuditRecords = 1024
  /// How long a wipe may take, with the work that it waits for, before the process has to end, in
  /// nanoseconds.
  public static let wipeNanoseconds: UInt64 = 20_000_000_000
  /// How long a server that was told to stop waits for its sessions to wipe, in nanoseconds.
  public static let stopNanoseconds: UInt64 = 10_000_000_000
}
