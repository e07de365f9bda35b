import EphemeralWire
import Testing

/// RFC 8949 Appendix A: the examples inside our subset, and the refusal of those outside it.
@Suite("RFC 8949 Appendix A")
struct CBORAppendixATests {
  @Test(
    "Unsigned integers",
    arguments: [
      (0, "00"), (1, "01"), (10, "0a"), (23, "17"), (24, "1818"), (25, "1819"), (100, "1864"),
      (1000, "1903e8"), (1_000_000, "1a000f4240"), (1_000_000_000_000, "1b000000e8d4a51000"),
      (18_446_744_073_709_551_615, "1bffffffffffffffff"),
    ] as [(UInt64, String)])
  func unsigned(value: UInt64, text: String) throws {
    let bytes = hex(text)
    var reader = CBORReader()
    #expect(try reader.unsigned(in: bytes.span) == value)
    try reader.finish(in: bytes.span)
    expectEncoding(bytes, { $0.unsigned(value) }) { (writer, out) throws(CBORError) in
      try writer.unsigned(value, into: &out)
    }
  }

  @Test(
    "Negative integers",
    arguments: [
      (18_446_744_073_709_551_615, "3bffffffffffffffff"), (0, "20"), (9, "29"), (99, "3863"),
      (999, "3903e7"),
    ] as [(UInt64, String)])
  func negative(magnitude: UInt64, text: String) throws {
    let bytes = hex(text)
    var reader = CBORReader()
    #expect(try reader.negative(in: bytes.span) == magnitude)
    try reader.finish(in: bytes.span)
    expectEncoding(bytes, { $0.negative(magnitude) }) { (writer, out) throws(CBORError) in
      try writer.negative(magnitude, into: &out)
    }
    var signed = CBORReader()
    if let small = Int64(exactly: magnitude) {
      #expect(try signed.integer(in: bytes.span) == -1 - small)
      expectEncoding(bytes, { $0.integer(-1 - small) }) { (writer, out) throws(CBORError) in
        try writer.integer(-1 - small, into: &out)
      }
    } else {
      #expect(
        failure { () throws(CBORError) in try signed.integer(in: bytes.span) }
          == .integerOutOfRange)
    }
  }

  @Test(
    "Floats",
    arguments: [
      (0.0, "f90000"), (-0.0, "f98000"), (1.0, "f93c00"), (1.1, "fb3ff199999999999a"),
      (1.5, "f93e00"), (65504.0, "f97bff"), (100000.0, "fa47c35000"),
      (3.4028234663852886e+38, "fa7f7fffff"), (1.0e+300, "fb7e37e43c8800759c"),
      (5.960464477539063e-8, "f90001"), (0.00006103515625, "f90400"), (-4.0, "f9c400"),
      (-4.1, "fbc010666666666666"), (.infinity, "f97c00"), (-.infinity, "f9fc00"),
    ] as [(Double, String)])
  func float(value: Double, text: String) throws {
    let bytes = hex(text)
    var reader = CBORReader()
    #expect(try reader.double(in: bytes.span).bitPattern == value.bitPattern)
    try reader.finish(in: bytes.span)
    expectEncoding(bytes, { $0.double(value) }) { (writer, out) throws(CBORError) in
      try writer.double(value, into: &out)
    }
  }

  @Test("NaN and the simple values")
  func simpleValues() throws {
    let bytes = hex("f97e00 f4 f5 f6")
    var reader = CBORReader()
    #expect(try reader.double(in: bytes.span).isNaN)
    #expect(try reader.bool(in: bytes.span) == false)
    #expect(try reader.bool(in: bytes.span) == true)
    #expect(try reader.takeNull(in: bytes.span) == true)
    try reader.finish(in: bytes.span)
    expectEncoding(
      bytes,
      {
        $0.double(.nan)
        $0.bool(false)
        $0.bool(true)
        $0.null()
      },
      { (writer, out) throws(CBORError) in
        try writer.double(-.nan, into: &out)
        try writer.bool(false, into: &out)
        try writer.bool(true, into: &out)
        try writer.null(into: &out)
      })
  }

  @Test(
    "Byte strings and text strings",
    arguments: [
      ("40", ""), ("4401020304", "01020304"), ("60", ""), ("6161", "61"),
      ("6449455446", "49455446"), ("62225c", "225c"), ("62c3bc", "c3bc"), ("63e6b0b4", "e6b0b4"),
      ("64f0908591", "f0908591"),
    ])
  func strings(text: String, content: String) throws {
    let bytes = hex(text)
    var reader = CBORReader()
    if bytes[0] >> 5 == CBORMajorType.bytes.rawValue {
      #expect(try reader.byteArray(in: bytes.span, maximum: 4) == hex(content))
      expectEncoding(bytes, { $0.bytes(hex(content)) }) { (writer, out) throws(CBORError) in
        try writer.bytes(hex(content).span, into: &out)
      }
    } else {
      let string = String(decoding: hex(content), as: UTF8.self)
      #expect(try reader.text(in: bytes.span, maximum: 4) == string)
      expectEncoding(bytes, { $0.text(string) }) { (writer, out) throws(CBORError) in
        try writer.text(string, into: &out)
      }
    }
    try reader.finish(in: bytes.span)
  }

  @Test("Tags, where they are asked for")
  func tags() throws {
    for (text, number) in [
      ("c074323031332d30332d32315432303a30343a30305a", 0), ("c11a514b67b0", 1),
      ("d74401020304", 23), ("d818456449455446", 24),
      ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", 32),
    ] as [(String, UInt64)] {
      let bytes = hex(text)
      var reader = CBORReader()
      #expect(try reader.tag(in: bytes.span) == number)
      let start = reader.position
      try reader.skip(in: bytes.span)
      try reader.finish(in: bytes.span)
      expectEncoding(
        bytes,
        {
          $0.tag(number)
          $0.encodedItem(Array(bytes[start...]))
        })
      var strict = CBORReader()
      #expect(
        failure { () throws(CBORError) in try strict.skip(in: bytes.span) } == .unexpectedTag)
    }
  }

  @Test(
    "Arrays and maps are walked to their end",
    arguments: [
      "80", "83010203", "8301820203820405",
      "98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0", "a201020304",
      "a26161016162820203", "826161a161626163", "a56161614161626142616361436164614461656145",
    ])
  func containers(text: String) throws {
    let bytes = hex(text)
    var reader = CBORReader()
    try reader.skip(in: bytes.span)
    try reader.finish(in: bytes.span)
    for end in 0..<bytes.count {
      var cut = CBORReader(0..<end)
      #expect(failure { () throws(CBORError) in try cut.skip(in: bytes.span) } == .truncated)
    }
  }

  @Test("A map is built and read by key")
  func map() throws {
    let bytes = hex("a26161016162820203")
    expectEncoding(
      bytes,
      {
        var list = CBOREncoder()
        list.array(2)
        list.unsigned(2)
        list.unsigned(3)
        // Given out of order; `sortedMap` puts them right.
        $0.sortedMap([(hex("6162"), list.finish()), (hex("6161"), [1])])
      },
      { (writer, out) throws(CBORError) in
        try writer.map(2, into: &out)
        try writer.text("a", into: &out)
        try writer.unsigned(1, into: &out)
        try writer.text("b", into: &out)
        try writer.array(2, into: &out)
        try writer.unsigned(2, into: &out)
        try writer.unsigned(3, into: &out)
      })
    var reader = CBORReader()
    var map = try reader.beginMap(in: bytes.span, maximum: 2)
    #expect(try reader.nextKey(of: &map, in: bytes.span) == true)
    #expect(try reader.text(in: bytes.span, maximum: 1) == "a")
    #expect(try reader.unsigned(in: bytes.span) == 1)
    #expect(try reader.nextKey(of: &map, in: bytes.span) == true)
    #expect(try reader.text(in: bytes.span, maximum: 1) == "b")
    #expect(try reader.arrayHeader(in: bytes.span, maximum: 2) == 2)
    #expect(try reader.unsigned(in: bytes.span) == 2)
    #expect(try reader.unsigned(in: bytes.span) == 3)
    #expect(try reader.nextKey(of: &map, in: bytes.span) == false)
    try reader.finish(in: bytes.span)
  }

  @Test(
    "Examples outside the subset are refused, each for its reason",
    arguments: [
      ("c249010000000000000000", .unexpectedTag), ("c349010000000000000000", .unexpectedTag),
      ("c1fb41d452d9ec200000", .unexpectedTag), ("fa7f800000", .nonCanonicalFloat),
      ("fa7fc00000", .nonCanonicalFloat), ("faff800000", .nonCanonicalFloat),
      ("fb7ff0000000000000", .nonCanonicalFloat), ("fb7ff8000000000000", .nonCanonicalFloat),
      ("fbfff0000000000000", .nonCanonicalFloat), ("f7", .unsupportedSimple),
      ("f0", .unsupportedSimple), ("f8ff", .unsupportedSimple),
      ("5f42010243030405ff", .indefiniteLength), ("7f657374726561646d696e67ff", .indefiniteLength),
      ("9fff", .indefiniteLength), ("9f018202039f0405ffff", .indefiniteLength),
      ("9f01820203820405ff", .indefiniteLength), ("83018202039f0405ff", .indefiniteLength),
      ("83019f0203ff820405", .indefiniteLength), ("bf61610161629f0203ffff", .indefiniteLength),
      ("826161bf61626163ff", .indefiniteLength), ("bf6346756ef563416d7421ff", .indefiniteLength),
    ] as [(String, CBORError)])
  func refusals(text: String, expected: CBORError) {
    let bytes = hex(text)
    var reader = CBORReader()
    #expect(failure { () throws(CBORError) in try reader.skip(in: bytes.span) } == expected)
  }

  /// Requires the same bytes of the growing encoder and, where given, of the fixed-buffer writer,
  /// whose counting pass must foretell their number and which must refuse every smaller buffer.
  private func expectEncoding(
    _ expected: [UInt8], _ body: (inout CBOREncoder) -> Void,
    _ write: ((inout CBORWriter, inout MutableSpan<UInt8>) throws(CBORError) -> Void)? = nil
  ) {
    var encoder = CBOREncoder()
    body(&encoder)
    #expect(encoder.count == expected.count)
    #expect(encoder.finish() == expected)
    guard let write else { return }
    #expect((try? CBORWriter.byteCount(write)) == expected.count)
    for size in 0...expected.count {
      var buffer = [UInt8](repeating: 0xee, count: size)
      var writer = CBORWriter()
      var span = buffer.mutableSpan
      let error = failure { () throws(CBORError) in try write(&writer, &span) }
      #expect(error == (size < expected.count ? .bufferTooSmall : nil))
      if error == nil {
        #expect(buffer == expected)
        #expect(writer.position == size)
      }
    }
  }
}
