/// What the reader's methods share: heads, strings, simple values.
extension CBORReader {
  /// A head as read, and where the byte after it lies.
  struct Head {
    let additional: UInt8
    let argument: UInt64
    let next: Int
  }

  /// Reads a head of the given major type without moving.
  func readHead(_ major: CBORMajorType, in bytes: Span<UInt8>) throws(CBORError) -> Head {
    let found = try peekMajor(in: bytes)
    guard found == major else {
      if found == .tag { throw .unexpectedTag }
      if bytes[position] == 0xff { throw .unexpectedBreak }
      throw .unexpectedType
    }
    return try parseHead(in: bytes)
  }

  /// Reads any head without moving; refuses all but the shortest form.
  func parseHead(in bytes: Span<UInt8>) throws(CBORError) -> Head {
    let available = remaining(in: bytes)
    guard available > 0 else { throw .truncated }
    let major = bytes[position] >> 5
    let additional = bytes[position] & 0x1f
    let width: Int
    switch additional {
    case 0..<24:
      return Head(additional: additional, argument: UInt64(additional), next: position + 1)
    case 24: width = 1
    case 25: width = 2
    case 26: width = 4
    case 27: width = 8
    case 31 where (2...5).contains(major): throw .indefiniteLength
    case 31 where major == 7: throw .unexpectedBreak
    default: throw .reservedLength
    }
    guard available > width else { throw .truncated }
    var argument: UInt64 = 0
    for offset in 1...width { argument = argument << 8 | UInt64(bytes[position + offset]) }
    if major == CBORMajorType.simple.rawValue {
      // A simple value in two bytes is never one of ours; floats check their own width.
      guard additional != 24 else { throw .unsupportedSimple }
    } else {
      let least: UInt64 = width == 1 ? 24 : 1 << UInt64(4 * width)
      guard argument >= least else { throw .nonCanonicalArgument }
    }
    return Head(additional: additional, argument: argument, next: position + 1 + width)
  }

  /// Reads the whole of a string's head and steps over its content.
  mutating func stringRange(
    _ major: CBORMajorType, in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> Range<Int> {
    let head = try readHead(major, in: bytes)
    guard let count = Int(exactly: head.argument), count <= maximum else { throw .tooLong }
    guard count <= min(end, bytes.count) - head.next else { throw .truncated }
    let range = head.next..<(head.next + count)
    position = range.upperBound
    return range
  }

  /// The simple value that is next (20 false, 21 true, 22 null), which stays unread.
  func simple(in bytes: Span<UInt8>) throws(CBORError) -> UInt8 {
    let head = try readHead(.simple, in: bytes)
    guard head.additional < 24 else { throw .unexpectedType }
    guard (20...22).contains(head.additional) else { throw .unsupportedSimple }
    return head.additional
  }
}

/// Copies part of a span into an array of its own.
func copyBytes(of bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
  // One bulk copy; the pointer does not outlive the closure.
  unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
}
