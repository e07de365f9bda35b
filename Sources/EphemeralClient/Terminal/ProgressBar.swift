internal import EphemeralRuntime
internal import Glibc

/// A bar on standard error, drawn only where a person watches.
final class ProgressBar {
  private let title: String
  private let isVisible: Bool
  private var lastDrawn: Int = -1
  private let started: UInt64

  init(_ title: String) {
    self.title = title
    self.isVisible = StandardStream.errorIsTerminal
    self.started = Self.milliseconds()
  }

  /// Shows that `done` of `total` bytes are through.
  func update(_ done: UInt64, of total: UInt64) {
    guard isVisible, total > 0 else { return }
    let share = min(1, Double(done) / Double(total))
    let permille = Int(share * 1000)
    guard permille != lastDrawn else { return }
    lastDrawn = permille
    let width = 32
    let filled = Int(share * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let elapsed = Double(Self.milliseconds() - started) / 1000
    let speed = elapsed > 0.2 ? "  \(ByteCount.text(UInt64(Double(done) / elapsed)))/s" : ""
    StandardStream.error(
      "\r\u{1b}[2K\(title) \(bar) \(permille / 10) %  \(ByteCount.text(done))\(speed)")
  }

  /// Takes the bar away.
  func finish() {
    if isVisible, lastDrawn >= 0 { StandardStream.error("\r\u{1b}[2K") }
    lastDrawn = -1
  }

  private static func milliseconds() -> UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
  }
}

/// Sizes for people.
enum ByteCount {
  /// `982 B`, `54.4 KiB`, `1.3 GiB`.
  static func text(_ count: UInt64) -> String {
    guard count >= 1024 else { return "\(count) B" }
    var value = Double(count)
    var unit = 0
    while value >= 1024, unit < 4 {
      value /= 1024
      unit += 1
    }
    let tenths = (value * 10).rounded() / 10
    return "\(tenths) \(["B", "KiB", "MiB", "GiB", "TiB"][unit])"
  }
}
