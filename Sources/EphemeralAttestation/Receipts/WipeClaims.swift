/// What an enclave states about its own wiping at the end of a session (`Spec/Attestation.md §10`).
///
/// A statement by measured code, not a proof.
public struct WipeClaims: Equatable, Sendable {
  /// The session, 16 bytes.
  public var sessionID: [UInt8]
  /// The number of the last inference, or nil where there was none.
  public var lastSequence: UInt64?
  /// How many regions of memory were overwritten.
  public var regions: UInt64
  /// How many bytes they held.
  public var bytes: UInt64
  /// For how long plaintext weights were in memory, all in all, in nanoseconds.
  public var exposureNanoseconds: UInt64
  /// The head of the enclave's audit chain, 32 bytes.
  public var auditHead: [UInt8]

  /// The claims as given; their lengths are checked when a report is encoded.
  public init(
    sessionID: [UInt8], lastSequence: UInt64?, regions: UInt64, bytes: UInt64,
    exposureNanoseconds: UInt64, auditHead: [UInt8]
  ) {
    self.sessionID = sessionID
    self.lastSequence = lastSequence
    self.regions = regions
    self.bytes = bytes
    self.exposureNanoseconds = exposureNanoseconds
    self.auditHead = auditHead
  }
}
