/// Why a weight blob could not be sealed or opened; says nothing of its content.
public enum WeightBlobError: Error, Equatable, Sendable, CaseIterable {
  /// The header is not of this format or disagrees with the topology.
  case headerMismatch
  /// Chunks out of order, twice, or after an error.
  case outOfOrder
  /// A chunk or buffer of another length than the layout says.
  case wrongLength
  /// A chunk was not sealed with this key, at this place, in this blob.
  case authenticationFailed
  /// Chunks are missing at the end.
  case incomplete
  /// The bytes are not those of the blob that the topology names.
  case blobMismatch
  /// The plaintext is not the one that the topology names.
  case weightsMismatch
  /// No memory, or libcrypto failed.
  case resources
}
