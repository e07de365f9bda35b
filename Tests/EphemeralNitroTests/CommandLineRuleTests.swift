import Testing

@testable import EphemeralNitro

@Suite("The command-line rule")
struct CommandLineRuleTests {
  private static let image = "console=ttyS0 quiet panic=-1 reboot=k"

  private static func check(
    _ actual: String, expected: String = image
  ) throws(CommandLineError) {
    try CommandLineRule.check(expected: Array(expected.utf8), actual: Array(actual.utf8))
  }

  @Test(
    "The image's line, alone and with what machines add",
    arguments: [
      "", " ", "   ",
      " virtio_mmio.device=512@0xfeb00e00:12",
      " virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6",
      " virtio_mmio.device=0x200@4273999872:19:3", " tsc_early_khz=2596122",
      "  tsc_early_khz=1  virtio_mmio.device=1G@0xFFFFFFFFFFFFFFFF:99999 ",
    ])
  func allowed(additions: String) throws {
    try Self.check(Self.image + additions + "\n")
  }

  @Test("As many devices as the bound, and not one more")
  func bound() throws {
    let word = " virtio_mmio.device=4K@0xd0000000:5"
    try Self.check(Self.image + String(repeating: word, count: 64) + "\n")
    #expect(throws: CommandLineError.tooManyAdditions) {
      try Self.check(Self.image + String(repeating: word, count: 65) + "\n")
    }
    #expect(throws: CommandLineError.tooManyAdditions) {
      try Self.check(Self.image + " tsc_early_khz=1 tsc_early_khz=2\n")
    }
  }

  @Test(
    "Another line than the image's",
    arguments: [
      "\n", " \n", "console=ttyS0\n", "console=ttyS0 quiet panic=-1 reboot=\n",
      " console=ttyS0 quiet panic=-1 reboot=k\n", "console=ttyS0  quiet panic=-1 reboot=k\n",
      "console=ttyS0 quiet panic=-1 reboot=K\n", "console=ttyS0 quiet panic=-1 reboot=kt\n",
      "console=ttyS0 quiet panic=-1 reboot=k\t\n", "console=ttyS0 quiet panic=-1 reboot=k\n\n",
      "console=ttyS0 quiet panic=-1 reboot=k\u{1f}\n", "quiet panic=-1 reboot=k\n",
      "tsc_early_khz=1 console=ttyS0 quiet panic=-1 reboot=k\n",
      "console=ttyS0 quiet panic=-1 tsc_early_khz=1 reboot=k\n",
    ])
  func different(line: String) {
    #expect(throws: CommandLineError.different) { try Self.check(line) }
  }

  @Test(
    "Words that no machine adds",
    arguments: [
      "init=/bin/sh", "rdinit=/x", "virtio_mmio.device", "virtio_mmio.device=",
      "virtio_mmio.device=4K", "virtio_mmio.device=4K@", "virtio_mmio.device=4K@0xd0000000",
      "virtio_mmio.device=4K@0xd0000000:", "virtio_mmio.device=@0xd0000000:5",
      "virtio_mmio.device=K@0xd0000000:5", "virtio_mmio.device=4T@0xd0000000:5",
      "virtio_mmio.device=4K@0x:5", "virtio_mmio.device=4K@0xd00g:5",
      "virtio_mmio.device=4K@0x00000000000000001:5", "virtio_mmio.device=4K@0xd0:5:",
      "virtio_mmio.device=4K@0xd0:5:1:2", "virtio_mmio.device=4K@0xd0:-5",
      "virtio_mmio.device=4K@0xd0:123456", "virtio_mmio.device=-4K@0xd0:5",
      "virtio_mmio.device=4K@0xd0:5,6", "virtio_mmio.device=4K@0xd0@1:5",
      "Virtio_mmio.device=4K@0xd0000000:5", "virtio-mmio.device=4K@0xd0000000:5",
      "virtio_mmio.devices=4K@0xd0000000:5", "tsc_early_khz", "tsc_early_khz=",
      "tsc_early_khz=0x10", "tsc_early_khz=1234567890", "tsc_early_khz=-1", "tsc_early_khz=1k",
      "tsc_early_khz=1\tinit=/x", "--", "\"virtio_mmio.device=4K@0xd0000000:5\"",
      "virtio_mmio.device=4K@0xd0000000:5\ninit=/x", "\u{a0}", "x",
    ])
  func unknown(word: String) {
    #expect(throws: CommandLineError.unknownAddition) {
      try Self.check(Self.image + " " + word + "\n")
    }
    #expect(throws: CommandLineError.unknownAddition) {
      try Self.check(Self.image + " tsc_early_khz=1 " + word + " tsc_early_khz=1\n")
    }
  }

  @Test("Bytes that no kernel shows")
  func malformed() {
    #expect(throws: CommandLineError.unterminated) { try Self.check(Self.image) }
    #expect(throws: CommandLineError.unterminated) { try Self.check("") }
    #expect(throws: CommandLineError.containsNUL) { try Self.check(Self.image + "\0\n") }
    #expect(throws: CommandLineError.containsNUL) { try Self.check("\0" + Self.image + "\n") }
    let long = Self.image + String(repeating: " ", count: 4096)
    #expect(throws: CommandLineError.tooLong) { try Self.check(long + "\n") }
  }

  @Test("A single changed byte is another line, wherever it is")
  func everyByte() {
    let line = Array((Self.image + "\n").utf8)
    for at in line.indices {
      for change: UInt8 in [1, 0x20, 0x80] {
        var changed = line
        changed[at] ^= change
        #expect(throws: CommandLineError.self) {
          try CommandLineRule.check(expected: Array(Self.image.utf8), actual: changed)
        }
      }
    }
  }

  @Test("An image's line may end with an addition or a space itself")
  func ownWords() throws {
    try Self.check("a tsc_early_khz=1 tsc_early_khz=2\n", expected: "a tsc_early_khz=1")
    #expect(throws: CommandLineError.different) {
      try Self.check("a tsc_early_khz=12\n", expected: "a tsc_early_khz=1")
    }
    try Self.check("a  tsc_early_khz=2\n", expected: "a ")
    #expect(throws: CommandLineError.different) { try Self.check("a\n", expected: "a ") }
  }

  /// The grammar of the specification once more, as a pattern.
  private static var grammar: Regex<Substring> {
    #/
    console=ttyS0\ quiet\ panic=-1\ reboot=k
    (?:\ +(?:
      virtio_mmio\.device=(?:0x[0-9a-fA-F]{1,16}|[0-9]{1,19})[KMG]?
      @(?:0x[0-9a-fA-F]{1,16}|[0-9]{1,19}):[0-9]{1,5}(?::[0-9]{1,5})?
    | tsc_early_khz=[0-9]{1,9}))*\ *\n
    /#
  }

  /// A small generator, so that each run draws the same lines.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  @Test("Lines put together at random are judged as the grammar judges them", arguments: 0..<8)
  func random(seed: Int) throws {
    let pieces = [
      " ", " ", " ", "virtio_mmio.device=", "tsc_early_khz=", "4K", "0x", "d0000000", "@", "@", ":",
      ":", "5", "12", "K", "M", "x", "=", "init=/x", "\t", "\n", "0xfeb00e00", "99999",
      " virtio_mmio.device=512@0xfeb00e00:12", " tsc_early_khz=2596122",
    ]
    let grammar = Self.grammar
    var generator = Generator(state: UInt64(seed))
    var allowed = 0
    for _ in 0..<2000 {
      var line = Self.image
      for _ in 0..<Int.random(in: 0...7, using: &generator) {
        line += pieces.randomElement(using: &generator) ?? ""
      }
      line += "\n"
      let clocks = line.matches(of: /tsc_early_khz/).count
      let expected = try grammar.wholeMatch(in: line) != nil && clocks <= 1
      let isAllowed = (try? Self.check(line)) != nil
      #expect(isAllowed == expected, "\(line.debugDescription)")
      if isAllowed { allowed += 1 }
    }
    // Both verdicts occur, so that neither is taken for granted.
    #expect((100..<1900).contains(allowed))
  }
}
