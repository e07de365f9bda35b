/// Why a text is not an address.
public enum AddressError: Error, Equatable, Sendable {
  /// It begins with none of `tcp://`, `vsock://` and `unix:`.
  case unknownScheme
  /// The host is neither a numeric address nor `localhost`, and no name was found.
  case unknownHost
  /// The port is missing or not a number from 0 to 65535 (4294967294 for vsock and unix).
  case invalidPort
  /// A unix address with port 0: nobody can tell which port was meant.
  case missingUnixPort
  /// The path of a unix address is empty or holds a control character.
  case invalidPath
  /// `PATH_PORT` of a unix address is longer than ``Address/unixPathMaximum`` bytes.
  case pathTooLong
  /// `vsock://any` or port 0 where a connection is to begin.
  case onlyForListening

  /// One line for people.
  public var message: StaticString {
    switch self {
    case .unknownScheme:
      "an address looks like tcp://127.0.0.1:7100, vsock://3:7100 or unix:/run/vm.vsock:7100"
    case .unknownHost: "the host is not a numeric address or localhost"
    case .invalidPort: "the port is missing or out of range"
    case .missingUnixPort: "a unix address needs a port from 1 on, as in unix:/run/vm.vsock:7100"
    case .invalidPath: "the path of the socket is empty or holds a control character"
    case .pathTooLong: "the path of the socket with _PORT behind it is longer than 107 bytes"
    case .onlyForListening: "one can listen at any and at port 0, but not connect to them"
    }
  }
}

/// Where a stream begins or ends (`Spec/Protocol.md` §15).
public enum Address: Hashable, Sendable, CustomStringConvertible {
  /// Internet, port in host byte order; port 0 asks for a free one.
  case tcp(IPAddress, port: UInt16)
  /// A virtual machine's socket: context id and port; port 0 asks for a free one.
  case vsock(cid: UInt32, port: UInt32)
  /// Hybrid vsock: the Unix socket by which a virtual machine monitor gives the host its guest's
  /// ports, and the port.
  case unix(path: String, port: UInt32)

  /// The context id that stands for each of one's own, `any`; nobody can be reached by it.
  public static let anyCID = UInt32.max
  /// The most bytes that a Unix socket's path may have, the terminator not counted.
  public static let unixPathMaximum = 107
  /// The three forms, for help texts.
  public static let forms = "tcp://HOST:PORT, vsock://CID:PORT or unix:PATH:PORT"

  /// The most bytes of a text that is read as an address.
  private static let textMaximum = 300
  /// The greatest port of vsock; the one above stands for any port in the kernel's interface.
  private static let vsockPortMaximum = UInt32.max - 1

  /// Reads `tcp://HOST:PORT`, `vsock://CID:PORT` or `unix:PATH:PORT`.
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
      let number = try Address.vsockPort(port)
      if host == "any" {
        self = .vsock(cid: Address.anyCID, port: number)
      } else if host.utf8.allSatisfy(Address.isDigit), let cid = UInt32(host) {
        self = .vsock(cid: cid, port: number)
      } else {
        throw .unknownHost
      }
    } else if text.hasPrefix("unix:") {
      self = try Address.unix(text.utf8.dropFirst(5))
    } else {
      throw .unknownScheme
    }
  }

  /// The form that ``init(_:lookup:)`` reads.
  public var description: String {
    switch self {
    case .tcp(.v4(let bits), let port): "tcp://\(IPAddress.v4(bits)):\(port)"
    case .tcp(let host, let port): "tcp://[\(host)]:\(port)"
    case .vsock(Address.anyCID, let port): "vsock://any:\(port)"
    case .vsock(let cid, let port): "vsock://\(cid):\(port)"
    case .unix(let path, let port): "unix:\(path):\(port)"
    }
  }

  /// This address, if a connection to it can begin.
  public func forConnecting() throws(AddressError) -> Address {
    switch self {
    case .vsock(Address.anyCID, _), .vsock(_, port: 0), .tcp(_, port: 0): throw .onlyForListening
    case .tcp, .vsock, .unix: self
    }
  }

  /// Cuts `PATH:PORT` at the last colon.
  private static func unix(_ text: Substring.UTF8View) throws(AddressError) -> Address {
    guard text.count <= textMaximum else { throw .pathTooLong }
    guard let colon = text.lastIndex(of: 0x3a) else { throw .invalidPort }
    let number = try vsockPort(String(Substring(text[text.index(after: colon)...])))
    guard number > 0 else { throw .missingUnixPort }
    let path = text[..<colon]
    guard !path.isEmpty, path.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw .invalidPath }
    let address = Address.unix(path: String(Substring(path)), port: number)
    guard path.count + 1 + String(number).utf8.count <= unixPathMaximum else { throw .pathTooLong }
    return address
  }

  private static func vsockPort(_ text: String) throws(AddressError) -> UInt32 {
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit), let number = UInt32(text),
      number <= vsockPortMaximum
    else { throw .invalidPort }
    return number
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// Cuts `HOST:PORT` at the last colon and takes brackets off the host.
  private static func split(
    _ text: Substring
  ) throws(AddressError) -> (host: String, port: String) {
    guard text.utf8.count <= textMaximum, let colon = text.lastIndex(of: ":") else {
      throw .invalidPort
    }
    var host = text[..<colon]
    let port = text[text.index(after: colon)...]
    guard !port.isEmpty, port.utf8.allSatisfy(isDigit) else { throw .invalidPort }
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
