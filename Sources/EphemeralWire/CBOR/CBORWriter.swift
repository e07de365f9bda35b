/// A writer of deterministic CBOR into a caller's fixed buffer, for secrets.
///
/// The writer holds only a position: each method takes the buffer, so that the bytes live in one
/// place that the caller wipes. A counting pass runs the same code without a buffer:
///
/// ```swift
/// let size = try CBORWriter.byteCount { writer, out throws(CBORError) in
///   try writer.array(1, into: &out)
///   try writer.unsigned(7, into: &out)
/// }
/// ```
public struct CBORWriter: Sendable {
  /// Where the next byte goes, in bytes from the start of the buffer.
  public private(set) var position: Int
  private let counting: Bool

  /// A writer that begins at `position` of the caller's buffer.
  public init(at position: Int = 0) {
    precondition(position >= 0)
    self.position = position
    self.counting = false
  }

  private init(counting: Bool) {
    self.position = 0
    self.counting = counting
  }

  /// How many bytes `body` writes. The buffer it is given is empty and stays so.
  public static func byteCount(
    _ body: (inout CBORWriter, inout MutableSpan<UInt8>) throws(CBORError) -> Void
  ) throws(CBORError) -> Int {
    var writer = CBORWriter(counting: true)
    var nothing: [UInt8] = []
    var empty = nothing.mutableSpan
    try body(&writer, &empty)
    return writer.position
  }

  /// Writes an unsigned integer.
  public mutating func unsigned(
    _ value: UInt64, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try head(CBORHead(.unsigned, value), into: &output)
  }

  /// Writes the negative integer −1 − `value`.
  public mutating func negative(
    _ value: UInt64, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try head(CBORHead(.negative, value), into: &output)
  }

  /// Writes a signed integer.
  public mutating func integer(
    _ value: Int64, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    if value >= 0 {
      try unsigned(UInt64(value), into: &output)
    } else {
      try negative(UInt64(bitPattern: ~value), into: &output)
    }
  }

  /// Writes a byte string.
  public mutating func bytes(
    _ value: Span<UInt8>, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    let range = try byteString(count: value.count, into: &output)
    if counting { return }
    copy(value, to: &output, at: range.lowerBound)
  }

  /// Writes the head of a byte string and leaves its `count` bytes to the caller, who fills the
  /// range of the buffer that is returned. While counting, the range is what it would be.
  public mutating func byteString(
    count: Int, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) -> Range<Int> {
    guard let length = UInt64(exactly: count) else { throw .tooLong }
    try head(CBORHead(.bytes, length), into: &output)
    return try advance(by: count, in: output)
  }

  /// Writes a text string.
  public mutating func text(
    _ value: String, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try head(CBORHead(.text, UInt64(value.utf8.count)), into: &output)
    let range = try advance(by: value.utf8.count, in: output)
    if counting { return }
    var index = range.lowerBound
    for byte in value.utf8 {
      output[index] = byte
      index += 1
    }
  }

  /// Opens an array of `count` items; the caller writes them next.
  public mutating func array(
    _ count: Int, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    guard let length = UInt64(exactly: count) else { throw .wrongCount }
    try head(CBORHead(.array, length), into: &output)
  }

  /// Opens a map of `count` pairs; the caller writes keys and values, keys in ascending order.
  public mutating func map(
    _ count: Int, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    guard let length = UInt64(exactly: count) else { throw .wrongCount }
    try head(CBORHead(.map, length), into: &output)
  }

  /// Writes false or true.
  public mutating func bool(
    _ value: Bool, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try head(CBORHead(.simple, value ? 21 : 20), into: &output)
  }

  /// Writes null.
  public mutating func null(into output: inout MutableSpan<UInt8>) throws(CBORError) {
    try head(CBORHead(.simple, 22), into: &output)
  }

  /// Writes a tag; the tagged item follows.
  public mutating func tag(
    _ number: UInt64, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try head(CBORHead(.tag, number), into: &output)
  }

  /// Writes a float in the shortest width that keeps its value; every NaN becomes `f97e00`.
  public mutating func double(
    _ value: Double, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    try head(CBORHead(CBORFloat(value)), into: &output)
  }

  private mutating func head(
    _ head: CBORHead, into output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    let range = try advance(by: head.byteCount, in: output)
    if counting { return }
    for index in 0..<head.byteCount { output[range.lowerBound + index] = head[index] }
  }

  /// Takes `count` bytes of the buffer, or says that it is too small.
  private mutating func advance(
    by count: Int, in output: borrowing MutableSpan<UInt8>
  ) throws(CBORError) -> Range<Int> {
    let (end, overflow) = position.addingReportingOverflow(count)
    guard !overflow, end >= position else { throw .bufferTooSmall }
    guard counting || end <= output.count else { throw .bufferTooSmall }
    let range = position..<end
    position = end
    return range
  }
}
