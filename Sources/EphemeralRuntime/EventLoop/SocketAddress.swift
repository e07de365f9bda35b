import CLinux
import Glibc

/// The operating system's calls that take or give an address, in terms of ``Address``.
enum SocketCalls {
  /// A non-blocking stream socket of the address's family, or nil.
  static func open(for address: Address) -> Descriptor? {
    let family =
      switch address {
      case .tcp(.v4, _): AF_INET
      case .tcp(.v6, _): AF_INET6
      case .vsock: Int32(AF_VSOCK)
      case .unix: AF_UNIX
      }
    let type = Int32(
      bitPattern: SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard let descriptor = Descriptor(socket(family, type, 0)) else { return nil }
    if case .tcp = address { setOption(descriptor.number, IPPROTO_TCP, TCP_NODELAY) }
    return descriptor
  }

  static func setOption(_ descriptor: Int32, _ level: Int, _ name: Int32) {
    var one: Int32 = 1
    // SAFETY: four bytes of a local are read.
    _ = unsafe setsockopt(descriptor, Int32(level), name, &one, 4)
  }

  /// Hands over what follows `offset` in the first piece, and the second, at most `maximum` bytes.
  ///
  /// - Returns: how many bytes went, or -1 with errno.
  static func send(
    _ descriptor: Int32, _ first: [UInt8], from offset: Int, _ second: [UInt8], maximum: Int
  ) -> Int {
    // SAFETY: the call reads from the rest of the first piece and from the second.
    unsafe first.withUnsafeBytes { first in
      unsafe second.withUnsafeBytes { second in
        let rest = min(first.count - offset, maximum)
        let more = min(second.count, maximum - rest)
        var parts = unsafe [
          iovec(
            iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress?.advanced(by: offset)),
            iov_len: rest),
          iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: more),
        ]
        return unsafe parts.withUnsafeMutableBufferPointer { parts in
          var message = unsafe msghdr()
          unsafe message.msg_iov = parts.baseAddress
          unsafe message.msg_iovlen = more > 0 ? 2 : 1
          return unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
      }
    }
  }

  /// The pending error of a socket, 0 for none.
  static func takeError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var length: socklen_t = 4
    // SAFETY: four bytes of a local are written.
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
      return errno
    }
    return code
  }

  static func bind(_ descriptor: Int32, to address: Address) -> Int32 {
    // SAFETY: the pointer is valid for the call and `length` is the structure's own.
    unsafe withSocketAddress(address, isListening: true) { pointer, length in
      unsafe Glibc.bind(descriptor, pointer, length)
    }
  }

  static func connect(_ descriptor: Int32, to address: Address) -> Int32 {
    // SAFETY: as above.
    unsafe withSocketAddress(address, isListening: false) { pointer, length in
      unsafe Glibc.connect(descriptor, pointer, length)
    }
  }

  /// `requested` with the port that the system chose.
  static func bound(_ descriptor: Int32, requested: Address) -> Address {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: the call fills at most the storage; the family that was bound tells which member
    // structure it holds.
    return unsafe withUnsafeMutableBytes(of: &storage) { bytes -> Address in
      guard let base = bytes.baseAddress else { return requested }
      let status = unsafe getsockname(
        descriptor, base.assumingMemoryBound(to: sockaddr.self), &length)
      guard status == 0 else { return requested }
      switch requested {
      case .tcp(.v4(let host), _):
        let name = unsafe bytes.load(as: sockaddr_in.self)
        return .tcp(.v4(host), port: UInt16(bigEndian: name.sin_port))
      case .tcp(let host, _):
        let name = unsafe bytes.load(as: sockaddr_in6.self)
        return .tcp(host, port: UInt16(bigEndian: name.sin6_port))
      case .vsock(let cid, _):
        let name = unsafe bytes.load(as: sockaddr_vm.self)
        return .vsock(cid: cid, port: name.svm_port)
      case .unix: return requested
      }
    }
  }

  /// Where a unix address listens: there arrive connections that a guest makes to its host (CID 2)
  /// at that port (`Spec/Protocol.md` §15.3).
  static func listeningPath(_ path: String, port: UInt32) -> String { "\(path)_\(port)" }

  private static func withSocketAddress(
    _ address: Address, isListening: Bool, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    switch address {
    case .tcp(.v4(let host), let port):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr = in_addr(s_addr: host.bigEndian)
      return unsafe call(&name, body)
    case .tcp(.v6(let high, let low), let port):
      var name = sockaddr_in6()
      name.sin6_family = sa_family_t(AF_INET6)
      name.sin6_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { bytes in
        unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      return unsafe call(&name, body)
    case .vsock(let cid, let port):
      var name = sockaddr_vm()
      name.svm_family = sa_family_t(AF_VSOCK)
      name.svm_cid = cid
      // The kernel's "any port" is all ones; ours is 0, as for the other families.
      name.svm_port = port == 0 ? .max : port
      return unsafe call(&name, body)
    case .unix(let path, let port):
      let place = isListening ? listeningPath(path, port: port) : path
      guard place.utf8.count <= Address.unixPathMaximum else {
        errno = ENAMETOOLONG
        return -1
      }
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      // SAFETY: the path and its terminator fit, as was just seen; the rest stays zero.
      unsafe withUnsafeMutableBytes(of: &name.sun_path) { bytes in
        unsafe bytes.copyBytes(from: place.utf8)
      }
      return unsafe call(&name, body)
    }
  }

  /// SAFETY: every family's structure begins with the common header that `sockaddr` names.
  private static func call<Name>(
    _ name: inout Name, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        unsafe body(general, socklen_t(MemoryLayout<Name>.size))
      }
    }
  }
}
