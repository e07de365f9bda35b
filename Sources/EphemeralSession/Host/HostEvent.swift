public import EphemeralWire

/// One of the host's two connections of a session.
public enum HostSide: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case client
  case enclave
}

/// What happens to a host session (EphemeralSession.docc, "Driving a host").
public enum HostEvent<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// A frame arrived.
  case frame(IncomingFrame<Bytes>, from: HostSide)
  /// The stream broke the framing rules; that connection cannot be read further.
  case broken(AbortCode, HostSide)
  /// `beginStore`: the store is ready and already holds `offset` bytes; equal to the blob's size
  /// when it has all of it, hash checked.
  case storeReady(offset: UInt64)
  /// `finishStore`: the blob is stored and its hash is its name.
  case stored
  /// `lookUpBlob`'s answer.
  case blobFound(BlobPresence)
  /// One chunk of the oldest `readWeights`.
  case weightsRead(ChunkFields<Bytes>)
  /// The work of an action failed; the code goes into a cleartext Abort.
  case failed(AbortCode)
  /// The time in `deadline` has come.
  case deadline
  /// A connection is closed, or its peer sends nothing more.
  case closed(HostSide)
  /// The operator stops the host.
  case cancel
}
