import Foundation
import Testing

@testable import MemoryScan

/// Reading the system's listing, the canaries' file, and writing the report.
@Suite("Memory map")
struct MemoryMapTests {
  private static let listing = """
    00400000-00500000 r-xp 00000000 08:01 42                         /usr/bin/program
    Size:               1024 kB
    VmFlags: rd ex mr mw me sd
    00600000-00601000 rw-p 00100000 08:01 42                         /usr/bin/program
    VmFlags: rd wr mr mw me ac sd
    01000000-01100000 rw-p 00000000 00:00 0                          [heap]
    VmFlags: rd wr mr mw me ac sd
    7f0000000000-7f0000100000 rw-p 00000000 00:00 0
    VmFlags: rd wr mr mw me lo ac dd sd
    7f0000100000-7f0000200000 rw-p 00000000 00:00 0
    VmFlags: rd wr mr mw me ac sd
    7f0000300000-7f0000301000 ---p 00000000 00:00 0
    VmFlags: mr mw me sd
    7f0000301000-7f0000b01000 rw-p 00000000 00:00 0
    VmFlags: rd wr mr mw me ac sd
    7f0001000000-7f0001001000 r--s 00000000 00:05 1                  /dev/shared
    VmFlags: rd sh mr
    7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                  [stack]
    VmFlags: rd wr mr mw me gd ac
    7ffd00100000-7ffd00102000 r-xp 00000000 00:00 0                  [vdso]
    VmFlags: rd ex mr mw me de sd
    """

  @Test("Each mapping gets its kind; shared, unreadable and the kernel's own are left out")
  func kinds() {
    let regions = MemoryMap.regions(in: Self.listing)
    #expect(regions.map(\.kind) == [.file, .file, .heap, .secret, .other, .stack, .stack])
    #expect(regions.first?.start == 0x40_0000)
    #expect(regions.first?.count == 1 << 20)
  }

  @Test("Neighbours of one kind are searched as one")
  func joining() {
    let made = [
      MemoryRegion(start: 0x1000, end: 0x2000, kind: .heap),
      MemoryRegion(start: 0x2000, end: 0x4000, kind: .heap),
      MemoryRegion(start: 0x4000, end: 0x5000, kind: .secret),
      MemoryRegion(start: 0x6000, end: 0x7000, kind: .secret),
    ]
    #expect(
      MemoryScanner.joined(made) == [
        MemoryRegion(start: 0x1000, end: 0x4000, kind: .heap), made[2], made[3],
      ])
  }

  @Test(
    "A file that is not one of masked canaries is refused",
    arguments: [
      "", "name", "name 00", "name 000102030405060708090a0b 00", "na\"me \(twelve) \(twelve)",
      "name 0001020304050607080900 0001020304050607080900", "name \(twelve) \(twelve) more",
      "name \(twelve)g \(twelve)g",
    ])
  func malformed(text: String) {
    #expect(MaskedCanary.parse(text) == nil)
  }

  private static let twelve = "000102030405060708090a0b"

  @Test("Canaries are read with their names; too many are refused")
  func parsing() {
    let line = "name \(Self.twelve) \(Self.twelve)\n"
    #expect(MaskedCanary.parse(line)?.first?.mask == Array(0..<12))
    #expect(MaskedCanary.parse(String(repeating: line, count: 64))?.count == 64)
    #expect(MaskedCanary.parse(String(repeating: line, count: 65)) == nil)
  }

  @Test("A scan appends one line of JSON")
  func report() throws {
    let folder = NSTemporaryDirectory() + "ephml-scan-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data("name \(Self.twelve) \(Self.twelve)\n".utf8)
      .write(to: URL(fileURLWithPath: folder + "/canaries"))
    let scanner = try MemoryScanner(canaries: folder + "/canaries", report: folder + "/report")
    scanner.scan(at: "here")
    scanner.scan(at: "there")
    let lines = try String(contentsOfFile: folder + "/report", encoding: .utf8)
      .split(separator: "\n")
    let points = try lines.map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      // Twelve zero bytes are everywhere.
      let canaries = try #require(object?["canaries"] as? [[String: Any]])
      #expect(canaries.first?["name"] as? String == "name")
      #expect((canaries.first?["hits"] as? Int ?? 0) > 0)
      return object?["point"] as? String
    }
    #expect(points == ["here", "there"])
    #expect(throws: MemoryScanError.unreadable) {
      try MemoryScanner(canaries: folder + "/none", report: folder + "/report")
    }
    #expect(throws: MemoryScanError.malformed) {
      try MemoryScanner(canaries: folder + "/report", report: folder + "/report")
    }
    #expect(throws: MemoryScanError.report) {
      try MemoryScanner(canaries: folder + "/canaries", report: folder + "/none/report")
    }
  }
}
