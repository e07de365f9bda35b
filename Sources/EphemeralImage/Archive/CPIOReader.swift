/// Reads archives in the newc form (Spec/Image.md §3.1); no content is copied.
///
/// Stricter than the kernel: one archive, ended by its trailer, then zeros at most.
public enum CPIOReader {
  /// The files of the archive that fills `range` of the source, the trailer left out.
  public static func entries(
    in source: some ImageSource, _ range: Range<Int>
  ) throws(CPIOError) -> [CPIOEntry] {
    var entries: [CPIOEntry] = []
    var namesBytes = 0
    var position = range.lowerBound
    while true {
      let entry = try entry(
        in: source, at: &position, base: range.lowerBound, end: range.upperBound)
      if entry.name == CPIOFormat.trailer {
        try requireZeros(in: source, position..<range.upperBound)
        return entries
      }
      namesBytes += entry.name.count
      guard entries.count < ImageBounds.archiveEntries,
        namesBytes <= ImageBounds.archiveNamesBytes
      else { throw .tooMany }
      entries.append(entry)
    }
  }

  /// Reads the entry at `position` and moves behind it; padding counts from `base`.
  private static func entry(
    in source: some ImageSource, at position: inout Int, base: Int, end: Int
  ) throws(CPIOError) -> CPIOEntry {
    guard end - position >= CPIOFormat.headerBytes else { throw .truncated }
    let header = try bytes(source, position..<(position + CPIOFormat.headerBytes))
    guard header.starts(with: CPIOFormat.magic) else { throw .magic }
    var fields: [UInt32] = []
    for index in 0..<CPIOFormat.fields {
      fields.append(try field(header, at: CPIOFormat.magic.count + 8 * index))
    }
    position += CPIOFormat.headerBytes
    let nameBytes = Int(fields[11])
    guard (2...(ImageBounds.archiveNameBytes + 1)).contains(nameBytes) else { throw .name }
    guard nameBytes <= end - position else { throw .truncated }
    var name = try bytes(source, position..<(position + nameBytes))
    guard name.removeLast() == 0, !name.contains(0) else { throw .name }
    position += nameBytes
    try skipPadding(in: source, at: &position, base: base, end: end)
    let size = Int(fields[6])
    guard size <= end - position else { throw .truncated }
    let content = position..<(position + size)
    position += size
    try skipPadding(in: source, at: &position, base: base, end: end)
    return CPIOEntry(
      name: name, mode: fields[1], inode: fields[0], owner: fields[2], group: fields[3],
      links: fields[4], modified: fields[5], deviceMajor: fields[9], deviceMinor: fields[10],
      content: content)
  }

  private static func field(_ header: [UInt8], at offset: Int) throws(CPIOError) -> UInt32 {
    var value: UInt32 = 0
    for byte in header[offset..<(offset + 8)] {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: throw .field
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private static func skipPadding(
    in source: some ImageSource, at position: inout Int, base: Int, end: Int
  ) throws(CPIOError) {
    let count = CPIOFormat.padding(after: position - base)
    guard count <= end - position else { throw .truncated }
    guard try bytes(source, position..<(position + count)).allSatisfy({ $0 == 0 }) else {
      throw .name
    }
    position += count
  }

  private static func requireZeros(
    in source: some ImageSource, _ range: Range<Int>
  ) throws(CPIOError) {
    var isZero = true
    do throws(ImageError) {
      try source.forEachPiece(of: range) { piece in
        for index in 0..<piece.count where piece[index] != 0 { isZero = false }
      }
    } catch {
      throw .unreadable
    }
    guard isZero else { throw .trailingBytes }
  }

  private static func bytes(
    _ source: some ImageSource, _ range: Range<Int>
  ) throws(CPIOError) -> [UInt8] {
    do throws(ImageError) { return try source.bytes(range) } catch { throw .unreadable }
  }
}
