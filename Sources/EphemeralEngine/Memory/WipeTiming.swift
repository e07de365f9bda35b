internal import Glibc

/// How long it takes to wipe an arena, beside `memset` on memory of the same kind.
public struct WipeTiming: Equatable, Sendable {
  /// Nanoseconds in which `memset` filled locked memory that was in use.
  public var fillNanoseconds: UInt64
  /// Nanoseconds in which ``SecretArena/wipe()`` overwrote as much, its memory still mapped.
  public var overwriteNanoseconds: UInt64
  /// Nanoseconds of the whole wipe: overwritten and given back to the system.
  public var wipeNanoseconds: UInt64

  /// Wipes an arena of `byteCount` bytes that were all in use and fills another; `fillsFirst` says
  /// which of the two comes first.
  ///
  /// - Throws: `memoryUnavailable`, `budgetExceeded`.
  public static func measure(byteCount: Int, fillsFirst: Bool) throws(EngineError) -> WipeTiming {
    let filled = SecretArena(budget: byteCount)
    let wiped = SecretArena(budget: byteCount)
    let target = try filled.allocate(byteCount)
    let source = try wiped.allocate(byteCount)
    // Every page is in use and holds something.
    unsafe memset(target.base, 0x5a, byteCount)
    unsafe memset(source.base, 0x5a, byteCount)
    var timing = WipeTiming(fillNanoseconds: 0, overwriteNanoseconds: 0, wipeNanoseconds: 0)
    if fillsFirst { timing.fillNanoseconds = fill(target) }
    let began = now()
    unsafe _ = wiped.wipe(inspecting: { _ in timing.overwriteNanoseconds = now() - began })
    timing.wipeNanoseconds = now() - began
    if !fillsFirst { timing.fillNanoseconds = fill(target) }
    return timing
  }

  private static func fill(_ block: ArenaBlock) -> UInt64 {
    let began = now()
    unsafe memset(block.base, 0, block.byteCount)
    return now() - began
  }

  private static func now() -> UInt64 {
    var time = timespec()
    // SAFETY: the call fills the local.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
