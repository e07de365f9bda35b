internal import EphemeralRuntime
internal import Glibc

/// The value of `--host`.
enum HostAddress {
  /// Reads the address, host names included.
  static func parse(_ command: ParsedCommand) throws(ClientFailure) -> Address {
    let text = command.value("--host") ?? ""
    do { return try Address(text, lookup: lookUp).forConnecting() } catch {
      throw .usage(
        .invalidValue(
          option: "--host", value: text, problem: "\(error.message)", command: command.title))
    }
  }

  /// The first internet address of a name, as the system resolves it.
  private static func lookUp(_ name: String) -> IPAddress? {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(name, nil, &hints, &found) == 0, let list = unsafe found else {
      return nil
    }
    defer { unsafe freeaddrinfo(list) }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    // The list lives until it is freed above; its first entry holds a whole socket address.
    guard let address = unsafe list.pointee.ai_addr else { return nil }
    let problem = unsafe getnameinfo(
      address, list.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard problem == 0 else { return nil }
    return IPAddress(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
  }
}
