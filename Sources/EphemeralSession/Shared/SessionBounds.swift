public import EphemeralWire

/// The protocol's named bounds (Spec/Protocol.md §10).
public enum SessionBounds {
  /// Default largest topology key, in bytes: the most that the format allows, 8 MiB and its framing
  /// (Spec/Formats.md §2.3).
  public static let topologyBytes: UInt64 = 8 << 20 + 256
  /// Default largest request or result, in bytes: 64 MiB.
  public static let requestBytes: UInt64 = 64 << 20
  /// Default largest plaintext of a weight blob, in bytes: 16 GiB.
  public static let weightBytes: UInt64 = 16 << 30
  /// Default longest life of a session, in seconds: one hour.
  public static let sessionSeconds: UInt64 = 3600
  /// Content and padding of one record, in bytes.
  public static let recordContentBytes = RecordHeader.maximumPieceBytes
  /// The smallest padded message, in bytes.
  public static let minimumPaddedBytes = Padding.minimumMessageBytes
  /// Records under one key, the last two of which are kept for Abort and Zeroized.
  public static let recordsPerKey: UInt64 = 1 << 24
  /// Records at the end of a key's life that only Close, Abort and Zeroized may use.
  public static let reservedRecords: UInt64 = 2
  /// The largest attestation document, in bytes (Evidence is at most 32 KiB as a whole).
  public static let documentBytes = 16_384
  /// The largest weight blob that a host stores, in bytes: 32 GiB.
  public static let blobBytes: UInt64 = 32 << 30
  /// Chunks that the enclave has asked for and not yet opened, at most.
  public static let weightWindow: UInt64 = 16
  /// Chunks in one WeightRequest that a host accepts, at most.
  public static let chunksPerRequest: UInt64 = 64
  /// WeightRequests that a host holds unanswered for one session, at most.
  public static let outstandingWeightRequests = 4
}

extension EnclaveLimits {
  /// The limits of Spec/Protocol.md §10, for an enclave that was told no others.
  public static var standard: EnclaveLimits {
    EnclaveLimits(
      maxTopologyBytes: SessionBounds.topologyBytes, maxRequestBytes: SessionBounds.requestBytes,
      maxWeightBytes: SessionBounds.weightBytes, maxSessionSeconds: SessionBounds.sessionSeconds)
  }
}
