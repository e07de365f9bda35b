import CLinux
import Glibc

/// What a process switches off before it touches a secret.
public enum ProcessGuards {
  /// A peer that goes away gives an error code, not a signal; so does a file at its size limit.
  public static func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// No core file holds this process's memory, and no other process of this user may read it.
  ///
  /// - Returns: false if the operating system refused one of the two.
  public static func forbidMemoryDumps() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    // SAFETY: the call copies the local.
    let limited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    return ephml_forbid_dumps() == 0 && limited
  }

  /// Lets this process lock as much memory as the system allows it at most.
  public static func raiseLockLimit() {
    var limit = rlimit()
    // SAFETY: the calls fill and copy the local.
    guard unsafe getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else {
      return
    }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
  }

  /// Keeps all memory of this process out of swap from now on, the heap and the stacks too; pages
  /// are locked when they are first used.
  ///
  /// - Returns: false if the operating system does not allow it, or only up to a limit: mapped memory
  ///   would count against it, used or not, and at the limit the C library would have none to give.
  public static func lockMemory() -> Bool { lockMemory(MCL_CURRENT | MCL_FUTURE) }

  static func lockMemory(_ which: Int32) -> Bool {
    guard mlockall(which | ephml_lock_on_fault) == 0 else { return false }
    if !isLockLimited { return true }
    munlockall()
    return false
  }

  /// Whether the limit on locked memory binds this process, which locks all that it maps.
  private static var isLockLimited: Bool {
    var limit = rlimit()
    // SAFETY: the call fills the local.
    guard unsafe getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0,
      limit.rlim_cur < rlim_t(Int.max)
    else { return false }
    let count = Int(limit.rlim_cur) + 1
    // A process with the right to lock may map more than the limit; the pages are never used.
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let pages = unsafe mmap(nil, count, PROT_NONE, flags, -1, 0)
    guard unsafe pages == MAP_FAILED else {
      unsafe munmap(pages, count)
      return false
    }
    // Without address space for so much the limit is none.
    return errno == EAGAIN
  }

  /// Overwrites what earlier calls of this thread left on its stack below the caller: registers that
  /// held a secret may have been saved there.
  static func scrubStack() { ephml_scrub_stack() }
}

/// Ends a server in order when the operating system asks for it.
public final class TerminationSignals: EventSource {
  private let loop: EventLoop
  private let descriptor: Descriptor
  private let handle: () -> Void

  /// Keeps SIGTERM and SIGINT from ending the process; to be called before any thread starts, so
  /// that all threads inherit it.
  public static func hold() {
    var signals = set()
    // SAFETY: the call copies the local.
    _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Calls `handle` on the loop for each of the two signals.
  public init(loop: EventLoop, handle: @escaping () -> Void) throws(ReactorError) {
    var signals = TerminationSignals.set()
    // SAFETY: the call copies the local.
    let number = unsafe signalfd(-1, &signals, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
    guard let descriptor = Descriptor(number) else { throw .outOfResources }
    self.loop = loop
    self.descriptor = descriptor
    self.handle = handle
    _ = try loop.add(self, descriptor: self.descriptor.number, events: EPOLLIN.rawValue)
  }

  func ready(_ events: UInt32) {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    // SAFETY: the call writes at most `size` bytes of the local.
    while unsafe read(descriptor.number, &information, size) == size { handle() }
  }

  private static func set() -> sigset_t {
    var signals = sigset_t()
    // SAFETY: the calls change the local.
    unsafe sigemptyset(&signals)
    for signal in [SIGTERM, SIGINT] { unsafe sigaddset(&signals, signal) }
    return signals
  }
}
