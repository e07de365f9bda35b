import EphemeralWire
import PropertyTesting
import Testing

/// Any CBOR of the subset, as a tree: what the encoder writes the reader must read back, and what
/// the reader takes must be what the encoder would have written.
private indirect enum Item: Equatable, Sendable {
  case unsigned(UInt64)
  case negative(UInt64)
  case bytes([UInt8])
  case text(String)
  case array([Item])
  case map([UInt64], Item)
  case double(UInt64)
  case bool(Bool)
  case null

  static let generator = Generator<Item>.recursive(
    depth: 3,
    leaf: .oneOf([
      .constant(.null), Generator<Bool>.bool().map { .bool($0) },
      Generator<UInt64>.integer().map { .unsigned($0) },
      Generator<UInt64>.integer().map { .negative($0) },
      Generator<[UInt8]>.bytes(count: 0...300).map { .bytes($0) },
      Generator<[UInt32]>.array(of: .integer(in: 0...0x11_0000), count: 0...20).map { scalars in
        .text(String(String.UnicodeScalarView(scalars.compactMap { Unicode.Scalar($0) })))
      },
      Generator<UInt64>.integer().map { .double($0) },
      Generator<Float>.constant(1).flatMap { _ in
        Generator<UInt32>.integer().map { .double(Double(Float(bitPattern: $0)).bitPattern) }
      },
    ])
  ) { smaller in
    .oneOf([
      Generator<[Item]>.array(of: smaller, count: 0...8).map { .array($0) },
      Generator.tuple(.array(of: Generator<UInt64>.integer(), count: 0...6), smaller).map {
        .map(Array(Set($0)).sorted(), $1)
      },
    ])
  }

  func encode(into encoder: inout CBOREncoder) {
    switch self {
    case .unsigned(let value): encoder.unsigned(value)
    case .negative(let value): encoder.negative(value)
    case .bytes(let value): encoder.bytes(value)
    case .text(let value): encoder.text(value)
    case .array(let items):
      encoder.array(items.count)
      for item in items { item.encode(into: &encoder) }
    case .map(let keys, let value):
      encoder.map(keys.count)
      for key in keys {
        encoder.unsigned(key)
        value.encode(into: &encoder)
      }
    case .double(let bits): encoder.double(Double(bitPattern: bits))
    case .bool(let value): encoder.bool(value)
    case .null: encoder.null()
    }
  }

  /// Reads any item and writes it again with the fixed-buffer writer.
  static func copy(
    _ reader: inout CBORReader, _ bytes: Span<UInt8>, _ writer: inout CBORWriter,
    _ output: inout MutableSpan<UInt8>
  ) throws(CBORError) {
    switch try reader.peekMajor(in: bytes) {
    case .unsigned: try writer.unsigned(try reader.unsigned(in: bytes), into: &output)
    case .negative: try writer.negative(try reader.negative(in: bytes), into: &output)
    case .bytes:
      let range = try reader.byteRange(in: bytes, maximum: .max)
      try writer.bytes(bytes.extracting(range), into: &output)
    case .text: try writer.text(try reader.text(in: bytes, maximum: .max), into: &output)
    case .array:
      let count = try reader.arrayHeader(in: bytes, maximum: .max)
      try writer.array(count, into: &output)
      try reader.descend()
      for _ in 0..<count { try copy(&reader, bytes, &writer, &output) }
      reader.ascend()
    case .map:
      // A definite map says its count only through `nextKey`: count on a reader of its own.
      var counting = reader
      var counted = try counting.beginMap(in: bytes, maximum: .max)
      var count = 0
      while try counting.nextKey(of: &counted, in: bytes) {
        try counting.skip(in: bytes)
        try counting.skip(in: bytes)
        count += 1
      }
      try writer.map(count, into: &output)
      var map = try reader.beginMap(in: bytes, maximum: count)
      try reader.descend()
      while try reader.nextKey(of: &map, in: bytes) {
        try copy(&reader, bytes, &writer, &output)
        try copy(&reader, bytes, &writer, &output)
      }
      reader.ascend()
    case .tag: throw .unexpectedTag
    case .simple:
      if try reader.takeNull(in: bytes) { return try writer.null(into: &output) }
      if [0xf4, 0xf5].contains(bytes[reader.position]) {
        return try writer.bool(try reader.bool(in: bytes), into: &output)
      }
      if (0xf9...0xfb).contains(bytes[reader.position]) {
        return try writer.double(try reader.double(in: bytes), into: &output)
      }
      // Leaves the error to the reader.
      try reader.skip(in: bytes)
    }
  }

  /// The bytes of `bytes`, read and written again.
  static func recode(_ bytes: [UInt8]) throws(CBORError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: bytes.count)
    var reader = CBORReader()
    var writer = CBORWriter()
    var output = buffer.mutableSpan
    try copy(&reader, bytes.span, &writer, &output)
    try reader.finish(in: bytes.span)
    return Array(buffer[..<writer.position])
  }
}

@Suite("Wire properties")
struct WireProperties {
  @Test("Any item is read back as it was written, and skipped to the same end")
  func roundTrip() throws {
    try check(
      name: "CBOR round trip", cases: 2000,
      covering: [RequiredLabel("nested"), RequiredLabel("long")]
    ) { testCase in
      let item = try testCase.draw(Item.generator, as: "item")
      var encoder = CBOREncoder()
      item.encode(into: &encoder)
      let bytes = encoder.finish()
      testCase.label("nested", if: bytes.first.map { $0 >> 5 == 4 || $0 >> 5 == 5 } ?? false)
      testCase.label("long", if: bytes.count > 300)
      try testCase.require(try Item.recode(bytes) == bytes)
      var reader = CBORReader()
      try reader.skip(in: bytes.span)
      try reader.finish(in: bytes.span)
    }
  }

  @Test("Damaged bytes are refused or are canonical themselves")
  func damage() throws {
    try check(
      name: "CBOR damage", cases: 5000,
      covering: [RequiredLabel("refused", share: 0.1), RequiredLabel("accepted", share: 0.01)]
    ) { testCase in
      let item = try testCase.draw(Item.generator, as: "item")
      var encoder = CBOREncoder()
      item.encode(into: &encoder)
      var bytes = encoder.finish()
      let place = try testCase.draw(.integer(in: 0...(bytes.count - 1)), as: "place")
      switch try testCase.draw(.element(of: ["flip", "cut", "insert", "repeat"]), as: "damage") {
      case "flip": bytes[place] ^= try testCase.draw(.integer(in: 1...255), as: "mask")
      case "cut": bytes.removeSubrange(place...)
      case "insert": bytes.insert(try testCase.draw(.integer(), as: "byte"), at: place)
      default: bytes.insert(contentsOf: bytes[place...], at: place)
      }
      switch Result(catching: { () throws(CBORError) in try Item.recode(bytes) }) {
      case .success(let again):
        testCase.label("accepted")
        try testCase.require(again == bytes, "two encodings of one value")
      case .failure(let error):
        testCase.label("refused")
        try testCase.require(error != .bufferTooSmall, "longer when written again")
      }
    }
  }

  @Test("Frames are the same frames however they are cut")
  func cuts() throws {
    let frame = Generator.tuple(
      .element(of: FrameType.allCases), .bytes(count: 0...16)
    ).map { Frame(type: $0, payload: $1) }
    var all: FrameTypeSet = []
    for type in FrameType.allCases { all.insert(type) }
    let everything = all
    try check(name: "frames in any cut", cases: 1000) { testCase in
      let frames = try testCase.draw(.array(of: frame, count: 1...12), as: "frames")
      var stream: [UInt8] = []
      for frame in frames { frame.append(to: &stream) }
      var decoder = FrameDecoder(allowed: everything)
      var received: [Frame] = []
      var start = 0
      while start < stream.count {
        let size = try testCase.draw(.integer(in: 1...64), as: "cut")
        let part = Array(stream[start..<min(stream.count, start + size)])
        var position = 0
        while let frame = try decoder.next(from: part.span, at: &position) {
          received.append(frame)
        }
        try testCase.require(position == part.count)
        start += part.count
      }
      try decoder.finish()
      try testCase.require(received == frames)
    }
  }
}
