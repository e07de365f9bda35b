import EphemeralImage
import Testing

@Suite("Hostile images")
struct HostileImageTests {
  @Test("Cut short anywhere, an image is refused", arguments: ["small.eif", "signed.eif"])
  func truncation(name: String) throws {
    let image = try Answers.bytes(name)
    #expect(refusal(of: image) == nil)
    for count in image.indices {
      #expect(refusal(of: Array(image.prefix(count))) != nil, "\(count) bytes")
    }
    #expect(refusal(of: image + [0]) == .trailingBytes)
  }

  @Test("Every flipped byte is refused", arguments: ["small.eif", "signed.eif"])
  func flippedBytes(name: String) throws {
    var image = try Answers.bytes(name)
    for index in image.indices {
      for mask in [0x01, 0x80, 0xff] as [UInt8] {
        image[index] ^= mask
        #expect(refusal(of: image) != nil, "byte \(index), mask \(mask)")
        image[index] ^= mask
      }
    }
    #expect(refusal(of: image) == nil)
  }

  /// One change to a sound image, by somebody who knows how to compute the checksum.
  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: ImageError
    let apply: @Sendable ([UInt8]) -> [UInt8]

    init(
      _ name: String, _ expected: ImageError, _ apply: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
      testDescription = name
      self.expected = expected
      self.apply = apply
    }

    static func number(
      _ name: String, _ expected: ImageError, at offset: Int, _ number: UInt64, _ count: Int
    ) -> Change {
      Change(name, expected) { patched($0, at: offset, number, count: count) }
    }
  }

  private static let commandLineAt = 548 + 12 + 997
  private static let metadataAt = commandLineAt + 12 + 19

  static let changes: [Change] = [
    .number("magic", .magic, at: 0, 0x2e65_6967, 4), .number("version 3", .version, at: 4, 3, 2),
    .number("version 5", .version, at: 4, 5, 2), .number("flag 2", .flags, at: 6, 2, 2),
    .number("reserved", .reserved, at: 24, 1, 2), .number("unused", .reserved, at: 540, 1, 4),
    .number("no sections", .sectionCount, at: 26, 0, 2),
    .number("33 sections", .sectionCount, at: 26, 33, 2),
    .number("65,535 sections", .sectionCount, at: 26, 65_535, 2),
    .number("one section fewer", .reserved, at: 26, 4, 2),
    .number("one section more", .overlap, at: 26, 6, 2),
    .number("an unused offset", .reserved, at: 28 + 8 * 31, 1, 8),
    .number("an unused size", .reserved, at: 284 + 8 * 31, 1, 8),
    .number("offset in the header", .overlap, at: 28, 500, 8),
    .number("a gap", .gap, at: 28, 549, 8), .number("overlap", .overlap, at: 36, 600, 8),
    .number("two at one place", .overlap, at: 36, 548, 8),
    .number("offset beyond the end", .beyondEnd, at: 36, 1 << 20, 8),
    .number("the largest offset", .beyondEnd, at: 36, .max, 8),
    .number("sizes that differ", .sectionSize, at: 284, 996, 8),
    Change("a size beyond the end", .beyondEnd) {
      patched(patched($0, at: 284, 1 << 40, count: 8), at: 552, 1 << 40, count: 8)
    },
    Change("the largest size", .beyondEnd) {
      patched(patched($0, at: 284, .max, count: 8), at: 552, .max, count: 8)
    },
    Change("an empty kernel", .emptySection) {
      patched(patched($0, at: 284, 0, count: 8), at: 552, 0, count: 8)
    },
    Change("a kernel that ends early", .gap) {
      patched(patched($0, at: 284, 996, count: 8), at: 552, 996, count: 8)
    },
    .number("type 0", .sectionType, at: 548, 0, 2), .number("type 6", .sectionType, at: 548, 6, 2),
    .number("section flags", .sectionFlags, at: 550, 1, 2),
    .number("two kernels", .secondKernel, at: commandLineAt, 1, 2),
    .number("two command lines", .secondCommandLine, at: 548, 2, 2),
    .number("no kernel", .noKernel, at: 548, 4, 2),
    .number("no command line", .noCommandLine, at: commandLineAt, 3, 2),
    .number("a kernel later", .secondKernel, at: metadataAt, 1, 2),
    Change("kernel and command line in the wrong order", .sectionOrder) {
      patched(patched($0, at: 548, 2, count: 2), at: commandLineAt, 1, count: 2)
    },
    Change("no ramdisk", .noRamdisk) { image in
      // Kernel, command line and metadata alone.
      let end = metadataAt + 12 + 239
      var image = patched(Array(image.prefix(end)), at: 26, 3, count: 2)
      for index in 3..<5 {
        image = patched(image, at: 28 + 8 * index, 0, count: 8)
        image = patched(image, at: 284 + 8 * index, 0, count: 8)
      }
      return image
    },
    .number("a control character in the command line", .commandLine, at: commandLineAt + 12, 9, 1),
    .number("a NUL in the command line", .commandLine, at: commandLineAt + 20, 0, 1),
    .number("a byte above ASCII", .commandLine, at: commandLineAt + 12, 0xc3, 1),
    .number("another line", .otherCommandLine, at: commandLineAt + 12, 0x43, 1),
    .number("a space first", .commandLine, at: commandLineAt + 12, 0x20, 1),
    .number("a space last", .commandLine, at: commandLineAt + 30, 0x20, 1),
    Change("nothing", .truncated) { _ in Array(".eif".utf8) },
    Change("an empty file", .magic) { _ in [] }, Change("another file", .magic) { _ in [1, 2] },
  ]

  @Test("Each fault has its name, with a right checksum too", arguments: changes)
  func named(change: Change) throws {
    let image = try Answers.bytes("small.eif")
    #expect(refusal(of: change.apply(image)) == change.expected)
  }

  @Test("Bytes moved from the kernel into the command line keep the registers and are refused")
  func movedBoundary() throws {
    let recipe = try Answers.recipe()
    let source = ArraySource(try recipe.build())
    let layout = try ImageLayout(reading: source)
    let honest = try ImageReport(reading: source)
    let image = try Answers.bytes("small.eif")
    let kernel = Array(image[layout.sections[0].content])
    let line = Array(image[layout.sections[1].content])
    for (moved, expected) in [(1, .otherCommandLine), (8, .commandLine), (100, .commandLine)]
      as [(Int, ImageError)]
    {
      var sections: [(kind: ImageSectionKind, content: [UInt8])] = [
        (.kernel, Array(kernel.dropLast(moved))),
        (.commandLine, Array(kernel.suffix(moved)) + line),
      ]
      for section in layout.sections.dropFirst(2) {
        sections.append((section.kind, Array(image[section.content])))
      }
      let forged = try ImageWriter.image(
        architecture: .x86, defaultMemoryBytes: 1 << 30, defaultProcessors: 2, sections: sections)
      let report = try ImageReport(reading: ArraySource(forged))
      #expect(report.measurement == honest.measurement && report.checksumMatches)
      #expect(throws: expected) { try report.requireSound() }
    }
  }

  @Test("Of two files of arguments the last counts, which is the one that the kernel leaves")
  func twoArgumentFiles() throws {
    let image = try Answers.bytes("small.eif")
    let sections = try ImageLayout(reading: ArraySource(image)).sections
    func refusal(_ lines: [String]) throws -> ImageError? {
      let files = lines.map { line in
        CPIOFile.file(
          "enclave.arguments", permissions: 0o444, content: Array("\(line)\nserve\n".utf8))
      }
      var contents = sections.map { (kind: $0.kind, content: Array(image[$0.content])) }
      contents[contents.count - 1].content = CPIOWriter.archive(files)
      let forged = try ImageWriter.image(
        architecture: .x86, defaultMemoryBytes: 1 << 30, defaultProcessors: 2, sections: contents)
      return EphemeralImageTests.refusal(of: forged)
    }
    #expect(try refusal(["console=ttyS0 quiet", "init=/other"]) == .otherCommandLine)
    #expect(try refusal(["init=/other", "console=ttyS0 quiet"]) == nil)
  }

  @Test("A command line that the builder refuses", arguments: badCommandLines)
  func commandLines(text: String) throws {
    var recipe = try Answers.recipe()
    recipe.commandLine = text
    #expect(throws: ImageError.commandLine) { try recipe.build() }
  }

  static let badCommandLines = [
    "", " ", " quiet", "quiet ", "a  b", "a\nb", "a\tb", "a\u{0}", "grün", "a\u{7f}",
    String(repeating: "x", count: ImageBounds.commandLineBytes + 1),
  ]

  @Test("Arguments that the builder refuses")
  func arguments() throws {
    var recipe = try Answers.recipe()
    for argument in ["", "a\nb", "a\u{0}b", "a\u{85}b"] {
      recipe.arguments = ["serve", argument]
      #expect(throws: ImageError.argument) { try recipe.build() }
    }
    for count in [0, ImageBounds.arguments + 1] {
      recipe.arguments = [String](repeating: "x", count: count)
      #expect(throws: ImageError.argumentCount) { try recipe.build() }
    }
    recipe.arguments = [String](repeating: "x", count: ImageBounds.arguments)
    #expect(try !recipe.build().isEmpty)
    recipe.arguments = [String(repeating: "x", count: ImageBounds.argumentsBytes)]
    #expect(throws: ImageError.argumentsTooLong) { try recipe.build() }
    let room = ImageBounds.argumentsBytes - recipe.commandLine.utf8.count - 2
    recipe.arguments = [String(repeating: "x", count: room)]
    #expect(try !recipe.build().isEmpty)
  }

  @Test("Modules that the builder refuses")
  func modules() throws {
    let content: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    for name in [
      "", ".ko", "a", "a.ko.xz", "a b.ko", "../a.ko", "ä.ko",
      String(repeating: "a", count: 59) + ".ko",
    ] {
      #expect(throws: ImageError.moduleName) {
        try KernelModule(fileName: name, content: content)
      }
    }
    #expect(throws: ImageError.module) { try KernelModule(fileName: "a.ko", content: []) }
    #expect(throws: ImageError.module) {
      try KernelModule(fileName: "a.ko", content: [0xfd, 0x37, 0x7a, 0x58])
    }
    var recipe = try Answers.recipe()
    recipe.modules = try (0...32).map { try KernelModule(fileName: "m\($0).ko", content: content) }
    #expect(throws: ImageError.tooManyModules) { try recipe.build() }
    recipe.modules.removeLast()
    #expect(try !recipe.build().isEmpty)
    recipe.kernel = []
    #expect(throws: ImageError.kernel) { try recipe.build() }
  }
}
