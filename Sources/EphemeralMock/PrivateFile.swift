import EphemeralCrypto
import Glibc

/// Small files that only their owner may read, made whole or not at all; their bytes are secret.
enum PrivateFile {
  /// The most bytes of such a file.
  static let maximumBytes = 4096

  /// Makes a directory and those above it, private to the owner where they are new.
  static func makeDirectory(_ path: String) throws(MockError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
      prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + part
      guard unsafe mkdir(prefix, 0o700) == 0 || errno == EEXIST else { throw .directory }
    }
  }

  /// The file's bytes, or nil where there is no such file.
  static func read(_ path: String) throws(MockError) -> SecretBytes? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .file
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file }
    guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else { throw .permissions }
    return try readAll(descriptor)
  }

  private static func readAll(_ descriptor: Int32) throws(MockError) -> SecretBytes {
    var bytes = try secret(count: maximumBytes + 1)
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .file }
      if count == 0 { break }
      filled += count
    }
    guard filled <= maximumBytes else { throw .malformed }
    bytes.truncate(to: filled)
    return bytes
  }

  /// Zero bytes of secret memory.
  static func secret(count: Int) throws(MockError) -> SecretBytes {
    do throws(CryptoError) {
      return try SecretBytes(count: count)
    } catch {
      throw .cryptography
    }
  }

  /// Writes a new file: under another name, flushed, then linked to its own.
  ///
  /// - Returns: whether the file is new; false when another process made one first.
  static func create(
    _ path: String, _ bytes: borrowing SecretBytes, uniqueName: String
  ) throws(MockError) -> Bool {
    let temporary = path + "." + uniqueName
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .file }
    defer { _ = unsafe unlink(temporary) }
    let written = writeAll(descriptor, bytes) && fsync(descriptor) == 0
    guard close(descriptor) == 0, written else { throw .file }
    // Unlike rename, link never replaces a root that somebody has pinned already.
    if unsafe link(temporary, path) == 0 { return true }
    guard errno == EEXIST else { throw .file }
    return false
  }

  private static func writeAll(_ descriptor: Int32, _ bytes: borrowing SecretBytes) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
        return unsafe write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
