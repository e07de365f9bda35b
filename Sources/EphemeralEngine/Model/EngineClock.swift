internal import Glibc

/// What the engine measures exposure with: a clock that never goes back.
public struct EngineClock: Sendable {
  /// Nanoseconds since some moment.
  let nanoseconds: @Sendable () -> UInt64

  /// A clock of the caller's, such as a simulation's.
  public init(nanoseconds: @escaping @Sendable () -> UInt64) { self.nanoseconds = nanoseconds }

  /// The system's monotonic clock.
  public static let monotonic = EngineClock {
    var time = timespec()
    // It fails for unknown clocks only.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
