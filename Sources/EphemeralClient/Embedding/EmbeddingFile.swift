internal import EphemeralModel
internal import Glibc

/// A `.npy` matrix that grows row by row and appears under its name when it is complete.
///
/// The header has a fixed size, because the number of rows is known last.
final class EmbeddingFile {
  private static let headerBytes = 128
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isPublished = false
  private(set) var rows = 0

  /// Creates the file under a name beside `path`.
  init(_ path: String) throws(ClientFailure) {
    self.path = path
    temporary = "\(path).\(getpid()).partial"
    descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .file(path, FileAccess.reason()) }
    // Opened, the object's end takes the file away again.
    try write([UInt8](repeating: 0, count: Self.headerBytes))
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if descriptor >= 0, !isPublished { unsafe unlink(temporary) }
  }

  /// Appends one row.
  func append(_ vector: [Float]) throws(ClientFailure) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(vector.count * 4)
    for value in vector {
      for shift in 0..<4 {
        bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * shift)))
      }
    }
    try write(bytes)
    rows += 1
  }

  /// Writes the header, makes all of it durable and gives it its name.
  func finish(columns: Int) throws(ClientFailure) {
    let header = NumPyFormat.header(.float32, shape: [rows, columns], bytes: Self.headerBytes)
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .file(path, FileAccess.reason()) }
    try write(header)
    guard fsync(descriptor) == 0, unsafe rename(temporary, path) == 0 else {
      throw .file(path, FileAccess.reason())
    }
    isPublished = true
  }

  private func write(_ bytes: [UInt8]) throws(ClientFailure) {
    if let problem = FileAccess.writeAll(bytes.span, to: descriptor) { throw .file(path, problem) }
  }
}
