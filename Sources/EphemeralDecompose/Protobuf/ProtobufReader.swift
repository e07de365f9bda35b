/// One field's value on the wire.
enum ProtobufValue {
  case varint(UInt64)
  case fixed64(UInt64)
  /// A length-delimited value: where its bytes lie in the file.
  case bytes(Range<Int>)
  case fixed32(UInt32)
}

/// A cursor over one protobuf message that lies in a file.
///
/// Reads the wire format only; the bytes of long fields are never read, only located. Every length
/// is compared with the enclosing message before it is believed.
struct ProtobufReader {
  /// The file that holds the message.
  let window: FileWindow
  /// The next byte to read, as an offset in the file.
  private(set) var position: Int
  /// Where the message ends.
  let end: Int

  /// A cursor at the start of `range`.
  init(_ window: FileWindow, range: Range<Int>) {
    self.window = window
    self.position = range.lowerBound
    self.end = range.upperBound
  }

  /// Whether all bytes have been read.
  var isAtEnd: Bool { position >= end }

  /// The next field, or nil at the end of the message.
  mutating func next() throws(DecomposeError) -> (number: Int, value: ProtobufValue)? {
    if isAtEnd { return nil }
    let start = position
    let key = try varint()
    let number = key >> 3
    guard number >= 1, number < 1 << 29 else { throw malformed("no such field number", start) }
    switch key & 7 {
    case 0: return (Int(number), .varint(try varint()))
    case 1: return (Int(number), .fixed64(try fixed(8)))
    case 2: return (Int(number), .bytes(try delimited(start)))
    case 5: return (Int(number), .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw malformed("no such wire type", start)
    }
  }

  /// A base-128 number of at most 64 bits.
  mutating func varint() throws(DecomposeError) -> UInt64 {
    let start = position
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      if position >= end { throw truncated(start) }
      let byte = try window.byte(at: position)
      position += 1
      if shift == 63 && byte > 1 { throw malformed("a number beyond 64 bits", start) }
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  /// A little-endian number of `count` bytes, at most 8.
  mutating func fixed(_ count: Int) throws(DecomposeError) -> UInt64 {
    if end - position < count { throw truncated(position) }
    var result: UInt64 = 0
    for index in 0..<count {
      result |= UInt64(try window.byte(at: position + index)) << UInt64(8 * index)
    }
    position += count
    return result
  }

  private mutating func delimited(_ start: Int) throws(DecomposeError) -> Range<Int> {
    let length = try varint()
    guard length <= UInt64(end - position) else { throw truncated(start) }
    let range = position..<(position + Int(length))
    position = range.upperBound
    return range
  }

  /// An error about the byte at `offset`.
  func malformed(_ why: String, _ offset: Int? = nil) -> DecomposeError {
    DecomposeError(file: window.file.path, problem: .malformed(at: offset ?? position, why))
  }

  private func truncated(_ offset: Int) -> DecomposeError {
    DecomposeError(file: window.file.path, problem: .truncated(at: offset))
  }
}
