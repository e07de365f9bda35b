import EphemeralWire
import PropertyTesting

/// An item reads as a tree that writes the very bytes, and stepping over it gives the same verdict.
let cborTarget = FuzzTarget(
  "cbor", "the CBOR reader and writer", maximumBytes: 2048,
  dictionary: [[0xf9, 0x7e, 0x00], [0x1b, 0, 0, 0, 1, 0, 0, 0, 0], [0xbf, 0xff], [0xa1, 0x01]],
  seeds: {
    var encoder = CBOREncoder()
    encoder.array(6)
    encoder.unsigned(1 << 40)
    encoder.integer(-300)
    encoder.text("grüße")
    encoder.bytes([1, 2, 3])
    encoder.double(1.5)
    encoder.map(2)
    encoder.unsigned(1)
    encoder.bool(true)
    encoder.text("k")
    encoder.null()
    return [FuzzSeed("items", encoder.finish()), FuzzSeed("map", [0xa2, 0x01, 0x02, 0x03, 0x80])]
  }
) { (bytes, notes) throws(Violation) in
  let span = bytes.span
  var reader = CBORReader()
  var skipper = CBORReader()
  let item = accepted { () throws(CBORError) in try read(&reader, span) }
  let isSkipped = accepted { () throws(CBORError) in try skipper.skip(in: span) } != nil
  try require((item != nil) == isSkipped, "reading and stepping over disagree")
  guard let item else { return }
  try require(reader.position == skipper.position, "reading and stepping over end apart")
  var encoder = CBOREncoder()
  write(item, to: &encoder)
  try require(
    encoder.finish() == Array(bytes[..<reader.position]), "an item has a second encoding")
  notes.use(reader.position)
}

private indirect enum Item {
  case unsigned(UInt64)
  case negative(UInt64)
  case bytes([UInt8])
  case text(String)
  case array([Item])
  case map([(Item, Item)])
  case bool(Bool)
  case null
  case double(Double)
}

private func read(_ reader: inout CBORReader, _ bytes: Span<UInt8>) throws(CBORError) -> Item {
  switch try reader.peekMajor(in: bytes) {
  case .unsigned: return .unsigned(try reader.unsigned(in: bytes))
  case .negative: return .negative(try reader.negative(in: bytes))
  case .bytes: return .bytes(try reader.byteArray(in: bytes, maximum: .max))
  case .text: return .text(try reader.text(in: bytes, maximum: .max))
  case .array:
    let count = try reader.arrayHeader(in: bytes, maximum: .max)
    try reader.descend()
    var items: [Item] = []
    for _ in 0..<count { items.append(try read(&reader, bytes)) }
    reader.ascend()
    return .array(items)
  case .map:
    var map = try reader.beginMap(in: bytes, maximum: .max)
    try reader.descend()
    var pairs: [(Item, Item)] = []
    while try reader.nextKey(of: &map, in: bytes) {
      pairs.append((try read(&reader, bytes), try read(&reader, bytes)))
    }
    reader.ascend()
    return .map(pairs)
  case .tag: throw .unexpectedTag
  case .simple:
    if try reader.takeNull(in: bytes) { return .null }
    if (0xf9...0xfb).contains(bytes[reader.position]) {
      return .double(try reader.double(in: bytes))
    }
    return .bool(try reader.bool(in: bytes))
  }
}

private func write(_ item: Item, to encoder: inout CBOREncoder) {
  switch item {
  case .unsigned(let value): encoder.unsigned(value)
  case .negative(let value): encoder.negative(value)
  case .bytes(let value): encoder.bytes(value)
  case .text(let value): encoder.text(value)
  case .array(let items):
    encoder.array(items.count)
    for item in items { write(item, to: &encoder) }
  case .map(let pairs):
    encoder.map(pairs.count)
    for (key, value) in pairs {
      write(key, to: &encoder)
      write(value, to: &encoder)
    }
  case .bool(let value): encoder.bool(value)
  case .null: encoder.null()
  case .double(let value): encoder.double(value)
  }
}
