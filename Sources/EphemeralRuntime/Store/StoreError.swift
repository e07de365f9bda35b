import Glibc

/// Why the weight store did not do what it was asked.
public enum StoreError: Error, Equatable, Sendable {
  /// The directory cannot be made, read or written.
  case unusableDirectory
  /// No blob of that name is here.
  case notFound
  /// The disk, or the store's quota, has no room.
  case full
  /// The bytes' SHA-256 is not the name that they were given.
  case mismatch
  /// The bytes are not a weight blob (`Spec/Formats.md`, weight blob).
  case malformed
  /// The blob is larger or smaller than the format allows.
  case invalidSize
  /// Bytes came for an offset other than the next one.
  case outOfOrder
  /// The same blob is being written by somebody else.
  case busy
  /// The operating system refused to read or write.
  case inputOutput

  /// One line for people.
  public var message: StaticString {
    switch self {
    case .unusableDirectory: "the store's directory cannot be made, read or written"
    case .notFound: "no such blob in the store"
    case .full: "no room in the store"
    case .mismatch: "the blob's SHA-256 is not its name"
    case .malformed: "the file is not a weight blob"
    case .invalidSize: "the blob's size is outside of the format's bounds"
    case .outOfOrder: "bytes came for the wrong offset"
    case .busy: "the blob is being written by another connection"
    case .inputOutput: "the disk could not be read or written"
    }
  }

  /// What an `errno` value means here.
  init(code: Int32) {
    switch code {
    case ENOSPC, EDQUOT, EFBIG: self = .full
    case ENOENT: self = .notFound
    default: self = .inputOutput
    }
  }
}

/// Bytes as lower-case hexadecimal digits.
public enum Hexadecimal {
  /// Two digits a byte.
  public static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes, or nil for an odd count or anything that is not a lower- or upper-case digit.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    case 0x41...0x46: digit - 0x41 + 10
    default: nil
    }
  }
}
