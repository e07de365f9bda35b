/// Hexadecimal text to bytes and back, for vectors and failure messages.
public enum Hex {
  /// The bytes of a hexadecimal text; white space is skipped; nil for anything else.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text where !character.isWhitespace {
      guard let digit = character.hexDigitValue.map(UInt8.init) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return high == nil ? bytes : nil
  }

  /// Lower-case hexadecimal text.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }
}

/// The bytes of a hexadecimal constant in a test; stops the test run if it is none.
public func hex(_ text: String) -> [UInt8] {
  guard let bytes = Hex.decode(text) else { preconditionFailure("not hexadecimal: \(text)") }
  return bytes
}
