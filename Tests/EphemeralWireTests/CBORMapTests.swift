import EphemeralWire
import Testing

/// Key order, duplicates, and the one place where an indefinite map may stand.
@Suite("CBOR maps")
struct CBORMapTests {
  /// Reads a whole map of unsigned keys and unsigned values.
  private func read(
    _ text: String, maximum: Int = 8, order: CBORKeyOrder = .ascending, indefinite: Bool = false
  ) throws(CBORError) -> [[UInt64]] {
    let bytes = hex(text)
    var reader = CBORReader()
    var map = try reader.beginMap(
      in: bytes.span, maximum: maximum, order: order, allowingIndefinite: indefinite)
    var pairs: [[UInt64]] = []
    while try reader.nextKey(of: &map, in: bytes.span) {
      let key = try reader.unsigned(in: bytes.span)
      pairs.append([key, try reader.unsigned(in: bytes.span)])
    }
    // Asking again after the end gives the same answer and moves nothing.
    let end = reader.position
    let again = try reader.nextKey(of: &map, in: bytes.span)
    #expect(!again)
    #expect(reader.position == end)
    try reader.finish(in: bytes.span)
    return pairs
  }

  private func error(
    _ text: String, maximum: Int = 8, order: CBORKeyOrder = .ascending, indefinite: Bool = false
  ) -> CBORError? {
    failure { () throws(CBORError) in
      try read(text, maximum: maximum, order: order, indefinite: indefinite)
    }
  }

  @Test("Keys ascend, unless the caller takes any order")
  func order() throws {
    #expect(try read("a2 01 02 03 04") == [[1, 2], [3, 4]])
    #expect(error("a2 03 04 01 02") == .keysOutOfOrder)
    #expect(try read("a2 03 04 01 02", order: .any) == [[3, 4], [1, 2]])
    // 24 is two bytes long and sorts after 23, before 255.
    #expect(try read("a3 17 00 1818 01 18ff 02").count == 3)
    // Shorter is not smaller: the text "b" stands before the text "aa", but 7 before both.
    let mixed = hex("a3 07 00 6162 00 626161 00")
    var reader = CBORReader()
    try reader.skip(in: mixed.span)
    let wrong = hex("a2 626161 00 6162 00")
    var strict = CBORReader()
    #expect(
      failure { () throws(CBORError) in try strict.skip(in: wrong.span) } == .keysOutOfOrder)
  }

  @Test("A key that comes twice is refused in any order")
  func duplicates() {
    #expect(error("a2 01 02 01 03") == .duplicateKey)
    #expect(error("a3 01 02 05 00 01 03", order: .any) == .duplicateKey)
    #expect(error("bf 01 02 05 00 01 03 ff", order: .any, indefinite: true) == .duplicateKey)
  }

  @Test("An indefinite map only where it is allowed, and bounded there")
  func indefinite() throws {
    #expect(error("bf 01 02 ff") == .indefiniteLength)
    #expect(try read("bf 01 02 ff", indefinite: true) == [[1, 2]])
    #expect(try read("a1 01 02", indefinite: true) == [[1, 2]])
    #expect(try read("bf ff", indefinite: true) == [])
    #expect(error("bf 01 02", indefinite: true) == .truncated)
    #expect(error("bf", indefinite: true) == .truncated)
    #expect(error("bf 01 ff", indefinite: true) == .unexpectedBreak)
    #expect(error("bf 01 02 ff 00", indefinite: true) == .trailingBytes)
    #expect(error("bf 01 02 03 04 ff", maximum: 1, indefinite: true) == .tooLong)
    #expect(error("bf 03 04 01 02 ff", indefinite: true) == .keysOutOfOrder)
    #expect(error("a1 01 02 ff", indefinite: true) == .trailingBytes)
    // Nothing inside is loosened.
    let nested = hex("bf 01 bf ff ff")
    var reader = CBORReader()
    var map = try reader.beginMap(in: nested.span, maximum: 2, allowingIndefinite: true)
    #expect(try reader.nextKey(of: &map, in: nested.span) == true)
    _ = try reader.unsigned(in: nested.span)
    #expect(
      failure { () throws(CBORError) in try reader.skip(in: nested.span) } == .indefiniteLength)
  }

  @Test("A definite map's count is bounded by the caller and by the bytes")
  func counts() {
    #expect(error("a2 01 02 03 04", maximum: 1) == .tooLong)
    #expect(error("a2 01 02 03") == .truncated)
    #expect(error("a2 01 02 ff 04") == .unexpectedBreak)
    #expect(error("bb 7fffffffffffffff 01 02", maximum: .max) == .truncated)
  }

  @Test(
    "Keys are integers or strings", arguments: ["a1 80 00", "a1 a0 00", "a1 f5 00", "a1 f6 00"])
  func keyTypes(text: String) {
    #expect(error(text) == .unexpectedType)
    #expect(error("a1 c0 01 00") == .unexpectedTag)
  }
}
