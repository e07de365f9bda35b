/// DER elements as byte arrays: only public values are ever written.
enum DERWriter {
  /// One element: tag, minimal length, content.
  static func element(_ tag: DERTag, _ content: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    if content.count < 0x80 {
      length = [UInt8(content.count)]
    } else {
      var rest = content.count
      while rest > 0 {
        length.insert(UInt8(rest & 0xff), at: 0)
        rest >>= 8
      }
      length.insert(0x80 | UInt8(length.count), at: 0)
    }
    return [tag.byte] + length + content
  }

  static func sequence(_ elements: [[UInt8]]) -> [UInt8] {
    element(.sequence, Array(elements.joined()))
  }

  /// A non-negative integer from big-endian bytes, made minimal.
  static func unsignedInteger(_ bigEndian: Span<UInt8>) -> [UInt8] {
    var digits: [UInt8] = []
    for index in bigEndian.indices where !digits.isEmpty || bigEndian[index] != 0 {
      digits.append(bigEndian[index])
    }
    if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
    return element(.integer, digits)
  }

  static func objectIdentifier(_ identifier: OID) -> [UInt8] {
    element(.objectIdentifier, identifier.content)
  }

  static let booleanTrue: [UInt8] = [0x01, 0x01, 0xff]

  /// A bit string of whole bytes.
  static func bitString(_ bytes: [UInt8]) -> [UInt8] {
    element(.bitString, [0] + bytes)
  }

  /// A named bit list: bit n of the value is bit n of the string, trailing zeros left out.
  static func namedBits(_ value: UInt16) -> [UInt8] {
    guard value != 0 else { return element(.bitString, [0]) }
    let highest = 15 - value.leadingZeroBitCount
    var bytes = [UInt8](repeating: 0, count: highest / 8 + 1)
    for bit in 0...highest where value >> UInt16(bit) & 1 == 1 {
      bytes[bit / 8] |= 0x80 >> UInt8(bit % 8)
    }
    return element(.bitString, [UInt8(7 - highest % 8)] + bytes)
  }
}
