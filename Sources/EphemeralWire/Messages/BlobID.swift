/// The name of a weight blob: the SHA-256 of the whole file, 32 bytes.
public struct BlobID: Equatable, Hashable, Sendable {
  /// Bytes of a name.
  public static let byteCount = 32
  /// The most bytes that a blob may have: 2^32 chunks of 1 MiB.
  public static let maximumBlobBytes: UInt64 = 1 << 52

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// A name from 32 bytes.
  public init(_ bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount)
    self.bytes = bytes
  }

  /// 64 lower-case hexadecimal digits, as in the file's name.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text = ""
    for byte in bytes {
      text.unicodeScalars.append(Unicode.Scalar(digits[Int(byte >> 4)]))
      text.unicodeScalars.append(Unicode.Scalar(digits[Int(byte & 15)]))
    }
    return text
  }

  init(from reader: inout CBORReader, in bytes: Span<UInt8>) throws(CBORError) {
    self.bytes = try reader.byteArray(in: bytes, exactly: Self.byteCount)
  }
}
