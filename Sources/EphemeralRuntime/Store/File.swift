import CLinux
import Glibc

/// An open file and the few calls that the store and the audit log make on it.
package struct File: ~Copyable, Sendable {
  /// Facts by which a file that somebody changed is told from the one that was checked.
  struct Stamp: Hashable, Sendable {
    let device: UInt64
    let node: UInt64
    let size: Int64
    let modified: Int64
    let changed: Int64
  }

  private let descriptor: Descriptor

  /// Opens `path`; nobody else may read what it creates.
  package init(path: String, flags: Int32, followsLinks: Bool = false) throws(StoreError) {
    let all = flags | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW)
    // SAFETY: the string lives for the call.
    let number = unsafe open(path, all, 0o600)
    guard let descriptor = Descriptor(number) else { throw StoreError(code: errno) }
    self.descriptor = descriptor
  }

  func stamp() throws(StoreError) -> Stamp {
    var facts = stat()
    // SAFETY: the call fills the local.
    guard unsafe fstat(descriptor.number, &facts) == 0 else { throw StoreError(code: errno) }
    let nanoseconds = { (time: timespec) in
      Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
    return Stamp(
      device: UInt64(facts.st_dev), node: UInt64(facts.st_ino), size: Int64(facts.st_size),
      modified: nanoseconds(facts.st_mtim), changed: nanoseconds(facts.st_ctim))
  }

  func size() throws(StoreError) -> Int { Int(try stamp().size) }

  /// Whether it is a file in the narrow sense: no pipe, device or folder.
  func isRegular() throws(StoreError) -> Bool {
    var facts = stat()
    // SAFETY: the call fills the local.
    guard unsafe fstat(descriptor.number, &facts) == 0 else { throw StoreError(code: errno) }
    return facts.st_mode & S_IFMT == S_IFREG
  }

  /// Whether `path` names this file now.
  func isStill(at path: String) throws(StoreError) -> Bool {
    let own = try stamp()
    var facts = stat()
    // SAFETY: the string lives for the call, which fills the local.
    guard unsafe lstat(path, &facts) == 0 else { return false }
    return own.device == UInt64(facts.st_dev) && own.node == UInt64(facts.st_ino)
  }

  /// Keeps every other holder out until this file is closed; false if one is in.
  func tryLock() -> Bool { flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 }

  /// Up to `count` bytes from `offset`; fewer only at the end of the file.
  package func read(at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
    var code: Int32 = 0
    // SAFETY: the calls write at most the rest of the buffer, and what they wrote is the array.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = unsafe pread(
          descriptor.number, buffer.baseAddress?.advanced(by: filled), count - filled,
          off_t(offset + filled))
        if got == 0 { break }
        if got < 0 {
          if errno == EINTR { continue }
          code = errno
          break
        }
        filled += got
      }
    }
    guard code == 0 else { throw StoreError(code: code) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: the call reads the rest of the buffer.
      let put = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(
          descriptor.number, buffer.baseAddress?.advanced(by: written), bytes.count - written,
          off_t(offset + written))
      }
      if put < 0 {
        if errno == EINTR { continue }
        throw StoreError(code: errno)
      }
      if put == 0 { throw .full }
      written += put
    }
  }

  func truncate(to size: Int) throws(StoreError) {
    guard ftruncate(descriptor.number, off_t(size)) == 0 else { throw StoreError(code: errno) }
  }

  func sync() throws(StoreError) {
    guard fsync(descriptor.number) == 0 else { throw StoreError(code: errno) }
  }
}

/// Calls on paths.
package enum FileSystem {
  /// Makes the directory unless it is there, readable by its owner only.
  static func makeDirectory(_ path: String) throws(StoreError) {
    // SAFETY: the string lives for the call.
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw .unusableDirectory }
    // SAFETY: as above.
    guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else { throw .unusableDirectory }
  }

  /// Makes the entries of a directory durable.
  static func syncDirectory(_ path: String) throws(StoreError) {
    try File(path: path, flags: O_RDONLY | O_DIRECTORY).sync()
  }

  static func rename(_ old: String, to new: String) throws(StoreError) {
    // SAFETY: the strings live for the call.
    guard unsafe Glibc.rename(old, new) == 0 else { throw StoreError(code: errno) }
  }

  /// Removes a file; one that is not there is no error.
  static func remove(_ path: String) {
    // SAFETY: the string lives for the call.
    _ = unsafe unlink(path)
  }

  /// The size of a regular file and when it was last written, in seconds; nil if there is none.
  static func facts(_ path: String) -> (size: Int, modifiedSeconds: Int)? {
    var facts = stat()
    // SAFETY: the string lives for the call, which fills the local.
    guard unsafe lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    return (Int(facts.st_size), Int(facts.st_mtim.tv_sec))
  }

  /// The bytes that an ordinary user may still write to the file system of `path`.
  static func freeBytes(_ path: String) -> Int? {
    var facts = statvfs()
    // SAFETY: the string lives for the call, which fills the local.
    guard unsafe statvfs(path, &facts) == 0 else { return nil }
    let (bytes, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(
      by: UInt64(facts.f_frsize))
    return overflow ? Int.max : Int(clamping: bytes)
  }

  /// The names in a directory, in byte order, at most `maximum` of them.
  package static func names(in path: String, maximum: Int) -> [String] {
    // SAFETY: the directory stream is open from here to the end of this function.
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while names.count < maximum, let entry = unsafe readdir(directory) {
      // SAFETY: the kernel ends the name with a zero within the field.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
