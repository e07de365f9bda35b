import Glibc

@testable import EphemeralRuntime

/// Runs what needs a lock that this test has let go of.
///
/// Other tests of this process start programs; until such a child has executed its program, it
/// holds every lock that was held when it was made.
func afterLetGo<Result>(_ body: () throws -> Result) throws -> Result {
  for _ in 0..<2_500 {
    do { return try body() } catch StoreError.busy { usleep(2_000) }
  }
  return try body()
}
