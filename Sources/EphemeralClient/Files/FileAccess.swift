internal import Glibc

/// Whole files, read under a bound and written so that a reader never sees half of one.
public enum FileAccess {
  /// Reads a regular file of at most `maximum` bytes; never waits for a pipe's other end.
  ///
  /// The file may hold a secret: nothing of it stays behind but what is returned.
  ///
  /// - Throws: ``ClientFailure`` naming the file and the reason.
  public static func read(_ path: String, maximum: Int) throws(ClientFailure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .file(path, reason()) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file(path, reason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path, "not a regular file") }
    guard status.st_size <= maximum else {
      throw .file(path, "larger than the \(maximum) bytes that are read at most")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    defer { TopologyFile.wipe(&piece) }
    while true {
      // The buffer lives for the call only.
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .file(path, reason()) }
      if count == 0 { return bytes }
      guard bytes.count + count <= maximum else {
        throw .file(path, "larger than the \(maximum) bytes that are read at most")
      }
      bytes += piece[..<count]
    }
  }

  /// Opens a file that others will read, to name what is in the way; never waits for a pipe.
  ///
  /// - Parameter followsLinks: whether the path may be a symbolic link.
  /// - Throws: ``ClientFailure`` naming the file and the reason.
  static func requireReadable(_ path: String, followsLinks: Bool = true) throws(ClientFailure) {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
    let descriptor = unsafe open(path, flags)
    guard descriptor >= 0 else { throw .file(path, reason()) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file(path, reason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path, "not a regular file") }
  }

  /// Writes a file through a temporary sibling and a rename: all of it or nothing.
  ///
  /// - Parameter mode: the permissions, 0600 for anything that holds a key.
  public static func write(
    _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644
  ) throws(ClientFailure) {
    try write(bytes.span, to: path, mode: mode)
  }

  /// Writes a file of borrowed bytes, which may be secret, in the same way.
  static func write(_ bytes: Span<UInt8>, to path: String, mode: UInt32) throws(ClientFailure) {
    let temporary = "\(path).\(getpid()).partial"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .file(path, reason()) }
    var problem = writeAll(bytes, to: descriptor)
    if problem == nil, fsync(descriptor) != 0 { problem = reason() }
    close(descriptor)
    if let problem {
      unsafe unlink(temporary)
      throw .file(path, problem)
    }
    guard unsafe rename(temporary, path) == 0 else {
      let problem = reason()
      unsafe unlink(temporary)
      throw .file(path, problem)
    }
  }

  /// Makes a folder unless it is there.
  public static func makeFolder(_ path: String) throws(ClientFailure) {
    if unsafe mkdir(path, 0o755) == 0 { return }
    guard errno == EEXIST else { throw .file(path, reason()) }
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .file(path, "exists and is not a folder")
    }
  }

  /// The operating system's own words for the last error, in lower case.
  static func reason() -> String { reason(errno) }

  static func reason(_ number: Int32) -> String {
    // strerror's text is copied before the next call.
    let text = unsafe String(cString: strerror(number))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// Whether something stands under a path.
  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Writes all bytes and returns what went wrong.
  static func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32) -> String? {
    var at = 0
    while at < bytes.count {
      // The buffer lives for the call only.
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: at), $0.count - at)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return reason() }
      at += count
    }
    return nil
  }
}
