/// The eight major types of CBOR (RFC 8949 §3.1).
public enum CBORMajorType: UInt8, Equatable, Sendable {
  /// An unsigned integer.
  case unsigned = 0
  /// A negative integer, −1 − n.
  case negative = 1
  /// A byte string.
  case bytes = 2
  /// A text string.
  case text = 3
  /// An array.
  case array = 4
  /// A map.
  case map = 5
  /// A tag.
  case tag = 6
  /// A simple value or a float.
  case simple = 7
}

/// The initial byte and argument of an item, in the shortest form (RFC 8949 §4.2.1).
///
/// Shared by the growing encoder and the fixed-buffer writer: at most 9 bytes, nothing on the heap.
struct CBORHead {
  private let initial: UInt8
  private let argument: UInt64
  /// Bytes of the encoded head: 1, 2, 3, 5 or 9.
  let byteCount: Int

  init(_ major: CBORMajorType, _ argument: UInt64) {
    let additional: UInt8
    switch argument {
    case 0..<24: (additional, byteCount) = (UInt8(truncatingIfNeeded: argument), 1)
    case 24...0xff: (additional, byteCount) = (24, 2)
    case 0x100...0xffff: (additional, byteCount) = (25, 3)
    case 0x1_0000...0xffff_ffff: (additional, byteCount) = (26, 5)
    default: (additional, byteCount) = (27, 9)
    }
    self.initial = major.rawValue << 5 | additional
    self.argument = argument
  }

  /// A float's head: its bits take the argument's place and are never shortened as an integer.
  init(_ float: CBORFloat) {
    self.initial = 0xe0 | float.additional
    self.argument = float.bits
    self.byteCount = 1 + float.byteCount
  }

  /// Byte `index` of the encoding, `0 ..< byteCount`.
  subscript(index: Int) -> UInt8 {
    if index == 0 { return initial }
    return UInt8(truncatingIfNeeded: argument >> UInt64(8 * (byteCount - 1 - index)))
  }
}
