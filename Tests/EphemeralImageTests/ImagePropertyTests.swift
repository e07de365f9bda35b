import EphemeralImage
import PropertyTesting
import Testing

@Suite("Image properties")
struct ImagePropertyTests {
  @Test("Any sections in a legal order are read as they were written")
  func roundTrip() throws {
    let content = Generator<[UInt8]>.bytes(count: 1...60)
    let line = Generator<UInt8>.integer(in: 0x21...0x7e).array(count: 1...30)
    try check(
      name: "images read as written",
      covering: [RequiredLabel("application ramdisks"), RequiredLabel("metadata first")]
    ) { testCase in
      var sections: [(kind: ImageSectionKind, content: [UInt8])] = [
        (.kernel, try testCase.draw(content, as: "kernel")),
        (.commandLine, try testCase.draw(line, as: "command line")),
      ]
      let ramdisks = try testCase.draw(content.array(count: 1...28), as: "ramdisks")
      sections += ramdisks.map { (.ramdisk, $0) }
      testCase.label("application ramdisks", if: ramdisks.count > 1)
      if try testCase.draw(Generator<Bool>.bool(), as: "has metadata") {
        let place = try testCase.draw(Generator<Int>.integer(in: 0...sections.count), as: "place")
        testCase.label("metadata first", if: place == 0)
        sections.insert((.metadata, try testCase.draw(content, as: "metadata")), at: place)
      }
      let memory = try testCase.draw(Generator<UInt64>.integer(), as: "memory")
      let image = try ImageWriter.image(
        architecture: .arm, defaultMemoryBytes: memory, defaultProcessors: 7, sections: sections)
      let report = try ImageReport(reading: ArraySource(image))
      try report.requireSound()
      try testCase.require(report.layout.defaultMemoryBytes == memory)
      try testCase.require(report.layout.architecture == .arm)
      try testCase.require(report.layout.sections.map(\.kind) == sections.map(\.kind))
      try testCase.require(
        report.layout.sections.map { Array(image[$0.content]) } == sections.map(\.content))
    }
  }

  @Test("Bytes of any kind are read or refused, as an image and as its parts")
  func anything() throws {
    let small = try Answers.bytes("signed.eif")
    let executable = try Answers.bytes("executable.elf")
    try check(name: "any bytes are read or refused", cases: 3000) { testCase in
      let start = try testCase.draw(
        Generator<Int>.integer(in: 0...2), as: "what it begins as")
      var bytes = [[], small, executable][start]
      let changes = try testCase.draw(
        Generator.tuple(Generator<Int>.integer(in: 0...5600), Generator<UInt8>.integer())
          .array(count: 0...40), as: "changes")
      for (place, value) in changes {
        if place < bytes.count { bytes[place] = value } else { bytes.append(value) }
      }
      _ = refusal(of: resummed(bytes))
      _ = try? StaticExecutable(trimming: bytes)
      if let report = try? ImageReport(reading: ArraySource(bytes)) {
        for section in report.layout.sections(of: .ramdisk) {
          _ = try RamdiskListing(reading: ArraySource(bytes), section)
        }
      }
      _ = try? ImageSignature(decoding: bytes)
    }
  }

  @Test("A hundred thousand changes of a signed image are all refused")
  func changes() throws {
    let image = try Answers.bytes("signed.eif")
    var random = SeededRandom(seed: 0x6569_66)
    var passed = 0
    for _ in 0..<100_000 {
      var changed = image
      for _ in 0...random.upTo(3) {
        let place = Int(random.upTo(UInt64(changed.count - 1)))
        switch random.upTo(5) {
        case 0: changed.remove(at: place)
        case 1: changed.insert(UInt8(random.upTo(255)), at: place)
        case 2: changed.swapAt(place, Int(random.upTo(UInt64(changed.count - 1))))
        case 3: changed[place] = UInt8(random.upTo(255))
        default: changed[place] ^= 1 << UInt8(random.upTo(7))
        }
      }
      if changed != image, refusal(of: changed) == nil { passed += 1 }
    }
    #expect(passed == 0)
  }
}
