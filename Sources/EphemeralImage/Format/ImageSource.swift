/// Bytes that are read by position: a file, or an array.
public protocol ImageSource {
  /// How many bytes there are.
  var byteCount: Int { get }

  /// Fills the whole of `buffer` from byte `offset`.
  ///
  /// The caller keeps `offset` and the buffer inside the source. Errors: unreadable.
  func read(at offset: Int, into buffer: inout MutableSpan<UInt8>) throws(ImageError)
}

/// An array as a source.
public struct ArraySource: ImageSource {
  private let bytes: [UInt8]

  /// The source of these bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// How many bytes there are.
  public var byteCount: Int { bytes.count }

  /// Fills the buffer from byte `offset`; errors: unreadable where that is beyond the end.
  public func read(at offset: Int, into buffer: inout MutableSpan<UInt8>) throws(ImageError) {
    guard offset >= 0, offset <= bytes.count, buffer.count <= bytes.count - offset else {
      throw .unreadable
    }
    for index in 0..<buffer.count { buffer[index] = bytes[offset + index] }
  }
}

extension ImageSource {
  /// A copy of a range, which the caller has compared with its bound and with the source's end.
  func bytes(_ range: Range<Int>) throws(ImageError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: range.count)
    var span = result.mutableSpan
    try read(at: range.lowerBound, into: &span)
    return result
  }

  /// Lends a range piece by piece; no more than `ImageBounds.windowBytes` are in memory.
  func forEachPiece(
    of range: Range<Int>, _ body: (Span<UInt8>) -> Void
  ) throws(ImageError) {
    var window = [UInt8](repeating: 0, count: min(range.count, ImageBounds.windowBytes))
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(window.count, range.upperBound - offset)
      if count < window.count { window.removeLast(window.count - count) }
      var span = window.mutableSpan
      try read(at: offset, into: &span)
      body(window.span)
      offset += count
    }
  }
}

/// A big-endian number's bytes.
func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  let count = value.bitWidth / 8
  return (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
}

/// The big-endian number of `count` bytes, at most eight, which must be there.
func bigEndian(_ bytes: [UInt8], at offset: Int, count: Int) -> UInt64 {
  var value: UInt64 = 0
  for index in offset..<(offset + count) { value = value << 8 | UInt64(bytes[index]) }
  return value
}
