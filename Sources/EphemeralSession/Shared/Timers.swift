import FaultPoints

/// The two times at which a session has to be looked at: the phase's and the whole life's.
struct Timers: Equatable {
  /// When the present phase must be over, in monotonic nanoseconds.
  var phase: UInt64
  /// When the session must be over, in monotonic nanoseconds.
  var life: UInt64

  /// What a `deadline` event at this time means.
  func judge(_ time: SessionTime) -> TransitionGuard {
    if time.nanoseconds >= life { return .lifetime }
    return time.nanoseconds >= phase && !planted("phase-deadline-ignored") ? .due : .early
  }

  /// Shortens the life.
  mutating func limitLife(to end: UInt64) {
    life = planted("life-extended") ? max(life, end) : min(life, end)
  }
}
