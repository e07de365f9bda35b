import PropertyTesting

/// The state of a world of clients and enclaves: the numbers of their runs.
struct HostileState {
  /// Runs of c1, c2, e1, e2; `absent` for a role that the world does not have.
  var c1 = HostileState.absent
  var c2 = HostileState.absent
  var e1 = HostileState.absent
  var e2 = HostileState.absent
  /// The attacker's knowledge, which follows from the runs.
  var knowledge = AttackerKnowledge.initial
  var spent: UInt8 = 0
  /// What is violated, which follows from the runs.
  var violations: Violations = []

  /// Stands for a run that is not.
  static let absent: UInt32 = (1 << 29) - 1

  /// The run of a role's number.
  @inline(__always)
  subscript(role: Int) -> UInt32 {
    get {
      switch role {
      case 0: c1
      case 1: c2
      case 2: e1
      default: e2
      }
    }
    set {
      switch role {
      case 0: c1 = newValue
      case 1: c2 = newValue
      case 2: e1 = newValue
      default: e2 = newValue
      }
    }
  }

  /// The state itself, packed: no two states share a fingerprint.
  @inline(__always)
  var fingerprint: Fingerprint {
    Fingerprint(
      low: UInt64(c1) | UInt64(c2) << 32,
      high: UInt64(e1) | UInt64(e2) << 29 | UInt64(spent) << 58)
  }
}
