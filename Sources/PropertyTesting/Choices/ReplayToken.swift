/// A choice sequence as text, short enough to copy from a report: `p1.0.2s.:deadbeef`.
///
/// Numbers stand in base 36, byte strings as a colon and hexadecimal digits.
enum ReplayToken {
  private static let version = "p1"

  static func text(of choices: [Choice]) -> String {
    var parts = [version]
    for choice in choices {
      switch choice {
      case .integer(let value, _): parts.append(String(value, radix: 36))
      case .bytes(let bytes, _):
        parts.append(":" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
      }
    }
    return parts.joined(separator: ".")
  }

  /// The choices of a token, or nil where the text is none.
  static func choices(of text: String) -> [Choice]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.first == Substring(version), parts.count <= ChoiceSource.maximumChoices else {
      return nil
    }
    var choices: [Choice] = []
    for part in parts.dropFirst() {
      if part.first == ":" {
        guard let bytes = bytes(of: part.dropFirst()) else { return nil }
        choices.append(.bytes(bytes, maximumCount: bytes.count))
      } else if part.first != "+", let value = UInt64(part, radix: 36) {
        choices.append(.integer(value, maximum: value))
      } else {
        return nil
      }
    }
    return choices
  }

  private static func bytes(of digits: Substring) -> [UInt8]? {
    let values = digits.utf8.map { Unicode.Scalar($0) }.map { Character($0).hexDigitValue }
    guard values.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: values.count, by: 2) {
      guard let high = values[index], let low = values[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}
