import CLinux
import Glibc
import SimulationSupport
import Testing

@testable import EphemeralRuntime

/// A Unix socket in a test's hand, as a virtual machine monitor gives one to its host. Nothing
/// happens on it but what the test does; no call waits.
final class MonitorSocket {
  let folder: TemporaryFolder
  /// To connect to.
  let address: Address
  private let listener: Descriptor
  private var connection: Descriptor?

  init(backlog: Int32 = 16) throws {
    folder = try TemporaryFolder()
    let place = Address.unix(path: folder.path + "/vm", port: 1)
    address = .unix(path: folder.path + "/vm_1", port: 7100)
    listener = try BareSocket.listening(at: place, backlog: backlog)
  }

  /// Takes a connection that waits.
  func take() -> Bool {
    connection = Descriptor(ephml_accept(listener.number))
    return connection != nil
  }

  /// Sends bytes; false if they do not all leave at once.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    guard let number = connection?.number else { return false }
    // SAFETY: the call reads the array.
    return unsafe Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// What has come and was not yet taken, at most `maximum` bytes.
  func received(maximum: Int = 1 << 20) -> [UInt8] {
    guard let number = connection?.number else { return [] }
    var buffer = [UInt8](repeating: 0, count: maximum)
    // SAFETY: the call writes at most the buffer's length.
    let count = unsafe recv(number, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : []
  }

  func hangUp() { connection = nil }
}

/// Sockets outside any loop.
enum BareSocket {
  struct Failure: Error {
    let code: Int32
  }

  static func make(for address: Address) throws -> Descriptor {
    guard let socket = SocketCalls.open(for: address) else { throw Failure(code: errno) }
    return socket
  }

  static func listening(at address: Address, backlog: Int32) throws -> Descriptor {
    let socket = try make(for: address)
    guard SocketCalls.bind(socket.number, to: address) == 0, listen(socket.number, backlog) == 0
    else { throw Failure(code: errno) }
    return socket
  }

  static func connected(to address: Address) throws -> Descriptor {
    let socket = try make(for: address)
    guard SocketCalls.connect(socket.number, to: address) == 0 else { throw Failure(code: errno) }
    return socket
  }
}

extension EventLoop {
  /// Handles what there is for some milliseconds.
  func rest(milliseconds: UInt64) {
    var isOver = false
    _ = schedule(afterNanoseconds: milliseconds * 1_000_000) { isOver = true }
    run { !isOver }
  }
}
