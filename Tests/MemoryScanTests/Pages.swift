import Glibc

/// Whole pages of a test's own.
@safe final class Pages {
  let start: UInt
  let count: Int

  /// Zero bytes that nothing else is beside.
  init(count: Int) throws {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let pages = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe pages != MAP_FAILED
    else { throw PagesError.noMemory }
    start = UInt(bitPattern: pages)
    self.count = count
  }

  deinit { unsafe munmap(UnsafeMutableRawPointer(bitPattern: start), count) }

  /// Writes what two byte strings are together, without it being anywhere else.
  func write(_ mask: [UInt8], xor masked: [UInt8], at offset: Int) {
    precondition(offset >= 0 && offset + mask.count <= count)
    let place = unsafe UnsafeMutablePointer<UInt8>(bitPattern: start + UInt(offset))
    for index in mask.indices { unsafe place?[index] = mask[index] ^ masked[index] }
  }

  /// Writes zeros over so many bytes.
  func clear(_ length: Int, at offset: Int) {
    precondition(offset >= 0 && offset + length <= count)
    let place = unsafe UnsafeMutablePointer<UInt8>(bitPattern: start + UInt(offset))
    unsafe place?.update(repeating: 0, count: length)
  }

  /// Makes a part unreadable.
  func close(_ range: Range<Int>) throws {
    let place = unsafe UnsafeMutableRawPointer(bitPattern: start + UInt(range.lowerBound))
    guard unsafe mprotect(place, range.count, PROT_NONE) == 0 else { throw PagesError.noMemory }
  }
}

enum PagesError: Error {
  case noMemory
}
