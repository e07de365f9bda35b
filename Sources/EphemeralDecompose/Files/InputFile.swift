import Glibc

/// A regular file that is read by position.
///
/// Pieces are read, never mapped: a file that shrinks while it is read gives an error, not a
/// signal, and a model of any size needs one window of memory.
package final class InputFile {
  /// The path as the user gave it, for messages.
  package let path: String
  /// Its size in bytes when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// Opens `path`; errors: cannotRead, notAFile.
  package init(path: String) throws(DecomposeError) {
    // The path's bytes are lent for the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw DecomposeError(file: path, problem: .cannotRead(systemError())) }
    var status = stat()
    // The system fills the structure that it is lent.
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw DecomposeError(file: path, problem: .notAFile)
    }
    self.path = path
    self.size = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Fills `output` from byte `offset`; errors: truncated, cannotRead.
  package func read(at offset: Int, into output: inout MutableSpan<UInt8>) throws(DecomposeError) {
    try read(at: offset, into: &output, range: 0..<output.count)
  }

  /// Fills a part of `output` from byte `offset`; errors: truncated, cannotRead.
  func read(
    at offset: Int, into output: inout MutableSpan<UInt8>, range: Range<Int>
  ) throws(DecomposeError) {
    precondition(range.upperBound <= output.count, "the part lies inside the output")
    var filled = 0
    while filled < range.count {
      let wanted = range.count - filled
      // The system writes at most `wanted` bytes behind `filled`, all inside the span.
      let got = unsafe output.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return 0 }
        return unsafe pread(
          descriptor, start + range.lowerBound + filled, wanted, off_t(offset + filled))
      }
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw DecomposeError(file: path, problem: .cannotRead(systemError())) }
      if got == 0 { throw DecomposeError(file: path, problem: .truncated(at: offset)) }
      filled += got
    }
  }
}

/// The system's words for the last failed call.
func systemError() -> String {
  // The text is copied before anything else can change it.
  unsafe String(cString: strerror(errno))
}
