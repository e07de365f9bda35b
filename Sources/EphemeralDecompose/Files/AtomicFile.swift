import EphemeralCrypto
import Foundation
package import Glibc

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a file without a name in the same folder, which the system drops with the process,
/// however that ends; `finish` makes them durable, `publish` gives the name. Only replacing an
/// earlier file takes a second name, for the two calls from link to rename. Where the file system
/// has no nameless files (or `/proc` is not there to name them), the bytes go to a hidden file
/// beside it; one that is never published is removed, unless a signal ends the process first.
package final class AtomicFile {
  /// The name under which the file appears.
  package let path: String
  /// `O_TMPFILE` of open(2), a macro that Swift does not see; its value on x86-64 and AArch64.
  private static let namelessFlag: Int32 = 0o20_000_000 | O_DIRECTORY

  /// The hidden name beside it.
  private let temporary: String
  private let descriptor: Int32
  /// Whether the hidden name stands in the folder.
  private var isHidden = false

  /// Creates the file with `mode`, nameless where it can be unless `isNamed`; errors: cannotWrite,
  /// sealing.
  package init(path: String, mode: mode_t, isNamed: Bool = false) throws(DecomposeError) {
    let url = URL(fileURLWithPath: path)
    let random: [UInt8]
    do { random = try Entropy.bytes(count: 8) } catch {
      throw DecomposeError(file: path, problem: .sealing)
    }
    let suffix = random.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let folder = url.deletingLastPathComponent()
    self.path = path
    self.temporary =
      folder.appendingPathComponent(".\(url.lastPathComponent).\(suffix).partial").path
    var status = stat()
    // The system fills the structure that it is lent. A folder could only refuse the last rename,
    // when the other file of a pair has its name already.
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      errno = EISDIR
      descriptor = -1
      throw Self.failure(path)
    }
    let nameless = isNamed ? -1 : Self.openNameless(in: folder.path, mode: mode)
    if nameless >= 0 {
      descriptor = nameless
    } else {
      descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor < 0 { throw Self.failure(path) }
      isHidden = true
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if isHidden { _ = unsafe unlink(temporary) }
  }

  /// A file without a name that can get one later; -1 where the system has none.
  private static func openNameless(in folder: String, mode: mode_t) -> Int32 {
    let descriptor = unsafe open(folder, O_WRONLY | namelessFlag | O_CLOEXEC, mode)
    guard descriptor >= 0 else { return -1 }
    if unsafe access(link(to: descriptor), F_OK) == 0 { return descriptor }
    close(descriptor)
    return -1
  }

  /// The path by which the system finds an open file of this process.
  private static func link(to descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  /// Appends bytes; errors: cannotWrite.
  package func write(_ bytes: Span<UInt8>) throws(DecomposeError) {
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

  /// Makes the bytes durable, still without the name; errors: cannotWrite.
  package func finish() throws(DecomposeError) {
    if fsync(descriptor) != 0 { throw Self.failure(path) }
  }

  /// Gives the finished file its name; errors: cannotWrite.
  package func publish() throws(DecomposeError) {
    if !isHidden {
      let isDone = try linked(as: path)
      if !isDone { isHidden = try linked(as: temporary) }
      if !isDone && !isHidden { throw Self.failure(path) }
    }
    if isHidden {
      guard unsafe rename(temporary, path) == 0 else { throw Self.failure(path) }
      isHidden = false
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  /// Gives the nameless file a name; false where something stands under it.
  private func linked(as name: String) throws(DecomposeError) -> Bool {
    let source = Self.link(to: descriptor)
    if unsafe linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 { return true }
    guard errno == EEXIST else { throw Self.failure(path) }
    return false
  }

  private static func failure(_ path: String) -> DecomposeError {
    DecomposeError(file: path, problem: .cannotWrite(systemError()))
  }
}
