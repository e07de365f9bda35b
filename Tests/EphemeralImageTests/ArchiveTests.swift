import PropertyTesting
import Testing

@testable import EphemeralImage

@Suite("Archives and streams")
struct ArchiveTests {
  static let file = Generator.tuple(
    Generator<Int>.integer(in: 0...2), Generator<UInt32>.integer(in: 0...0o7777),
    .bytes(count: 0...40), Generator<UInt8>.integer(in: 97...122).array(count: 1...9)
  ).map { (kind, permissions, content, letters) in
    let name = String(decoding: letters, as: UTF8.self)
    switch kind {
    case 0: return CPIOFile.file(name, permissions: permissions, content: content)
    case 1: return CPIOFile.folder(name)
    default:
      return CPIOFile.device(
        name, permissions: permissions, major: UInt32(content.count), minor: permissions)
    }
  }

  @Test("What is archived is read back, in order, at a multiple of four")
  func archiveRoundTrip() throws {
    try check(name: "archives read as written", covering: [RequiredLabel("two files")]) {
      testCase in
      let files = try testCase.draw(Self.file.array(count: 0...6), as: "files")
      testCase.label("two files", if: files.count > 1)
      let archive = CPIOWriter.archive(files)
      try testCase.require(archive.count.isMultiple(of: 4))
      let source = ArraySource(archive)
      let entries = try CPIOReader.entries(in: source, 0..<archive.count)
      try testCase.require(entries.count == files.count)
      for (index, (entry, file)) in zip(entries, files).enumerated() {
        try testCase.require(entry.name == Array(file.name.utf8) && entry.kind == file.kind)
        try testCase.require(Array(archive[entry.content]) == file.content)
        try testCase.require(entry.permissions == file.permissions && entry.modified == 0)
        try testCase.require(entry.inode == UInt32(index + 1) && entry.owner == 0)
      }
    }
  }

  @Test("A stream expands to what went in and grows by an eighth at most")
  func streamRoundTrip() throws {
    try check(name: "streams expand to what went in") { testCase in
      let bytes = try testCase.draw(Generator<[UInt8]>.bytes(count: 0...300), as: "bytes")
      let stream = Gzip.compress(bytes)
      try testCase.require(try Gzip.expand(stream) == bytes)
      try testCase.require(stream.count.isMultiple(of: 4))
      try testCase.require(stream.count <= bytes.count + bytes.count / 8 + 40)
    }
  }

  @Test("No entry of an archive can be found in its stream, whatever bits it begins at")
  func nothingInClear() throws {
    try check(
      name: "streams hide their archives", cases: 500, covering: [RequiredLabel("shifted")]
    ) { testCase in
      // Bytes above 143 have codes of nine bits, so each moves what follows by one.
      let shift = try testCase.draw(Generator<Int>.integer(in: 0...7), as: "shift")
      testCase.label("shifted", if: shift > 0)
      let files = try testCase.draw(Self.file.array(count: 1...4), as: "files")
      let first = CPIOFile.file(
        "f", permissions: 0, content: [UInt8](repeating: 0xff, count: shift))
      let stream = Gzip.compress(CPIOWriter.archive([first] + files))
      for magic in ["070701", "070702"] {
        let found = stream.indices.contains { stream[$0...].starts(with: magic.utf8) }
        try testCase.require(!found, "an archive begins in the stream")
      }
    }
  }

  @Test("A changed or cut stream or archive is refused, or is the same")
  func changes() throws {
    let archive = CPIOWriter.archive([
      .folder("a"), .file("a/b", permissions: 0o644, content: [1, 2, 3, 4, 5]),
    ])
    let stream = Gzip.compress(archive)
    for count in 0..<stream.count {
      #expect(throws: GzipError.self) { try Gzip.expand(Array(stream.prefix(count))) }
    }
    for count in 0..<archive.count {
      #expect(throws: CPIOError.self) {
        try CPIOReader.entries(in: ArraySource(Array(archive.prefix(count))), 0..<count)
      }
    }
    #expect(throws: GzipError.trailingBytes) { try Gzip.expand(stream + [0]) }
    for index in stream.indices {
      for bit in 0..<8 as Range<UInt8> {
        var changed = stream
        changed[index] ^= 1 << bit
        #expect(throws: GzipError.self) { try Gzip.expand(changed) }
      }
    }
  }

  @Test("Each fault of an archive has its name")
  func named() throws {
    let archive = CPIOWriter.archive([.file("ab", permissions: 0o644, content: [1, 2, 3])])
    func refusal(_ change: (inout [UInt8]) -> Void) -> CPIOError? {
      var bytes = archive
      change(&bytes)
      do throws(CPIOError) {
        _ = try CPIOReader.entries(in: ArraySource(bytes), 0..<bytes.count)
        return nil
      } catch {
        return error
      }
    }
    func field(_ index: Int, _ digits: String) -> (inout [UInt8]) -> Void {
      { $0.replaceSubrange((6 + 8 * index)..<(14 + 8 * index), with: Array(digits.utf8)) }
    }
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0[5] = 0x32 } == .magic)
    #expect(refusal(field(1, "0000g000")) == .field)
    #expect(refusal(field(6, "ffffffff")) == .truncated)
    #expect(refusal(field(11, "ffffffff")) == .name)
    #expect(refusal(field(11, "00000001")) == .name)
    #expect(refusal(field(11, "00000000")) == .name)
    #expect(refusal(field(11, "00000002")) == .name)
    #expect(refusal(field(11, "00001000")) == .truncated)
    #expect(refusal { $0[112] = 0x61 } == .name)
    #expect(refusal { $0 += [0, 0, 0, 0] } == nil)
    #expect(refusal { $0 += [0, 0, 0, 1] } == .trailingBytes)
    let names = (0..<257).map { _ in CPIOFile.folder(String(repeating: "f", count: 4_095)) }
    let named = CPIOWriter.archive(names)
    #expect(throws: CPIOError.tooMany) {
      try CPIOReader.entries(in: ArraySource(named), 0..<named.count)
    }
    let fewer = CPIOWriter.archive(Array(names.prefix(256)))
    #expect(try CPIOReader.entries(in: ArraySource(fewer), 0..<fewer.count).count == 256)
    let many = (0...ImageBounds.archiveEntries).map { _ in CPIOFile.folder("f") }
    let large = CPIOWriter.archive(many)
    #expect(throws: CPIOError.tooMany) {
      try CPIOReader.entries(in: ArraySource(large), 0..<large.count)
    }
  }
}
