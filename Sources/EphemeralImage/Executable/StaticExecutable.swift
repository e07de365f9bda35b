/// A static ELF executable, cut down to what is loaded (Spec/Image.md §4.2).
///
/// What is left depends on the program alone, not on the folder or the day of its compilation:
/// symbols and debug information stand behind the loaded segments and go; the build id and Swift's
/// module hashes, which the folder goes into, become zeros; the headers forget the sections.
public struct StaticExecutable: Equatable, Sendable {
  /// The file as it goes into the image.
  public let bytes: [UInt8]
  /// The processor that it runs on.
  public let architecture: ImageArchitecture

  private static let headerBytes = 64
  private static let programHeaderBytes = 56
  private static let sectionHeaderBytes = 64
  private static let maximumProgramHeaders = 64
  private static let hashSection: [UInt8] = Array(".swift_modhash".utf8) + [0]

  /// Checks an executable and cuts it; errors: see `ELFError`.
  public init(trimming file: [UInt8]) throws(ELFError) {
    guard file.count <= ImageBounds.executableBytes else { throw .tooLarge }
    guard file.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .magic }
    guard file.count >= Self.headerBytes else { throw .truncated }
    guard file[4] == 2, file[5] == 1, file[6] == 1 else { throw .form }
    let reader = ELFReader(file)
    switch reader.number(at: 18, count: 2) {
    case 62: architecture = .x86
    case 183: architecture = .arm
    default: throw .machine
    }
    // ET_EXEC, or ET_DYN as position-independent executables are.
    guard [2, 3].contains(reader.number(at: 16, count: 2)) else { throw .notExecutable }
    let segments = try Self.segments(reader)
    guard !segments.contains(where: { $0.kind == .interpreter }) else { throw .interpreter }
    for segment in segments where segment.kind == .dynamic {
      guard !reader.asksForLibraries(segment.file) else { throw .sharedLibraries }
    }
    let loaded = segments.filter { $0.kind == .load }
    let entry = reader.address(at: 24)
    guard loaded.contains(where: { $0.isExecutable && $0.memory.contains(entry) }) else {
      throw .entry
    }
    let table = try Self.programHeaders(reader)
    let notes = segments.filter { $0.kind == .note }.map(\.file)
    let dynamic = segments.filter { $0.kind == .dynamic }.map(\.file)
    // Some linkers do not load the hashes: then they are cut off.
    let hashes = try Self.hashSections(reader).filter { range in
      loaded.contains { $0.file.overlaps(range) }
    }
    // What is read, and what becomes zero, is loaded and no part of anything else that is read.
    let disjoint = [0..<Self.headerBytes, table] + dynamic + notes + hashes
    guard (dynamic + notes + hashes).allSatisfy({ Self.isLoaded($0, by: loaded) }),
      Self.areDisjoint(disjoint)
    else { throw .overlap }
    let kept = [0..<Self.headerBytes, table] + loaded.map(\.file)
    var output = [UInt8](repeating: 0, count: kept.map(\.upperBound).max() ?? 0)
    for range in kept { output.replaceSubrange(range, with: file[range]) }
    for range in notes.flatMap({ reader.buildIDs($0) }) + hashes {
      Self.clear(range, in: &output)
    }
    // e_shoff, then e_shentsize, e_shnum and e_shstrndx.
    Self.clear(40..<48, in: &output)
    Self.clear(58..<64, in: &output)
    bytes = output
  }

  private static func programHeaders(_ reader: ELFReader) throws(ELFError) -> Range<Int> {
    let count = reader.number(at: 56, count: 2)
    guard (1...maximumProgramHeaders).contains(count),
      reader.number(at: 54, count: 2) == programHeaderBytes
    else { throw .programHeaders }
    return try reader.range(at: 32, byteCount: count * programHeaderBytes)
  }

  private static func segments(_ reader: ELFReader) throws(ELFError) -> [ELFSegment] {
    var segments: [ELFSegment] = []
    var loadedEnd: UInt64 = 0
    for start in stride(from: try programHeaders(reader), by: programHeaderBytes) {
      guard let kind = ELFSegment.Kind(rawValue: reader.number(at: start, count: 4)) else {
        continue
      }
      let fileBytes = reader.number(at: start + 32, count: 8)
      let memoryBytes = reader.number(at: start + 40, count: 8)
      guard fileBytes >= 0, fileBytes <= memoryBytes || kind != .load else { throw .segment }
      // What holds nothing lies nowhere, whatever its offset.
      let file = fileBytes == 0 ? 0..<0 : try reader.range(at: start + 8, byteCount: fileBytes)
      let address = reader.address(at: start + 16)
      let (end, isBeyond) = address.addingReportingOverflow(UInt64(max(0, memoryBytes)))
      guard !isBeyond else { throw .segment }
      if kind == .load {
        guard address >= loadedEnd else { throw .segment }
        loadedEnd = end
      }
      segments.append(
        ELFSegment(
          kind: kind, file: file, memory: address..<end,
          isExecutable: reader.number(at: start + 4, count: 4) & 1 == 1))
    }
    return segments
  }

  /// Where Swift's module hashes lie; none in a file that was cut before.
  private static func hashSections(_ reader: ELFReader) throws(ELFError) -> [Range<Int>] {
    let count = reader.number(at: 60, count: 2)
    guard reader.number(at: 40, count: 8) != 0, count > 0 else { return [] }
    guard reader.number(at: 58, count: 2) == sectionHeaderBytes else { throw .sections }
    let nameSection = reader.number(at: 62, count: 2)
    guard let table = try? reader.range(at: 40, byteCount: count * sectionHeaderBytes),
      nameSection < count
    else { throw .sections }
    let namesHeader = table.lowerBound + nameSection * sectionHeaderBytes
    guard
      let names = try? reader.range(
        at: namesHeader + 24, byteCount: reader.number(at: namesHeader + 32, count: 8))
    else { throw .sections }
    var found: [Range<Int>] = []
    for start in stride(from: table, by: sectionHeaderBytes) {
      let name = reader.number(at: start, count: 4)
      guard name < names.count,
        reader.file[(names.lowerBound + name)..<names.upperBound].starts(with: hashSection)
      else { continue }
      guard
        let range = try? reader.range(
          at: start + 24, byteCount: reader.number(at: start + 32, count: 8))
      else { throw .sections }
      found.append(range)
    }
    return found
  }

  private static func isLoaded(_ range: Range<Int>, by segments: [ELFSegment]) -> Bool {
    range.isEmpty
      || segments.contains { segment in
        segment.file.lowerBound <= range.lowerBound && range.upperBound <= segment.file.upperBound
      }
  }

  private static func areDisjoint(_ ranges: [Range<Int>]) -> Bool {
    var end = 0
    for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard range.lowerBound >= end else { return false }
      end = range.upperBound
    }
    return true
  }

  private static func clear(_ range: Range<Int>, in output: inout [UInt8]) {
    for index in range.clamped(to: 0..<output.count) { output[index] = 0 }
  }

  private static func stride(from range: Range<Int>, by count: Int) -> StrideTo<Int> {
    Swift.stride(from: range.lowerBound, to: range.upperBound, by: count)
  }
}
