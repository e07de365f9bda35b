import EphemeralSession

/// The session's clock: moments for events, and those at which a deadline means what a guard says
/// (Spec/Protocol.md §11). All times are nanoseconds from the session's beginning.
struct Moments {
  private static let second: UInt64 = 1_000_000_000
  /// When the session must be over.
  private(set) var lifeEnd: UInt64
  /// The last event's time.
  private(set) var now: UInt64 = 0
  /// When the running timer was started.
  private var entered: UInt64 = 0

  init(lifeSeconds: UInt64) { lifeEnd = lifeSeconds * Self.second }

  /// Ends the session so long after the event that is being fed, if that is earlier.
  mutating func limitLife(seconds: UInt64) { lifeEnd = min(lifeEnd, now + seconds * Self.second) }

  /// Starts the timer of another phase, or the same once more.
  mutating func restart() { entered = now }

  /// The next event's time, so that the guard holds for a deadline; nil where it cannot.
  mutating func moment(
    _ guardName: String, phaseSeconds: UInt64?, _ dice: Dice
  ) throws -> SessionTime? {
    let phase = phaseSeconds.map { entered + $0 * Self.second }
    let first = min(phase ?? .max, lifeEnd)
    switch guardName {
    case "early":
      guard now < first else { return nil }
      now = first - 1
    case "due":
      guard let phase, phase < lifeEnd, now <= phase else { return nil }
      now = phase
    case "lifetime": now = max(now, lifeEnd)
    default:
      let later = now + UInt64(try dice(3)) * 2 * Self.second
      if later < first { now = later }
    }
    return SessionTime(
      nanoseconds: Samples.start.nanoseconds + now,
      unixSeconds: Samples.start.unixSeconds + now / Self.second)
  }
}
