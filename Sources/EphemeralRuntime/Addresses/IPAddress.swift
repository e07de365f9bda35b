import Glibc

/// A numeric internet address.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// Version 4, in host byte order.
  case v4(UInt32)
  /// Version 6, 16 bytes as two big-endian halves.
  case v6(UInt64, UInt64)

  /// 127.0.0.1
  public static let loopback = IPAddress.v4(0x7f00_0001)

  /// Reads `127.0.0.1`, `::1` and the like; nil for anything else, names included.
  public init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if unsafe inet_pton(AF_INET, text, &four) == 1 {
      self = .v4(UInt32(bigEndian: four.s_addr))
    } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
      let (high, low) = unsafe withUnsafeBytes(of: &six) { bytes in
        unsafe (bytes.load(as: UInt64.self), bytes.load(fromByteOffset: 8, as: UInt64.self))
      }
      self = .v6(UInt64(bigEndian: high), UInt64(bigEndian: low))
    } else {
      return nil
    }
  }

  /// The usual notation, version 6 without brackets.
  public var description: String {
    switch self {
    case .v4(let bits):
      return [24, 16, 8, 0].map { String((bits >> $0) & 255) }.joined(separator: ".")
    case .v6(let high, let low):
      let groups =
        [48, 32, 16, 0].map { (high >> $0) & 0xffff }
        + [48, 32, 16, 0].map { (low >> $0) & 0xffff }
      return IPAddress.compressed(groups)
    }
  }

  /// RFC 5952 §4: the longest run of two or more zero groups becomes `::`.
  private static func compressed(_ groups: [UInt64]) -> String {
    var best = 0..<0
    var index = 0
    while index < groups.count {
      var end = index
      while end < groups.count, groups[end] == 0 { end += 1 }
      if end - index > max(best.count, 1) { best = index..<end }
      index = max(end, index + 1)
    }
    let text = { (part: ArraySlice<UInt64>) in
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return text(groups[...]) }
    return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }
}
