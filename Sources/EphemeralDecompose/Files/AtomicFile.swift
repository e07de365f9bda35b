import EphemeralCrypto
import Foundation
import Glibc

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a temporary file beside it; `finish` makes them durable, `publish` renames. One that
/// is never published is removed.
final class AtomicFile {
  /// The name under which the file appears.
  let path: String
  private let temporary: String
  private var descriptor: Int32
  private var isPublished = false

  /// Creates the temporary file with `mode`; errors: cannotWrite, sealing.
  init(path: String, mode: mode_t) throws(DecomposeError) {
    let url = URL(fileURLWithPath: path)
    let random: [UInt8]
    do { random = try Entropy.bytes(count: 8) } catch {
      throw DecomposeError(file: path, problem: .sealing)
    }
    let suffix = random.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    self.path = path
    descriptor = -1
    self.temporary =
      url.deletingLastPathComponent()
      .appendingPathComponent(".\(url.lastPathComponent).\(suffix).partial").path
    var status = stat()
    // The system fills the structure that it is lent. A folder could only refuse the last rename,
    // when the other file of a pair has its name already.
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      errno = EISDIR
      throw Self.failure(path)
    }
    descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    if descriptor < 0 { throw Self.failure(path) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isPublished { _ = unsafe unlink(temporary) }
  }

  /// Appends bytes; errors: cannotWrite.
  func write(_ bytes: Span<UInt8>) throws(DecomposeError) {
    var written = 0
    while written < bytes.count {
      // The system reads at most what is left of the span.
      let count = unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return 0 }
        return unsafe Glibc.write(descriptor, start + written, buffer.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { throw Self.failure(path) }
      written += count
    }
  }

  /// Makes the bytes durable and closes the file, which is still invisible; errors: cannotWrite.
  func finish() throws(DecomposeError) {
    if fsync(descriptor) != 0 { throw Self.failure(path) }
    let result = close(descriptor)
    descriptor = -1
    if result != 0 { throw Self.failure(path) }
  }

  /// Gives the finished file its name; errors: cannotWrite.
  func publish() throws(DecomposeError) {
    guard unsafe rename(temporary, path) == 0 else { throw Self.failure(path) }
    isPublished = true
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private static func failure(_ path: String) -> DecomposeError {
    DecomposeError(file: path, problem: .cannotWrite(systemError()))
  }
}
