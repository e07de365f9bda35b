/// CRC-32 as images and gzip have it (ISO 3309: polynomial 0x04C11DB7 reflected, ones before and
/// after). A checksum against damage; whoever can change a file can also change it.
public struct CRC32: Sendable {
  /// `tables[k][b]` moves byte b past k more bytes: eight bytes are taken at once.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xedb8_8320 }
      tables[byte] = value
    }
    for index in 256..<(8 * 256) {
      let shorter = tables[index - 256]
      tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xff)]
    }
    return tables
  }()

  private var state: UInt32 = .max

  /// The checksum of nothing yet.
  public init() {}

  /// The checksum of one byte string.
  public static func of(_ bytes: Span<UInt8>) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  /// The checksum of all bytes fed.
  public var value: UInt32 { ~state }

  /// Feeds more bytes.
  public mutating func update(_ bytes: Span<UInt8>) {
    let tables = Self.tables
    var state = state
    var index = 0
    while bytes.count - index >= 8 {
      var next: UInt32 = 0
      for step in 0..<8 {
        let mixed = step < 4 ? UInt8(truncatingIfNeeded: state >> UInt32(8 * step)) : 0
        next ^= tables[256 * (7 - step) + Int(bytes[index + step] ^ mixed)]
      }
      state = next
      index += 8
    }
    while index < bytes.count {
      state = state >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])]
      index += 1
    }
    self.state = state
  }
}
