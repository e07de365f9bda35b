/// The one form of gzip (RFC 1952, RFC 1951) that the builder writes and `inspect` reads: every
/// byte as a literal of the fixed Huffman code.
///
/// It makes nothing smaller. What it is for is that the ramdisk is one stream of which no part can
/// be read without the rest: no entry of an archive stands in it in clear, at whatever bit it begins,
/// so a ramdisk that begins elsewhere unpacks to nothing (Spec/Image.md §3.2, §5.2).
public enum Gzip {
  /// Identification, method 8, no flags, no time, no extra flags, written on no particular system.
  static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
  /// CRC-32 and length, four bytes each, little-endian.
  static let trailerBytes = 8
  /// A stored block of no bytes, not the last: it moves what follows by five bytes.
  static let emptyBlock: [UInt8] = [0, 0, 0, 0xff, 0xff]

  /// The stream that holds `bytes`, whose length is a multiple of four: the kernel finds an archive
  /// behind it only there.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var bits = BitWriter(reservingCapacity: bytes.count + bytes.count / 8 + 16)
    bits.write(1, count: 1)
    bits.write(0b01, count: 2)
    for byte in bytes {
      // RFC 1951 §3.2.6; codes are written from their highest bit.
      if byte < 144 {
        bits.writeReversed(0x30 + UInt16(byte), count: 8)
      } else {
        bits.writeReversed(0x190 + UInt16(byte) - 144, count: 9)
      }
    }
    bits.writeReversed(0, count: 7)
    let block = bits.finish()
    var stream = header
    while (stream.count + block.count + trailerBytes) & 3 != 0 { stream += emptyBlock }
    stream += block
    stream += littleEndian(CRC32.of(bytes.span))
    stream += littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    return stream
  }

  private static func littleEndian(_ value: UInt32) -> [UInt8] { bigEndian(value).reversed() }
}

/// Why bytes are not a stream of the one form that is read.
public enum GzipError: Error, Equatable, Sendable, CaseIterable {
  /// Not gzip, or with a header that the builder does not write.
  case header
  /// The stream ends before its last block does.
  case truncated
  /// A block that the builder does not write: it may be sound, and is not read here.
  case block
  /// A length or bits that the builder does not write.
  case malformed
  /// The checksum or the length does not match.
  case checksum
  /// Bytes follow the stream.
  case trailingBytes
}

extension GzipError: CustomStringConvertible {
  /// One line of static text.
  public var description: String {
    switch self {
    case .header: "not a gzip stream as this builder writes it"
    case .truncated: "a gzip stream that is cut short"
    case .block: "compressed by another tool"
    case .malformed: "a gzip stream with wrong codes"
    case .checksum: "a gzip stream with a wrong checksum or length"
    case .trailingBytes: "bytes follow the gzip stream"
    }
  }
}

extension Gzip {
  /// What a stream of `compress` holds; never more bytes than the stream has.
  public static func expand(_ stream: [UInt8]) throws(GzipError) -> [UInt8] {
    guard stream.starts(with: header) else { throw .header }
    var at = header.count
    var empty = 0
    while stream[at...].starts(with: emptyBlock) {
      at += emptyBlock.count
      empty += 1
    }
    guard empty < 4 else { throw .malformed }
    var bits = BitReader(stream, from: at)
    guard try bits.read(3) == 0b011 else { throw .block }
    var output: [UInt8] = []
    output.reserveCapacity(stream.count - at)
    while let byte = try literal(&bits) { output.append(byte) }
    guard bits.restIsZero else { throw .malformed }
    let trailer = stream[bits.nextByte...]
    guard trailer.count >= trailerBytes else { throw .truncated }
    guard trailer.count == trailerBytes else { throw .trailingBytes }
    let length = UInt32(truncatingIfNeeded: output.count)
    guard
      trailer.elementsEqual(littleEndian(CRC32.of(output.span)) + littleEndian(length))
    else { throw .checksum }
    guard stream.count & 3 == 0 else { throw .malformed }
    return output
  }

  /// The next literal, or nil at the block's end.
  private static func literal(_ bits: inout BitReader) throws(GzipError) -> UInt8? {
    let seven = try bits.readReversed(7)
    if seven == 0 { return nil }
    // Seven bits alone, from 1 to 0x17, are the lengths of repeats.
    guard seven >= 0x18 else { throw .block }
    let eight = seven << 1 | (try bits.readReversed(1))
    if (0x30...0xbf).contains(eight) { return UInt8(eight - 0x30) }
    guard eight >= 0xc8 else { throw .block }
    let nine = eight << 1 | (try bits.readReversed(1))
    return UInt8(nine - 0x190 + 144)
  }
}

/// Bits into bytes, each byte from its lowest bit.
private struct BitWriter {
  private var output: [UInt8] = []
  private var pending: UInt32 = 0
  private var pendingBits: UInt32 = 0

  init(reservingCapacity capacity: Int) { output.reserveCapacity(capacity) }

  mutating func write(_ value: UInt16, count: UInt32) {
    pending |= UInt32(value) << pendingBits
    pendingBits += count
    while pendingBits >= 8 {
      output.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingBits -= 8
    }
  }

  mutating func writeReversed(_ value: UInt16, count: UInt32) {
    var reversed: UInt16 = 0
    for bit in 0..<count { reversed |= (value >> UInt16(bit) & 1) << UInt16(count - 1 - bit) }
    write(reversed, count: count)
  }

  /// All bytes, the last filled with zeros.
  consuming func finish() -> [UInt8] {
    if pendingBits > 0 { output.append(UInt8(truncatingIfNeeded: pending)) }
    return output
  }
}

/// Bytes into bits, each byte from its lowest bit.
private struct BitReader {
  private let bytes: [UInt8]
  private var position: Int

  init(_ bytes: [UInt8], from byte: Int) {
    self.bytes = bytes
    position = 8 * byte
  }

  /// The first byte of which no bit was read.
  var nextByte: Int { (position + 7) / 8 }

  /// Whether what is left of a byte that was begun is zero.
  var restIsZero: Bool {
    position & 7 == 0 || bytes[position >> 3] >> UInt8(position & 7) == 0
  }

  mutating func read(_ count: Int) throws(GzipError) -> Int {
    var value = 0
    for shift in 0..<count { value |= try bit() << shift }
    return value
  }

  mutating func readReversed(_ count: Int) throws(GzipError) -> Int {
    var value = 0
    for _ in 0..<count { value = value << 1 | (try bit()) }
    return value
  }

  private mutating func bit() throws(GzipError) -> Int {
    guard position >> 3 < bytes.count else { throw .truncated }
    defer { position += 1 }
    return Int(bytes[position >> 3] >> UInt8(position & 7) & 1)
  }
}
