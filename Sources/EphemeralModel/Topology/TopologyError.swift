/// What is wrong with a topology; says nothing of its content.
public enum TopologyError: Error, Equatable, Sendable, CaseIterable {
  /// Not deterministic CBOR of the expected shape, or cut short.
  case malformed
  /// A version of the format that this code does not know.
  case unsupportedVersion
  /// Longer than the named bound.
  case tooLarge
  /// More nodes, tensors, values, attributes or operator sets than the named bound.
  case tooMany
  /// A name that is empty where it may not be, too long, or used twice.
  case badName
  /// An element type that no engine knows.
  case badElementType
  /// A shape with too many dimensions, a negative one, or a size that overflows.
  case badShape
  /// A tensor outside the blob, misaligned, or overlapping another.
  case badTensorLayout
  /// A reference to a tensor that the table does not have.
  case badTensorReference
  /// A value defined twice, used before its definition, or out of range.
  case badValue
  /// An attribute of unknown kind, out of order, or named twice.
  case badAttribute
  /// Subgraphs inside one another beyond the bound.
  case tooDeep
  /// A lifetime or message size out of range.
  case badPolicy
  /// A blob identity or layout that does not follow the rules.
  case badBlob
  /// A whole topology key, but not the one that was written: its model hash disagrees.
  case damaged
  /// The sealing passphrase is wrong, or the sealed file was changed.
  case badPassphrase
  /// Memory that can be locked, or randomness, was refused by the system.
  case resources
}
