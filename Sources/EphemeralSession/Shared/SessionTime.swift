/// The time at which an event happened, as the driver measured it.
///
/// Machines own no clock; every event brings the time with it.
public struct SessionTime: Equatable, Hashable, Sendable {
  /// Monotonic nanoseconds since a point that the driver chose once.
  public var nanoseconds: UInt64
  /// Wall-clock seconds since 1970, for certificate validity and receipts.
  public var unixSeconds: UInt64

  /// Creates a time from both clocks.
  public init(nanoseconds: UInt64, unixSeconds: UInt64) {
    self.nanoseconds = nanoseconds
    self.unixSeconds = unixSeconds
  }

  /// The monotonic time `seconds` later; saturates at the largest representable time.
  func adding(seconds: UInt64) -> UInt64 {
    let (product, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflowed { return .max }
    let (sum, carried) = nanoseconds.addingReportingOverflow(product)
    return carried ? .max : sum
  }
}
