import CLinux
import Glibc

/// The file of a listening Unix socket, removed when its owner goes away.
///
/// It is removed only if it is still the one that was made: somebody may have put another in its
/// place.
struct SocketFile: ~Copyable {
  private let path: String
  private let device: UInt
  private let inode: UInt

  /// Takes over the file that `bind` has just made; nil if it is gone already.
  init?(madeAt path: String) {
    guard let status = SocketFile.status(path) else { return nil }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  deinit {
    if let status = SocketFile.status(path), status.st_dev == device, status.st_ino == inode {
      // SAFETY: the path lives for the call.
      _ = unsafe unlink(path)
    }
  }

  /// Removes a socket that nobody listens on any more, as a process leaves behind that was killed.
  ///
  /// - Returns: whether the place is free now. A file of another kind, a link among them, stays.
  static func removeStale(_ path: String) -> Bool {
    guard let status = status(path), status.st_mode & S_IFMT == S_IFSOCK,
      let probe = SocketCalls.open(for: .unix(path: path, port: 0)),
      SocketCalls.connect(probe.number, to: .unix(path: path, port: 0)) != 0,
      errno == ECONNREFUSED
    else { return false }
    // SAFETY: the path lives for the call.
    return unsafe unlink(path) == 0
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    // SAFETY: the call fills the local.
    return unsafe lstat(path, &status) == 0 ? status : nil
  }
}
