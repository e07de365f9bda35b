/// What a host's driver has to do (EphemeralSession.docc, "Driving a host").
public enum HostAction<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Send a message of the host's own.
  case send(OutgoingFrame<Bytes>, to: HostSide)
  /// Pass a frame on unchanged and keep none of it.
  case forward(IncomingFrame<Bytes>, to: HostSide)
  /// Open a connection to the enclave; what is sent before it is open waits in its queue. Feed
  /// `failed(.enclaveUnreachable)` when it cannot be opened.
  case connectEnclave
  /// Prepare to store; feed `storeReady` or `failed`.
  case beginStore(blobID: Bytes, size: UInt64)
  /// Write the bytes; feed `failed` when they cannot be written, nothing otherwise.
  case storeData(offset: UInt64, bytes: Bytes)
  /// Check the hash and publish the blob; feed `stored` or `failed`.
  case finishStore
  /// Drop an unfinished store's open handle (its bytes may stay, to resume).
  case abandonStore
  /// Look for a blob; feed `blobFound` or `failed`.
  case lookUpBlob(Bytes)
  /// Read chunks in ascending order; feed one `weightsRead` for each, or `failed`.
  case readWeights(WeightRange<Bytes>)
  /// Append the enclave's record, as it is, to the host's log.
  case logEnclave(record: Bytes)
  /// Write an event of the host's own to the audit log.
  case audit(AuditEvent)
  /// Send nothing more to the enclave once what was sent has left, but go on reading.
  case finishWritingToEnclave
  /// Close both connections once what was sent has left; the session is over.
  case close(SessionOutcome)
}
