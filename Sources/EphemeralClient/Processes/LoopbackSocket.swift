internal import EphemeralRuntime
internal import Glibc

/// Blocking sockets on 127.0.0.1, as little as a relay needs.
enum LoopbackSocket {
  /// A listener on a free port.
  static func listen() throws(ClientFailure) -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure() }
    var address = loopback(port: 0)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, size) == 0 && Glibc.listen(descriptor, 16) == 0
      }
    }
    var actualSize = size
    let isNamed = unsafe withUnsafeMutablePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &actualSize) == 0
      }
    }
    guard isBound, isNamed else {
      close(descriptor)
      throw failure()
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  /// A connection to a port here; nil where nobody listens.
  static func connect(port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = loopback(port: port)
    let isConnected = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    sendAtOnce(descriptor)
    return descriptor
  }

  /// The next connection of a listener; -1 when it is shut.
  static func acceptOne(_ listener: Int32) -> Int32 {
    while true {
      let descriptor = accept(listener, nil, nil)
      if descriptor < 0, errno == EINTR { continue }
      return descriptor
    }
  }

  /// Gives a descriptor back.
  static func close(_ descriptor: Int32) { Glibc.close(descriptor) }

  /// Sends small writes without waiting for more.
  static func sendAtOnce(_ descriptor: Int32) {
    var on: Int32 = 1
    unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Exactly `count` bytes, or nil where the stream ends first.
  static func read(_ descriptor: Int32, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var at = 0
    while at < count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe recv(descriptor, $0.baseAddress?.advanced(by: at), count - at, 0)
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      at += got
    }
    return bytes
  }

  /// Whether all bytes could be handed over.
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var at = 0
    while at < bytes.count {
      let sent = unsafe bytes.withUnsafeBytes {
        unsafe send(
          descriptor, $0.baseAddress?.advanced(by: at), $0.count - at, Int32(MSG_NOSIGNAL))
      }
      if sent < 0, errno == EINTR { continue }
      guard sent > 0 else { return false }
      at += sent
    }
    return true
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func failure() -> ClientFailure {
    ClientFailure(.failed, "a loopback socket: \(FileAccess.reason())")
  }
}
