import Glibc

/// Why a text is not an address.
public enum AddressError: Error, Equatable, Sendable {
  /// It does not begin with `tcp://` or `vsock://`.
  case unknownScheme
  /// The host is neither a numeric address nor `localhost`, and no name was found.
  case unknownHost
  /// The port is missing or not a number from 0 to 65535 (32 bits for vsock).
  case invalidPort

  /// One line for people.
  public var message: StaticString {
    switch self {
    case .unknownScheme: "an address looks like tcp://127.0.0.1:7100 or vsock://3:7100"
    case .unknownHost: "the host is not a numeric address or localhost"
    case .invalidPort: "the port is missing or out of range"
    }
  }
}

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

/// Where a stream begins or ends.
public enum Address: Hashable, Sendable, CustomStringConvertible {
  /// Internet, port in host byte order; port 0 asks for a free one.
  case tcp(IPAddress, port: UInt16)
  /// A virtual machine's socket: context id and port.
  case vsock(cid: UInt32, port: UInt32)

  /// Reads `tcp://HOST:PORT` or `vsock://CID:PORT`.
  ///
  /// - Parameter lookup: finds the address of a host name. Without it names other than `localhost`
  ///   are refused: an enclave looks nothing up.
  public init(
    _ text: String, lookup: (String) -> IPAddress? = { _ in nil }
  ) throws(AddressError) {
    if text.hasPrefix("tcp://") {
      let (host, port) = try Address.split(text.dropFirst(6))
      guard let number = UInt16(port) else { throw .invalidPort }
      self = .tcp(try Address.resolve(host, lookup), port: number)
    } else if text.hasPrefix("vsock://") {
      let (host, port) = try Address.split(text.dropFirst(8))
      guard let number = UInt32(port) else { throw .invalidPort }
      if host == "any" {
        self = .vsock(cid: .max, port: number)
      } else if let cid = UInt32(host) {
        self = .vsock(cid: cid, port: number)
      } else {
        throw .unknownHost
      }
    } else {
      throw .unknownScheme
    }
  }

  /// The form that ``init(_:lookup:)`` reads.
  public var description: String {
    switch self {
    case .tcp(.v4(let bits), let port): "tcp://\(IPAddress.v4(bits)):\(port)"
    case .tcp(let host, let port): "tcp://[\(host)]:\(port)"
    case .vsock(.max, let port): "vsock://any:\(port)"
    case .vsock(let cid, let port): "vsock://\(cid):\(port)"
    }
  }

  /// Cuts `HOST:PORT` at the last colon and takes brackets off the host.
  private static func split(
    _ text: Substring
  ) throws(AddressError) -> (host: String, port: String) {
    guard text.utf8.count <= 300, let colon = text.lastIndex(of: ":") else { throw .invalidPort }
    var host = text[..<colon]
    let port = text[text.index(after: colon)...]
    let isNumber = !port.isEmpty && port.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    guard isNumber else { throw .invalidPort }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw .unknownHost }
    return (String(host), String(port))
  }

  private static func resolve(
    _ host: String, _ lookup: (String) -> IPAddress?
  ) throws(AddressError) -> IPAddress {
    if let numeric = IPAddress(host) { return numeric }
    if host == "localhost" { return .loopback }
    guard let found = lookup(host) else { throw .unknownHost }
    return found
  }
}
