/// A strict cursor over CBOR bytes: deterministic encodings only (RFC 8949 §4.2.1).
///
/// The reader holds positions, not bytes; each method takes the span, so that secrets are parsed
/// where they lie. Every length is compared with the bytes that remain and with the caller's bound
/// before anything is copied. A method that reads one item and throws leaves the position where it
/// was; `skip` and maps may stop further in.
///
/// Refused throughout: longer heads than needed, indefinite lengths (but see `beginMap`), tags that
/// were not asked for, reserved lengths, simple values other than false, true and null.
public struct CBORReader: Sendable {
  /// The default for how deep items may nest, in arrays and maps.
  public static let defaultMaximumDepth = 16

  /// The next byte to read, counted from the start of the span.
  public internal(set) var position: Int
  /// Where reading ends: one past the last byte of this reader's part of the span.
  public let end: Int
  /// How many more arrays and maps may be entered.
  public internal(set) var remainingDepth: Int

  /// A reader over the whole of whatever span its methods are given.
  public init(maximumDepth: Int = CBORReader.defaultMaximumDepth) {
    self.position = 0
    self.end = Int.max
    self.remainingDepth = maximumDepth
  }

  /// A reader over part of a span, such as the content of a byte string that holds CBOR.
  public init(_ range: Range<Int>, maximumDepth: Int = CBORReader.defaultMaximumDepth) {
    precondition(range.lowerBound >= 0)
    self.position = range.lowerBound
    self.end = range.upperBound
    self.remainingDepth = maximumDepth
  }

  /// Bytes that are left to read.
  public func remaining(in bytes: Span<UInt8>) -> Int {
    max(0, min(end, bytes.count) - position)
  }

  /// Whether everything has been read.
  public func isAtEnd(in bytes: Span<UInt8>) -> Bool { remaining(in: bytes) == 0 }

  /// Requires that nothing follows; throws `trailingBytes`.
  public func finish(in bytes: Span<UInt8>) throws(CBORError) {
    guard isAtEnd(in: bytes) else { throw .trailingBytes }
  }

  /// Enters one level of nesting; throws `tooDeep`. For parsers that recurse; pair with `ascend`.
  public mutating func descend() throws(CBORError) {
    guard remainingDepth > 0 else { throw .tooDeep }
    remainingDepth -= 1
  }

  /// Leaves one level of nesting that `descend` entered.
  public mutating func ascend() { remainingDepth += 1 }

  /// The major type of the next item, which stays unread.
  public func peekMajor(in bytes: Span<UInt8>) throws(CBORError) -> CBORMajorType {
    guard remaining(in: bytes) > 0 else { throw .truncated }
    // Three bits: all eight values are cases.
    return CBORMajorType(rawValue: bytes[position] >> 5) ?? .simple
  }

  /// Reads an unsigned integer of at most `maximum`.
  public mutating func unsigned(
    in bytes: Span<UInt8>, maximum: UInt64 = .max
  ) throws(CBORError) -> UInt64 {
    let head = try readHead(.unsigned, in: bytes)
    guard head.argument <= maximum else { throw .integerOutOfRange }
    position = head.next
    return head.argument
  }

  /// Reads a negative integer −1 − n and returns n.
  public mutating func negative(in bytes: Span<UInt8>) throws(CBORError) -> UInt64 {
    let head = try readHead(.negative, in: bytes)
    position = head.next
    return head.argument
  }

  /// Reads an integer of either sign that fits 64 bits.
  public mutating func integer(in bytes: Span<UInt8>) throws(CBORError) -> Int64 {
    if try peekMajor(in: bytes) == .negative {
      let head = try readHead(.negative, in: bytes)
      guard let magnitude = Int64(exactly: head.argument) else { throw .integerOutOfRange }
      position = head.next
      return ~magnitude
    }
    return Int64(try unsigned(in: bytes, maximum: UInt64(Int64.max)))
  }

  /// Reads an unsigned integer of at most `maximum` as a non-negative `Int`.
  public mutating func count(
    in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> Int {
    guard let bound = UInt64(exactly: maximum) else { throw .integerOutOfRange }
    return Int(try unsigned(in: bytes, maximum: bound))
  }

  /// Reads a byte string of at most `maximum` bytes and returns where its content lies.
  public mutating func byteRange(
    in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> Range<Int> {
    try stringRange(.bytes, in: bytes, maximum: maximum)
  }

  /// Reads a byte string of exactly `count` bytes; throws `wrongCount` for another length.
  public mutating func byteRange(
    in bytes: Span<UInt8>, exactly count: Int
  ) throws(CBORError) -> Range<Int> {
    var probe = self
    let range = try probe.stringRange(.bytes, in: bytes, maximum: count)
    guard range.count == count else { throw .wrongCount }
    self = probe
    return range
  }

  /// Reads a byte string of at most `maximum` bytes and copies its content.
  public mutating func byteArray(
    in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> [UInt8] {
    copyBytes(of: bytes, try byteRange(in: bytes, maximum: maximum))
  }

  /// Reads a byte string of exactly `count` bytes and copies its content.
  public mutating func byteArray(
    in bytes: Span<UInt8>, exactly count: Int
  ) throws(CBORError) -> [UInt8] {
    copyBytes(of: bytes, try byteRange(in: bytes, exactly: count))
  }

  /// Reads a text string of at most `maximum` bytes of UTF-8 and returns where it lies.
  public mutating func textRange(
    in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> Range<Int> {
    var probe = self
    let range = try probe.stringRange(.text, in: bytes, maximum: maximum)
    do { _ = try UTF8Span(validating: bytes.extracting(range)) } catch { throw .invalidText }
    self = probe
    return range
  }

  /// Reads a text string of at most `maximum` bytes of UTF-8 and copies it.
  public mutating func text(
    in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> String {
    let content = bytes.extracting(try textRange(in: bytes, maximum: maximum))
    do { return String(copying: try UTF8Span(validating: content)) } catch { throw .invalidText }
  }

  /// Reads false or true.
  public mutating func bool(in bytes: Span<UInt8>) throws(CBORError) -> Bool {
    let value = try simple(in: bytes)
    guard value == 20 || value == 21 else { throw .unexpectedType }
    position += 1
    return value == 21
  }

  /// Reads null if it is next, and says whether it was.
  public mutating func takeNull(in bytes: Span<UInt8>) throws(CBORError) -> Bool {
    guard remaining(in: bytes) > 0 else { throw .truncated }
    guard bytes[position] == 0xf6 else { return false }
    position += 1
    return true
  }

  /// Reads a float of any width, which must be the shortest that keeps its value.
  public mutating func double(in bytes: Span<UInt8>) throws(CBORError) -> Double {
    guard try peekMajor(in: bytes) == .simple else { throw .unexpectedType }
    let head = try parseHead(in: bytes)
    guard (25...27).contains(head.additional) else { throw .unexpectedType }
    let value = try CBORFloat.value(additional: head.additional, bits: head.argument)
    position = head.next
    return value
  }

  /// Reads a tag number; the tagged item is next.
  public mutating func tag(in bytes: Span<UInt8>) throws(CBORError) -> UInt64 {
    let head = try readHead(.tag, in: bytes)
    position = head.next
    return head.argument
  }

  /// Reads the head of an array of at most `maximum` items and returns their number.
  ///
  /// The number never exceeds the bytes that are left, so room for that many items may be taken.
  public mutating func arrayHeader(
    in bytes: Span<UInt8>, maximum: Int
  ) throws(CBORError) -> Int {
    let head = try readHead(.array, in: bytes)
    guard let count = Int(exactly: head.argument), count <= maximum else { throw .tooLong }
    guard count <= max(0, min(end, bytes.count) - head.next) else { throw .truncated }
    position = head.next
    return count
  }

  /// Reads the head of an array of exactly `count` items; throws `wrongCount` for another number.
  public mutating func array(
    in bytes: Span<UInt8>, exactly count: Int
  ) throws(CBORError) {
    let head = try readHead(.array, in: bytes)
    guard Int(exactly: head.argument) == count else { throw .wrongCount }
    position = head.next
  }
}
