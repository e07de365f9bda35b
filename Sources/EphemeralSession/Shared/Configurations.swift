public import EphemeralWire

/// What a client session is set up with.
public struct ClientConfiguration<Crypto: SessionCryptography> {
  /// What the client wants of the session.
  public enum Purpose: Equatable, Hashable, Sendable {
    /// Judge the evidence and leave.
    case attest
    /// Deliver the topology and infer.
    case infer
  }

  /// The provider, with the attestation policy inside.
  public var crypto: Crypto
  /// What the client wants of the session.
  public var purpose: Purpose
  /// The model hash of the client's own manifest; `Assembled` must equal it.
  public var modelHash: Crypto.Bytes
  /// How InferRequests are padded.
  public var padding: MessagePadding
  /// The largest InferResult that the client takes memory for, in bytes.
  public var maximumResultBytes: UInt64
  /// The longest session, in seconds; Evidence's own limit may be shorter.
  public var maximumSeconds: UInt64
  /// The phases' deadlines.
  public var deadlines: SessionDeadlines

  /// Creates a configuration; `modelHash` is ignored with purpose `.attest`.
  public init(
    crypto: Crypto, purpose: Purpose, modelHash: Crypto.Bytes,
    padding: MessagePadding = .powerOfTwo,
    maximumResultBytes: UInt64 = SessionBounds.requestBytes,
    maximumSeconds: UInt64 = SessionBounds.sessionSeconds,
    deadlines: SessionDeadlines = SessionDeadlines()
  ) {
    self.crypto = crypto
    self.purpose = purpose
    self.modelHash = modelHash
    self.padding = padding
    self.maximumResultBytes = maximumResultBytes
    self.maximumSeconds = maximumSeconds
    self.deadlines = deadlines
  }
}

/// A client session's own entropy and topology; the machine takes ownership of the materials.
public struct ClientSecrets<Crypto: SessionCryptography> {
  /// 32 fresh random bytes, public.
  public var nonce: Crypto.Bytes
  /// 32 fresh random bytes, the seed of HPKE's ephemeral key pair.
  public var seed: Crypto.Material
  /// The topology key's CBOR; empty content with purpose `.attest`.
  public var topology: Crypto.Material

  /// Groups the values.
  public init(nonce: Crypto.Bytes, seed: Crypto.Material, topology: Crypto.Material) {
    self.nonce = nonce
    self.seed = seed
    self.topology = topology
  }
}

/// What an enclave session is set up with.
public struct EnclaveConfiguration<Crypto: SessionCryptography> {
  /// The provider.
  public var crypto: Crypto
  /// What the enclave admits; stated in Evidence.
  public var limits: EnclaveLimits
  /// Chunks asked for and not yet opened, at most; even, at least 2.
  public var weightWindow: UInt64
  /// The phases' deadlines.
  public var deadlines: SessionDeadlines

  /// Creates a configuration.
  public init(
    crypto: Crypto, limits: EnclaveLimits = .standard,
    weightWindow: UInt64 = SessionBounds.weightWindow,
    deadlines: SessionDeadlines = SessionDeadlines()
  ) {
    self.crypto = crypto
    self.limits = limits
    self.weightWindow = weightWindow
    self.deadlines = deadlines
  }
}

/// An enclave session's own entropy; the machine takes ownership of the materials.
public struct EnclaveSecrets<Crypto: SessionCryptography> {
  /// 16 fresh random bytes, public.
  public var sessionID: Crypto.Bytes
  /// 32 fresh random bytes, the seed of the KEM key pair.
  public var keySeed: Crypto.Material
  /// 32 fresh random bytes, the seed of the receipt key.
  public var receiptSeed: Crypto.Material

  /// Groups the values.
  public init(sessionID: Crypto.Bytes, keySeed: Crypto.Material, receiptSeed: Crypto.Material) {
    self.sessionID = sessionID
    self.keySeed = keySeed
    self.receiptSeed = receiptSeed
  }
}

/// What a host session is set up with.
public struct HostConfiguration<Codec: SessionCodec> {
  /// How messages are read and written.
  public var codec: Codec
  /// The largest blob to store, in bytes.
  public var maximumBlobBytes: UInt64
  /// The phases' deadlines.
  public var deadlines: SessionDeadlines
  /// The longest relayed session, in seconds.
  public var maximumSessionSeconds: UInt64

  /// Creates a configuration.
  public init(
    codec: Codec, maximumBlobBytes: UInt64 = SessionBounds.blobBytes,
    maximumSessionSeconds: UInt64 = SessionBounds.sessionSeconds,
    deadlines: SessionDeadlines = SessionDeadlines()
  ) {
    self.codec = codec
    self.maximumBlobBytes = maximumBlobBytes
    self.maximumSessionSeconds = maximumSessionSeconds
    self.deadlines = deadlines
  }
}
