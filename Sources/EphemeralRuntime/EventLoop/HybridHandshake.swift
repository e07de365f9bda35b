import CLinux
import Glibc

/// How a connection to a hybrid-vsock socket asks for a port and hears whether it has it
/// (`Spec/Protocol.md` §15.3).
struct HybridHandshake {
  private var request: ArraySlice<UInt8>
  private var reply = HybridReply()

  /// Asks for a port of the guest.
  init(port: UInt32) { request = Array("CONNECT \(port)\n".utf8)[...] }

  /// Whether the request has not left whole yet.
  var isAsking: Bool { !request.isEmpty }

  /// Sends and reads what can be without waiting.
  ///
  /// It reads byte by byte, so that what follows the line stays in the socket and is read as the
  /// stream's when its owner wants it.
  mutating func advance(_ descriptor: Int32) -> HybridReply.Verdict {
    while !request.isEmpty {
      // SAFETY: the call reads the rest of the request.
      let sent = unsafe request.withUnsafeBytes { bytes in
        unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      if sent >= 0 {
        request = request.dropFirst(sent)
      } else if errno == EAGAIN {
        return .unfinished
      } else if errno != EINTR {
        return .refused
      }
    }
    while true {
      var byte: UInt8 = 0
      // SAFETY: the call writes at most the one byte.
      switch unsafe recv(descriptor, &byte, 1, 0) {
      case 1:
        let verdict = reply.receive(byte)
        if verdict != .unfinished { return verdict }
      case 0: return .refused
      default:
        if errno == EAGAIN { return .unfinished }
        if errno != EINTR { return .refused }
      }
    }
  }
}
