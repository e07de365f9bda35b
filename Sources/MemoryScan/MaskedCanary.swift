/// A byte string to look for, kept so that the process that looks never holds it plain.
struct MaskedCanary: Sendable {
  /// What reports call it.
  let name: String
  /// Random bytes, as many as the canary has.
  let mask: [UInt8]
  /// The canary's bytes, each XORed with the mask's.
  let masked: [UInt8]

  /// Bytes of a canary: fewer could stand anywhere by chance.
  static let byteCounts = 12...4096
  /// The most canaries of a file.
  static let maximumCount = 64
  /// The most bytes of a canary's name.
  static let maximumNameBytes = 64

  /// Reads one line: name, mask and masked bytes, the two in hexadecimal, with spaces between.
  init?(line: Substring) {
    let words = line.split(separator: " ")
    guard words.count == 3, words[0].utf8.count <= Self.maximumNameBytes,
      words[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }),
      let mask = Self.bytes(words[1]), let masked = Self.bytes(words[2]),
      mask.count == masked.count, Self.byteCounts.contains(mask.count)
    else { return nil }
    name = String(words[0])
    self.mask = mask
    self.masked = masked
  }

  /// Reads a file's lines; nil for a wrong one, for none and for too many.
  static func parse(_ text: String) -> [MaskedCanary]? {
    var canaries: [MaskedCanary] = []
    for line in text.split(separator: "\n") {
      guard canaries.count < maximumCount, let canary = MaskedCanary(line: line) else { return nil }
      canaries.append(canary)
    }
    return canaries.isEmpty ? nil : canaries
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    guard text.utf8.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text {
      guard let value = digit.hexDigitValue.map(UInt8.init(_:)) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}
