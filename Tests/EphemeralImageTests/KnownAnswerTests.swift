import EphemeralAttestation
import EphemeralImage
import TestSupport
import Testing

@Suite("Images against a second implementation")
struct KnownAnswerTests {
  @Test("The builder's image is the other implementation's, byte for byte")
  func build() throws {
    #expect(try Answers.recipe().build() == Answers.bytes("small.eif"))
  }

  @Test("An executable is cut to the same bytes, and cutting again changes nothing")
  func trimming() throws {
    let trimmed = try StaticExecutable(trimming: try Answers.bytes("executable.elf"))
    #expect(trimmed.bytes == (try Answers.bytes("trimmed.elf")))
    #expect(trimmed.architecture == .x86)
    #expect(try StaticExecutable(trimming: trimmed.bytes) == trimmed)
  }

  @Test("The registers and the verdict are the other implementation's")
  func measurement() throws {
    let answers = try Answers.read()
    for (name, isSigned) in [("small.eif", false), ("signed.eif", true)] {
      let report = try ImageReport(reading: ArraySource(try Answers.bytes(name)))
      try report.requireSound()
      #expect(report.measurement.pcr0 == answers.pcr0.bytes)
      #expect(report.measurement.pcr1 == answers.pcr1.bytes)
      #expect(report.measurement.pcr2 == answers.pcr2.bytes)
      #expect(report.measurement.pcr8 == (isSigned ? answers.pcr8.bytes : nil))
      #expect((report.signing == .unsigned) == !isSigned)
      let pin = try report.measurement.pin
      #expect(pin.pcr0 == answers.pcr0.bytes && pin.pcr8 == report.measurement.pcr8)
    }
  }

  @Test("CRC-32 is zlib's, fed whole or in pieces")
  func checksums() throws {
    for (text, expected) in try Answers.read().crc32 {
      let bytes = Array(text.utf8)
      let value = expected.bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      #expect(CRC32.of(bytes.span) == value)
      for cut in 0...bytes.count {
        var checksum = CRC32()
        checksum.update(bytes.span.extracting(0..<cut))
        checksum.update(bytes.span.extracting(cut..<bytes.count))
        #expect(checksum.value == value)
      }
    }
  }

  @Test("The ramdisks list what went into them")
  func ramdisks() throws {
    let source = ArraySource(try Answers.bytes("small.eif"))
    let sections = try ImageLayout(reading: source).sections(of: .ramdisk)
    #expect(sections.count == 2)
    var names: [[String]] = []
    for (section, compressed) in zip(sections, [true, false]) {
      guard case .archive(let files, compressed) = try RamdiskListing(reading: source, section)
      else {
        Issue.record("a ramdisk is not shown")
        continue
      }
      names.append(files.map { String(decoding: $0.entry.name, as: UTF8.self) })
      for file in files {
        #expect(file.entry.owner == 0 && file.entry.group == 0 && file.entry.modified == 0)
        #expect((file.digest != nil) == (file.entry.kind == .file))
      }
      // The kernel finds an archive behind another ramdisk only at a multiple of four.
      #expect(section.content.count.isMultiple(of: 4))
    }
    #expect(
      names == [
        [
          "dev", "dev/console", "proc", "sys", "modules", "modules/00-one.ko",
          "modules/01-two_b.ko",
        ],
        ["init", "enclave.arguments"],
      ])
  }

  @Test("The first ramdisk shows no part of the archive in it in clear")
  func nothingInClear() throws {
    let image = try Answers.bytes("small.eif")
    let section = try #require(
      try ImageLayout(reading: ArraySource(image)).sections(of: .ramdisk).first)
    let stream = image[section.content]
    for word in ["070701", "TRAILER", "modules", "console"] {
      #expect(!stream.contains(word: Array(word.utf8)))
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func contains(word: [UInt8]) -> Bool {
    indices.contains { self[$0...].starts(with: word) }
  }
}
