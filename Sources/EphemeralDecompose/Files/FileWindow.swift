/// A sliding window over a file, so that reading byte by byte costs no call each.
final class FileWindow {
  /// Bytes of the window.
  static let byteCount = 64 << 10

  /// The file below.
  let file: InputFile
  private var buffer: [UInt8] = []
  private var base = 0

  /// A window that has read nothing yet.
  init(_ file: InputFile) { self.file = file }

  /// The byte at `position`, which must lie inside the file.
  func byte(at position: Int) throws(DecomposeError) -> UInt8 {
    let index = position - base
    if buffer.indices.contains(index) { return buffer[index] }
    try load(position)
    return buffer[0]
  }

  /// The bytes of `range`, which must lie inside the file and within the caller's bound.
  func bytes(_ range: Range<Int>) throws(DecomposeError) -> [UInt8] {
    let start = range.lowerBound - base
    if start >= 0, start + range.count <= buffer.count {
      return Array(buffer[start..<(start + range.count)])
    }
    var result = [UInt8](repeating: 0, count: range.count)
    var span = result.mutableSpan
    try file.read(at: range.lowerBound, into: &span)
    return result
  }

  private func load(_ position: Int) throws(DecomposeError) {
    guard position >= 0, position < file.size else {
      throw DecomposeError(file: file.path, problem: .truncated(at: position))
    }
    let count = min(Self.byteCount, file.size - position)
    var fresh = buffer
    buffer = []
    if fresh.count != count { fresh = [UInt8](repeating: 0, count: count) }
    var span = fresh.mutableSpan
    try file.read(at: position, into: &span)
    buffer = fresh
    base = position
  }
}
