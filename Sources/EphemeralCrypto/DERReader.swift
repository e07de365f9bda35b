/// The DER tags that certificates and signatures use.
struct DERTag: Equatable {
  let byte: UInt8

  static let boolean = DERTag(byte: 0x01)
  static let integer = DERTag(byte: 0x02)
  static let bitString = DERTag(byte: 0x03)
  static let octetString = DERTag(byte: 0x04)
  static let objectIdentifier = DERTag(byte: 0x06)
  static let utf8String = DERTag(byte: 0x0c)
  static let printableString = DERTag(byte: 0x13)
  static let ia5String = DERTag(byte: 0x16)
  static let utcTime = DERTag(byte: 0x17)
  static let generalizedTime = DERTag(byte: 0x18)
  static let sequence = DERTag(byte: 0x30)
  static let set = DERTag(byte: 0x31)
  /// Context tags: [n], constructed or primitive.
  static func context(_ number: UInt8, constructed: Bool = true) -> DERTag {
    DERTag(byte: 0x80 | (constructed ? 0x20 : 0) | number)
  }
}

/// A cursor over DER (X.690): definite minimal lengths, one-byte tags, nothing past the end.
struct DERReader {
  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8]) {
    self.init(bytes, 0..<bytes.count)
  }

  /// A cursor over a part of the bytes, such as a content range that `next` gave.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position == end }

  /// Whether the next element has this tag.
  func nextIs(_ tag: DERTag) -> Bool { position < end && bytes[position] == tag.byte }

  /// Reads the next element, which must have this tag, and gives the range of its content.
  mutating func next(_ tag: DERTag) throws(X509Error) -> Range<Int> {
    guard nextIs(tag) else { throw .malformed }
    return try nextOfAnyTag().content
  }

  /// Reads the next element whatever its tag.
  mutating func nextOfAnyTag() throws(X509Error) -> (tag: DERTag, content: Range<Int>) {
    guard end - position >= 2 else { throw .malformed }
    let tag = bytes[position]
    guard tag & 0x1f != 0x1f else { throw .malformed }
    var start = position + 2
    var length = Int(bytes[position + 1])
    if length >= 0x80 {
      let digits = length & 0x7f
      guard (1...3).contains(digits), end - start >= digits else { throw .malformed }
      length = 0
      for index in start..<(start + digits) { length = length << 8 | Int(bytes[index]) }
      start += digits
      // Minimal: the long form only from 128 on, without a leading zero byte.
      guard length >= 0x80, length >> (8 * (digits - 1)) != 0 else { throw .malformed }
    }
    guard end - start >= length else { throw .malformed }
    position = start + length
    return (DERTag(byte: tag), start..<position)
  }

  /// Nothing may follow.
  func finish() throws(X509Error) {
    guard isAtEnd else { throw .malformed }
  }

  /// Reads an object identifier.
  mutating func objectIdentifier() throws(X509Error) -> OID {
    guard let identifier = OID(content: Array(bytes[try next(.objectIdentifier)])) else {
      throw .malformed
    }
    return identifier
  }

  /// Reads a boolean: 00 or ff.
  mutating func boolean() throws(X509Error) -> Bool {
    let content = try next(.boolean)
    guard content.count == 1 else { throw .malformed }
    switch bytes[content.lowerBound] {
    case 0: return false
    case 0xff: return true
    default: throw .malformed
    }
  }

  /// Reads a minimal integer that is not negative, as its content bytes.
  mutating func unsignedInteger() throws(X509Error) -> [UInt8] {
    let content = Array(bytes[try next(.integer)])
    guard let first = content.first, first < 0x80 else { throw .malformed }
    if first == 0, content.count > 1, content[1] < 0x80 { throw .malformed }
    return content
  }

  /// Reads a bit string whose bits fill whole bytes, and gives the range of these.
  mutating func wholeBytesBitString() throws(X509Error) -> Range<Int> {
    let content = try next(.bitString)
    guard !content.isEmpty, bytes[content.lowerBound] == 0 else { throw .malformed }
    return content.dropFirst()
  }
}
