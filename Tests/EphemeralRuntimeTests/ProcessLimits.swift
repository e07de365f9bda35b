import Glibc

/// Limits that a test's own process takes upon itself.
enum ProcessLimits {
  static func limitFileSize(_ bytes: UInt) {
    _ = signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    // SAFETY: the call copies the local.
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  }

  static func limitDescriptors(_ count: UInt) {
    var limit = rlimit(rlim_cur: count, rlim_max: count)
    // SAFETY: the call copies the local.
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
