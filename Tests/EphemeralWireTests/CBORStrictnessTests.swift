import EphemeralWire
import Testing

/// What the reader refuses, and that nothing makes it trap (RFC 8949 §3, §4.2.1).
@Suite("CBOR strictness")
struct CBORStrictnessTests {
  private func skipError(_ bytes: [UInt8]) -> CBORError? {
    var reader = CBORReader()
    return failure { () throws(CBORError) in try reader.skip(in: bytes.span) }
  }

  @Test(
    "Longer heads than needed are refused in every major type",
    arguments: [0x00, 0x20, 0x40, 0x60, 0x80, 0xa0] as [UInt8])
  func longHeads(major: UInt8) {
    for (additional, argument) in [
      (24, "00"), (24, "17"), (25, "0000"), (25, "00ff"), (26, "00000000"), (26, "0000ffff"),
      (27, "0000000000000000"), (27, "00000000ffffffff"),
    ] as [(UInt8, String)] {
      let bytes = [major | additional] + hex(argument) + [UInt8](repeating: 0, count: 300)
      #expect(skipError(bytes) == .nonCanonicalArgument)
    }
  }

  @Test("Reserved lengths, breaks and two-byte simple values are refused")
  func reserved() {
    for major in 0..<8 as Range<UInt8> {
      for additional in 28..<31 as Range<UInt8> {
        let expected: CBORError = major == 6 ? .unexpectedTag : .reservedLength
        #expect(skipError([major << 5 | additional, 0, 0, 0, 0, 0, 0, 0, 0]) == expected)
      }
    }
    #expect(skipError([0x1f]) == .reservedLength)
    #expect(skipError([0x3f]) == .reservedLength)
    #expect(skipError([0xff]) == .unexpectedBreak)
    #expect(skipError([0x81, 0xff]) == .unexpectedBreak)
    var tagged = CBORReader()
    let reservedTag: [UInt8] = [0xdf]
    #expect(
      failure { () throws(CBORError) in try tagged.tag(in: reservedTag.span) } == .reservedLength)
    for value in 0...255 as ClosedRange<UInt8> {
      #expect(skipError([0xf8, value]) == .unsupportedSimple)
    }
    for value in 0..<20 as Range<UInt8> { #expect(skipError([0xe0 | value]) == .unsupportedSimple) }
  }

  @Test("Lengths beyond any memory are refused, none traps")
  func enormousLengths() {
    for major in [0x40, 0x60, 0x80, 0xa0] as [UInt8] {
      for argument in [
        "ffffffffffffffff", "8000000000000000", "7fffffffffffffff", "7ffffffffffffff6",
        "4000000000000000", "0000000100000000",
      ] {
        let error = skipError([major | 27] + hex(argument) + [1, 2, 3])
        #expect(error == .truncated || error == .tooLong)
      }
      #expect(skipError([major | 26, 0xff, 0xff, 0xff, 0xff, 0]) == .truncated)
    }
  }

  @Test("A bound is an error of its own, found before the content")
  func bounds() {
    let string = hex("4401020304")
    var reader = CBORReader()
    #expect(
      failure { () throws(CBORError) in try reader.byteRange(in: string.span, maximum: 3) }
        == .tooLong)
    #expect(
      failure { () throws(CBORError) in try reader.byteRange(in: string.span, exactly: 5) }
        == .wrongCount)
    // A failed read leaves the reader where it was.
    #expect(reader.position == 0)
    let list = hex("83010203")
    #expect(
      failure { () throws(CBORError) in try reader.arrayHeader(in: list.span, maximum: 2) }
        == .tooLong)
    #expect(
      failure { () throws(CBORError) in try reader.array(in: list.span, exactly: 2) }
        == .wrongCount)
    let number = hex("1903e8")
    #expect(
      failure { () throws(CBORError) in try reader.unsigned(in: number.span, maximum: 999) }
        == .integerOutOfRange)
    #expect(
      failure { () throws(CBORError) in try reader.count(in: number.span, maximum: -1) }
        == .integerOutOfRange)
    #expect(reader.position == 0)
    #expect((try? reader.count(in: number.span, maximum: 1000)) == 1000)
  }

  @Test("Each method refuses every other major type")
  func wrongTypes() {
    let samples: [[UInt8]] = [[0], [0x20], [0x40], [0x60], [0x80], [0xa0], [0xf4], [0xf6]]
    for bytes in samples {
      func error<Value>(
        _ body: (inout CBORReader, Span<UInt8>) throws(CBORError) -> Value
      ) -> CBORError? {
        var reader = CBORReader()
        return failure { () throws(CBORError) in try body(&reader, bytes.span) }
      }
      let major = bytes[0] >> 5
      #expect((error { (r, b) throws(CBORError) in try r.unsigned(in: b) } == nil) == (major == 0))
      #expect((error { (r, b) throws(CBORError) in try r.negative(in: b) } == nil) == (major == 1))
      #expect((error { (r, b) throws(CBORError) in try r.integer(in: b) } == nil) == (major < 2))
      #expect(
        (error { (r, b) throws(CBORError) in try r.byteRange(in: b, maximum: 9) } == nil)
          == (major == 2))
      #expect(
        (error { (r, b) throws(CBORError) in try r.text(in: b, maximum: 9) } == nil)
          == (major == 3))
      #expect(
        (error { (r, b) throws(CBORError) in try r.arrayHeader(in: b, maximum: 9) } == nil)
          == (major == 4))
      #expect(
        (error { (r, b) throws(CBORError) in try r.beginMap(in: b, maximum: 9) } == nil)
          == (major == 5))
      #expect(
        (error { (r, b) throws(CBORError) in try r.bool(in: b) } == nil) == (bytes[0] == 0xf4))
      #expect(error { (r, b) throws(CBORError) in try r.double(in: b) } == .unexpectedType)
      #expect(error { (r, b) throws(CBORError) in try r.tag(in: b) } == .unexpectedType)
    }
  }

  @Test("Text must be UTF-8", arguments: ["61ff", "62c328", "63eda080", "64f4908080", "61c3"])
  func invalidText(text: String) {
    #expect(skipError(hex(text)) == .invalidText)
  }

  @Test("Nesting is bounded, also against a megabyte of open brackets")
  func depth() {
    func nested(_ count: Int, _ open: [UInt8]) -> [UInt8] {
      Array(repeatElement(open, count: count).joined()) + [0]
    }
    for open in [[0x81], [0xa1, 0]] as [[UInt8]] {
      #expect(skipError(nested(CBORReader.defaultMaximumDepth, open)) == nil)
      #expect(skipError(nested(CBORReader.defaultMaximumDepth + 1, open)) == .tooDeep)
      #expect(skipError(nested(1 << 20, open)) == .tooDeep)
    }
  }

  @Test("Depth is given back when a container ends")
  func depthReturns() {
    let wide = [0x98, 40] + [UInt8](repeating: 0x80, count: 40)
    var reader = CBORReader(maximumDepth: 2)
    #expect(failure { () throws(CBORError) in try reader.skip(in: wide.span) } == nil)
    #expect(reader.remainingDepth == 2)
  }

  @Test("Trailing bytes are refused; a reader of a part sees only the part")
  func trailing() throws {
    let bytes: [UInt8] = [1, 2, 3]
    var whole = CBORReader()
    _ = try whole.unsigned(in: bytes.span)
    #expect(failure { () throws(CBORError) in try whole.finish(in: bytes.span) } == .trailingBytes)
    var part = CBORReader(1..<2)
    #expect(try part.unsigned(in: bytes.span) == 2)
    try part.finish(in: bytes.span)
    #expect(failure { () throws(CBORError) in try part.unsigned(in: bytes.span) } == .truncated)
    var beyond = CBORReader(7..<9)
    #expect(failure { () throws(CBORError) in try beyond.skip(in: bytes.span) } == .truncated)
  }

  @Test("Random bytes are read or refused, and never past their end")
  func randomBytes() {
    var random = TestRandom(state: 8949)
    for _ in 0..<20_000 {
      let bytes = random.bytes(Int(random.next() % 40))
      var reader = CBORReader()
      while failure({ () throws(CBORError) in try reader.skip(in: bytes.span) }) == nil {}
      #expect(reader.position <= bytes.count)
    }
  }

  @Test("Half precision converts exactly, all 65,536 patterns")
  func allHalves() throws {
    for pattern in 0...UInt16.max {
      let bytes: [UInt8] = [0xf9, UInt8(pattern >> 8), UInt8(truncatingIfNeeded: pattern)]
      var reader = CBORReader()
      let isNaN = pattern & 0x7c00 == 0x7c00 && pattern & 0x3ff != 0
      if isNaN && pattern != 0x7e00 {
        #expect(
          failure { () throws(CBORError) in try reader.double(in: bytes.span) }
            == .nonCanonicalFloat)
        continue
      }
      let value = try reader.double(in: bytes.span)
      #expect(value.isNaN || value.bitPattern == Double(Float16(bitPattern: pattern)).bitPattern)
      var encoder = CBOREncoder()
      encoder.double(value)
      #expect(encoder.finish() == bytes)
    }
  }
}
