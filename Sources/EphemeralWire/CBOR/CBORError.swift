/// Why bytes are not the CBOR that was asked for, or why an item does not fit its buffer.
///
/// The list is closed and carries no bytes of the peer (Spec/Protocol.md, "Encodings").
public enum CBORError: Error, Equatable, Sendable, CaseIterable {
  /// The input ends inside an item.
  case truncated
  /// Bytes follow the last item.
  case trailingBytes
  /// The item is of another major type than the one asked for.
  case unexpectedType
  /// A tag stands where none was asked for.
  case unexpectedTag
  /// A break byte stands outside an indefinite-length map.
  case unexpectedBreak
  /// An argument is not in its shortest form (RFC 8949 §4.2.1).
  case nonCanonicalArgument
  /// A float is not in its shortest form, or is a NaN other than `f97e00` (RFC 8949 §4.2.1).
  case nonCanonicalFloat
  /// An indefinite length where only definite ones are accepted (RFC 8949 §4.2.1).
  case indefiniteLength
  /// Additional information 28, 29 or 30, or 31 on a type that has no indefinite form.
  case reservedLength
  /// A simple value other than false, true and null.
  case unsupportedSimple
  /// A string, array or map is longer than its bound.
  case tooLong
  /// Items nest deeper than the reader's bound.
  case tooDeep
  /// A map holds the same key twice.
  case duplicateKey
  /// Map keys are not in ascending order of their encodings (RFC 8949 §4.2.1).
  case keysOutOfOrder
  /// A text string is not UTF-8.
  case invalidText
  /// An integer lies outside the range asked for.
  case integerOutOfRange
  /// An array does not have the number of items asked for.
  case wrongCount
  /// The output buffer is shorter than the item.
  case bufferTooSmall
}
