import Glibc
import Synchronization

/// The bytes that all sessions of an enclave share, given out at admission.
///
/// A model that fits is admitted whole or not at all, so that no session runs out because another
/// one came.
public final class MemoryBudget: Sendable {
  /// What may be given out, in bytes.
  public let totalBytes: Int
  private let used = Mutex(0)

  /// A budget of `totalBytes`, at least one.
  public init(totalBytes: Int) { self.totalBytes = max(totalBytes, 1) }

  /// Three quarters of the machine's memory: the rest is for code, buffers and the system.
  public static func standard() -> MemoryBudget {
    let pages = max(sysconf(Int32(_SC_PHYS_PAGES)), 1)
    let size = max(sysconf(Int32(_SC_PAGESIZE)), 1)
    return MemoryBudget(totalBytes: pages / 4 * 3 * size)
  }

  /// An eighth of the machine's memory: half of what ``standard()`` leaves.
  public static var standardSealedCacheBytes: Int { standard().totalBytes / 6 }

  /// Bytes given out now.
  public var usedBytes: Int { used.withLock { $0 } }

  /// Takes `bytes`, or nothing if they are not there.
  func reserve(_ bytes: Int) -> Bool {
    used.withLock { used in
      guard bytes >= 0, bytes <= totalBytes - used else { return false }
      used += bytes
      return true
    }
  }

  /// Gives `bytes` back.
  func release(_ bytes: Int) { used.withLock { $0 = max($0 - bytes, 0) } }
}
