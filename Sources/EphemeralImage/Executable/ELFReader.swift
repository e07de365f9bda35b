/// A program header that matters here.
struct ELFSegment {
  /// The kinds that the builder looks at, by `p_type`.
  enum Kind: Int {
    case load = 1
    case dynamic = 2
    case interpreter = 3
    case note = 4
  }

  let kind: Kind
  /// Where its content lies in the file.
  let file: Range<Int>
  /// Where it lies in memory.
  let memory: Range<UInt64>
  let isExecutable: Bool
}

/// Little-endian numbers of an ELF file. The caller keeps offsets inside the file.
struct ELFReader {
  let file: [UInt8]

  init(_ file: [UInt8]) { self.file = file }

  /// A number of up to eight bytes; one of 2^63 or more comes out negative.
  func number(at offset: Int, count: Int) -> Int {
    var value: UInt64 = 0
    for index in (0..<count).reversed() { value = value << 8 | UInt64(file[offset + index]) }
    return Int(truncatingIfNeeded: value)
  }

  /// An address, eight bytes.
  func address(at offset: Int) -> UInt64 { UInt64(bitPattern: Int64(number(at: offset, count: 8))) }

  /// The range that begins at the offset in the eight bytes at `field`; errors: truncated.
  func range(at field: Int, byteCount: Int) throws(ELFError) -> Range<Int> {
    let start = number(at: field, count: 8)
    guard start >= 0, start <= file.count, byteCount >= 0, byteCount <= file.count - start else {
      throw .truncated
    }
    return start..<(start + byteCount)
  }

  /// Whether a dynamic section has an entry DT_NEEDED before its end.
  func asksForLibraries(_ range: Range<Int>) -> Bool {
    for start in stride(from: range.lowerBound, to: range.upperBound - 15, by: 16) {
      switch number(at: start, count: 8) {
      case 0: return false
      case 1: return true
      default: continue
      }
    }
    return false
  }

  /// Where the build ids of a note segment lie (type 3, owner `GNU`).
  func buildIDs(_ range: Range<Int>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var at = range.lowerBound
    while range.upperBound - at >= 12 {
      let nameBytes = number(at: at, count: 4)
      let contentBytes = number(at: at + 4, count: 4)
      let type = number(at: at + 8, count: 4)
      let content = at + 12 + (nameBytes + 3) & ~3
      let next = content + (contentBytes + 3) & ~3
      guard content <= range.upperBound, contentBytes <= range.upperBound - content else { break }
      if type == 3, nameBytes == 4,
        file[(at + 12)..<(at + 16)].elementsEqual([0x47, 0x4e, 0x55, 0])
      {
        found.append(content..<(content + contentBytes))
      }
      at = next
    }
    return found
  }
}
