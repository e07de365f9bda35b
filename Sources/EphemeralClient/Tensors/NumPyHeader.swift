internal import EphemeralModel

/// The dictionary at the head of a `.npy` file: three entries, written as Python would.
struct NumPyHeader {
  let elementType: ElementType
  let shape: [Int]

  /// Reads the header's bytes; each of the three entries must stand there exactly once.
  static func parse(_ bytes: ArraySlice<UInt8>) throws(NumPyError) -> NumPyHeader {
    var cursor = Cursor(bytes: bytes)
    try cursor.expect("{")
    var type: ElementType?
    var isFortran: Bool?
    var shape: [Int]?
    while !cursor.take("}") {
      let key = try cursor.string()
      try cursor.expect(":")
      switch key {
      case "descr" where type == nil: type = try elementType(try cursor.string())
      case "fortran_order" where isFortran == nil: isFortran = try cursor.boolean()
      case "shape" where shape == nil: shape = try cursor.tuple()
      default: throw .malformedHeader
      }
      if !cursor.take(",") {
        try cursor.expect("}")
        break
      }
    }
    guard cursor.isAtEnd, let type, let isFortran, let shape else { throw .malformedHeader }
    // With at most one dimension longer than 1 both orders are the same bytes.
    if isFortran, shape.count(where: { $0 != 1 }) > 1 { throw .fortranOrder }
    return NumPyHeader(elementType: type, shape: shape)
  }

  private static func elementType(_ descriptor: String) throws(NumPyError) -> ElementType {
    guard let first = descriptor.first else { throw .malformedHeader }
    if first == ">" { throw .bigEndian }
    let kind = descriptor.dropFirst()
    guard "<|=".contains(first) else { throw .unsupportedType }
    for type in ElementType.allCases where NumPyFormat.descriptor(type).dropFirst() == kind {
      return type
    }
    throw .unsupportedType
  }

  /// Reads the little of Python's syntax that such a header needs.
  private struct Cursor {
    let bytes: ArraySlice<UInt8>
    var at: Int

    init(bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
      self.at = bytes.startIndex
    }

    var isAtEnd: Bool { bytes[at...].allSatisfy { $0 == 0x20 || $0 == 0x0a || $0 == 0 } }

    mutating func skipSpace() {
      while at < bytes.endIndex, bytes[at] == 0x20 || bytes[at] == 0x0a { at += 1 }
    }

    mutating func take(_ text: String) -> Bool {
      skipSpace()
      guard bytes[at...].starts(with: text.utf8) else { return false }
      at += text.utf8.count
      return true
    }

    mutating func expect(_ text: String) throws(NumPyError) {
      guard take(text) else { throw .malformedHeader }
    }

    mutating func boolean() throws(NumPyError) -> Bool {
      if take("True") { return true }
      try expect("False")
      return false
    }

    mutating func string() throws(NumPyError) -> String {
      skipSpace()
      guard at < bytes.endIndex, bytes[at] == UInt8(ascii: "'") || bytes[at] == UInt8(ascii: "\"")
      else { throw .malformedHeader }
      let quote = bytes[at]
      let start = at + 1
      guard let end = bytes[start...].firstIndex(of: quote), end - start <= 64 else {
        throw .malformedHeader
      }
      at = end + 1
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    mutating func tuple() throws(NumPyError) -> [Int] {
      try expect("(")
      var values: [Int] = []
      while !take(")") {
        skipSpace()
        let start = at
        while at < bytes.endIndex, (0x30...0x39).contains(bytes[at]) { at += 1 }
        guard at > start else { throw .malformedHeader }
        guard let value = Int(String(decoding: bytes[start..<at], as: UTF8.self)) else {
          throw .tooLarge
        }
        guard values.count < 64 else { throw .tooManyDimensions }
        values.append(value)
        if !take(",") {
          // Python writes a tuple of one with its comma: (3,).
          guard values.count > 1 else { throw .malformedHeader }
          try expect(")")
          break
        }
      }
      return values
    }
  }
}
