internal import EphemeralAttestation

/// Bytes as a person reads them.
enum HexDump {
  /// Rows of 16 bytes with their offsets and their printable characters.
  static func rows(_ bytes: some Collection<UInt8>) -> [String] {
    let bytes = Array(bytes)
    return stride(from: 0, to: bytes.count, by: 16).map { start in
      let row = bytes[start..<min(start + 16, bytes.count)]
      let offset = String(start, radix: 16)
      let hex = row.map { Hexadecimal.encode([$0]) }.joined(separator: " ")
      let text = row.map { (0x20..<0x7f).contains($0) ? Character(Unicode.Scalar($0)) : "." }
      return String(repeating: "0", count: max(0, 4 - offset.count)) + offset + "  " + hex
        + String(repeating: " ", count: 3 * (16 - row.count)) + "  " + String(text)
    }
  }
}
