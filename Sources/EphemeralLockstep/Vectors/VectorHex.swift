/// Hexadecimal text as the vectors write it.
package enum VectorHex {
  /// Lower-case text.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The bytes of a text; empty for anything else.
  package static func decode(_ text: String) -> [UInt8] {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return [] }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] ?? 0) << 4 | UInt8(digits[$0 + 1] ?? 0)
    }
  }
}
