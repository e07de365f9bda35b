public import EphemeralWire

/// What happens to an enclave session (EphemeralSession.docc, "Driving an enclave").
public enum EnclaveEvent<Crypto: SessionCryptography> {
  /// A frame arrived from the host.
  case frame(IncomingFrame<Crypto.Bytes>)
  /// The stream broke the framing rules; the connection cannot be read further.
  case broken(AbortCode)
  /// The attestation device answered `requestEvidence`.
  case evidenceReady(document: Crypto.Bytes)
  /// The topology was judged after `admitTopology` and fits.
  case topologyAdmitted(TopologyAdmission<Crypto.Bytes>)
  /// The chunk of `openChunk` opened.
  case chunkOpened(index: UInt64)
  /// `finishAssembly` succeeded: digest checked, model ready.
  case assembled(AssembledFields<Crypto.Bytes>)
  /// `infer` succeeded; the machine takes ownership of the response's CBOR.
  case inferred(response: Crypto.Material, statistics: InferenceStatistics)
  /// The work of the last action failed; the code goes into the Abort.
  case failed(AbortCode)
  /// `wipe` is done.
  case wiped(WipeTally<Crypto.Bytes>)
  /// The time in `deadline` has come.
  case deadline
  /// The host closed its direction of the connection.
  case peerClosed
  /// The operator stops the enclave.
  case cancel
}

/// What the driver found in an admitted topology.
public struct TopologyAdmission<Bytes: Equatable & Sendable>: Equatable, Sendable {
  /// Where the weights come from.
  public enum Source: Equatable, Hashable, Sendable {
    /// Every chunk is fetched from the host.
    case host
    /// The sealed blob, whose SHA-256 is its name, is in the enclave's cache.
    case cache
  }

  /// What happens to the plaintext between inferences.
  public enum Lifetime: Equatable, Hashable, Sendable {
    /// The assembled model stays for the session.
    case session
    /// The plaintext is dropped after each use; each inference decrypts the session's own sealed
    /// copy anew, or the chunks fetched again when no copy was kept.
    case perInference(keepsSealedCopy: Bool)
  }

  /// The weight blob's name.
  public var blobID: Bytes
  /// The number of chunks in the blob, 1 to 2^32.
  public var chunkCount: UInt64
  /// Where the weights come from.
  public var source: Source
  /// What happens to the plaintext between inferences.
  public var lifetime: Lifetime
  /// The number of inferences that the topology allows.
  public var maximumInferences: UInt64
  /// The seconds from admission that the topology allows.
  public var maximumSeconds: UInt64
  /// How InferResults are padded.
  public var padding: MessagePadding
  /// The model as receipts name it.
  public var model: ModelIdentity<Bytes>

  /// Groups the values.
  public init(
    blobID: Bytes, chunkCount: UInt64, source: Source, lifetime: Lifetime,
    maximumInferences: UInt64, maximumSeconds: UInt64, padding: MessagePadding = .powerOfTwo,
    model: ModelIdentity<Bytes>
  ) {
    self.blobID = blobID
    self.chunkCount = chunkCount
    self.source = source
    self.lifetime = lifetime
    self.maximumInferences = maximumInferences
    self.maximumSeconds = maximumSeconds
    self.padding = padding
    self.model = model
  }
}
