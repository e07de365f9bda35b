import Glibc

/// Why a file of the fuzzer's cannot be used.
public enum FuzzFileError: Error, Equatable, Sendable {
  /// The folder cannot be listed.
  case unreadableFolder(String)
  /// The file cannot be opened, made or read.
  case unusableFile(String)
}

/// The clock that bounds runs.
enum FuzzClock {
  /// Monotonic nanoseconds.
  static func nanoseconds() -> UInt64 {
    var time = timespec()
    // The system fills the structure that it is lent.
    guard unsafe clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

/// A folder of inputs, one a file.
///
/// Whoever else writes there is not trusted: only regular files are read, each within a bound, so
/// many and no more.
public struct CorpusFolder: Sendable {
  /// Files read of one folder, at most.
  public static let maximumFiles = 1 << 16

  /// The folder's path.
  public let path: String

  /// A folder, whether or not it is there.
  public init(_ path: String) { self.path = path }

  /// What was read of a folder.
  public struct Contents: Equatable, Sendable {
    /// Names and inputs, in the order of the names.
    public var inputs: [FuzzSeed] = []
    /// Files passed over: too long, unreadable, too many, or no regular files.
    public var skipped = 0
  }

  /// Reads all inputs of at most `maximumBytes`.
  public func read(maximumBytes: Int) throws(FuzzFileError) -> Contents {
    var contents = Contents()
    for name in try names() {
      guard contents.inputs.count < Self.maximumFiles,
        let bytes = Self.readFile("\(path)/\(name)", maximumBytes: maximumBytes)
      else {
        contents.skipped += 1
        continue
      }
      contents.inputs.append(FuzzSeed(name, bytes))
    }
    return contents
  }

  private func names() throws(FuzzFileError) -> [String] {
    guard let folder = unsafe opendir(path) else { throw .unreadableFolder(path) }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      // The name ends with a zero inside the entry, which lives until the next call.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// A regular file's bytes; nil where it is none, is longer than the bound, or cannot be read.
  public static func readFile(_ path: String, maximumBytes: Int) -> [UInt8]? {
    // Not waiting, so that a pipe without a writer does not hold the run up.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size >= 0, status.st_size <= maximumBytes
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe Glibc.read(descriptor, base + filled, buffer.count - filled)
      }
      if got <= 0 { return nil }
      filled += got
    }
    return bytes
  }

  /// Writes an input as a file of that name, making its folders if need be.
  public func write(_ bytes: [UInt8], name: String) throws(FuzzFileError) {
    // All folders on the way; what stands there already is left.
    for end in path.utf8.indices.dropFirst() where path.utf8[end] == UInt8(ascii: "/") {
      _ = unsafe mkdir(String(path[..<end]), 0o755)
    }
    _ = unsafe mkdir(path, 0o755)
    let file = "\(path)/\(name)"
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unusableFile(file) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe Glibc.write(descriptor, base + written, buffer.count - written)
      }
      if count <= 0 { throw .unusableFile(file) }
      written += count
    }
  }

  /// A file name that depends on the bytes alone.
  public static func name(for bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits + ".bin"
  }
}
