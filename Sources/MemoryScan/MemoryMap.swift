import Glibc

/// A stretch of this process's memory.
struct MemoryRegion: Equatable {
  /// What a stretch is for, as far as the system tells.
  enum Kind: String, CaseIterable {
    /// Left out of core dumps by the program: arenas and secret bytes.
    case secret
    /// The C library's heap that grows in place.
    case heap
    /// A thread's stack.
    case stack
    /// A file's: code, constants, data.
    case file
    /// All other memory, the C library's further heaps among it.
    case other
  }

  var start: UInt
  var end: UInt
  let kind: Kind

  /// Its length in bytes.
  var count: Int { Int(end - start) }
}

/// What memory this process has, read from `/proc/self/smaps`.
enum MemoryMap {
  /// Bytes of the page behind which a thread's stack begins.
  private static let guardBytes: UInt = 4096

  /// All private memory that can be read, in ascending order; nil where the system does not tell.
  static func readable() -> [MemoryRegion]? {
    guard let text = read("/proc/self/smaps") else { return nil }
    return regions(in: text)
  }

  /// One mapping's head line and flags.
  private struct Entry {
    let start: UInt
    let end: UInt
    let permissions: Substring
    let name: Substring
    var isUndumpable = false
  }

  /// The readable private regions of a listing in the form of `smaps`.
  static func regions(in text: String) -> [MemoryRegion] {
    var entries: [Entry] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first else { continue }
      if first == "VmFlags:" {
        if words.contains("dd"), !entries.isEmpty {
          entries[entries.count - 1].isUndumpable = true
        }
      } else if !first.hasSuffix(":"), words.count >= 5 {
        let ends = first.split(separator: "-")
        guard ends.count == 2, let start = UInt(ends[0], radix: 16),
          let end = UInt(ends[1], radix: 16), start < end
        else { continue }
        entries.append(
          Entry(
            start: start, end: end, permissions: words[1],
            name: words.count > 5 ? words[5] : ""))
      }
    }
    var regions: [MemoryRegion] = []
    for (index, entry) in entries.enumerated() {
      guard entry.permissions.hasPrefix("r"), entry.permissions.hasSuffix("p"),
        !["[vvar]", "[vvar_vclock]", "[vdso]", "[vsyscall]"].contains(entry.name)
      else { continue }
      let before = index > 0 ? entries[index - 1] : nil
      regions.append(
        MemoryRegion(start: entry.start, end: entry.end, kind: kind(of: entry, after: before)))
    }
    return regions
  }

  private static func kind(of entry: Entry, after before: Entry?) -> MemoryRegion.Kind {
    if entry.name == "[heap]" { return .heap }
    if entry.name.hasPrefix("[stack") { return .stack }
    // The C library leaves the stacks in core dumps, so what is left out was left out on purpose.
    if entry.isUndumpable { return .secret }
    if !entry.name.isEmpty, !entry.name.hasPrefix("[anon") { return .file }
    if let before, before.end == entry.start, before.permissions.hasPrefix("---"),
      before.end - before.start == guardBytes
    {
      return .stack
    }
    return .other
  }

  /// A file that does not know its length; nil where it cannot be read.
  static func read(_ path: String, maximumBytes: Int = 64 << 20) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: the call writes at most the array's length.
      let count = unsafe Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0, bytes.count + count <= maximumBytes else { return nil }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece[..<count]
    }
  }
}
