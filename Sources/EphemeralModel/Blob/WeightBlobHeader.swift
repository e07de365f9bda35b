/// The 32 cleartext bytes before the chunks (Spec/Formats.md §5.1).
public struct WeightBlobHeader: Hashable, Sendable {
  static let magic = Array("EPHW".utf8)
  static let version: UInt16 = 1

  /// Plaintext bytes of each chunk but the last.
  public let chunkBytes: Int
  /// The number of chunks.
  public let chunkCount: Int

  /// The header of a layout.
  public init(_ layout: WeightBlobLayout) {
    self.chunkBytes = layout.chunkBytes
    self.chunkCount = layout.chunkCount
  }

  /// Reads a header of exactly 32 bytes; throws `headerMismatch`.
  public init(decoding bytes: Span<UInt8>) throws(WeightBlobError) {
    guard bytes.count == WeightBlobLayout.headerBytes else { throw .headerMismatch }
    func number(_ range: Range<Int>) -> Int {
      range.reduce(0) { $0 << 8 | Int(bytes[$1]) }
    }
    for (index, byte) in Self.magic.enumerated() where bytes[index] != byte {
      throw .headerMismatch
    }
    let chunkBytes = number(8..<12)
    let chunkCount = number(12..<16)
    guard number(4..<6) == Int(Self.version), number(6..<8) == 0,
      WeightBlobLayout.chunkSizes.contains(chunkBytes), chunkBytes & (chunkBytes - 1) == 0,
      chunkCount > 0, (16..<32).allSatisfy({ bytes[$0] == 0 })
    else { throw .headerMismatch }
    self.chunkBytes = chunkBytes
    self.chunkCount = chunkCount
  }

  /// The header's 32 bytes.
  public func encoded() -> [UInt8] {
    var bytes = Self.magic
    func append(_ value: Int, bytes count: Int) {
      for index in (0..<count).reversed() {
        bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
      }
    }
    append(Int(Self.version), bytes: 2)
    append(0, bytes: 2)
    append(chunkBytes, bytes: 4)
    append(chunkCount, bytes: 4)
    bytes.append(contentsOf: repeatElement(0, count: 16))
    return bytes
  }

  /// Header ‖ index (u64, big-endian) ‖ final flag: what each chunk is bound to.
  static func associatedData(header: [UInt8], index: Int, isLast: Bool) -> [UInt8] {
    var bytes = header
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: index >> shift))
    }
    bytes.append(isLast ? 1 : 0)
    return bytes
  }
}
