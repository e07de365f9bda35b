/// How the three programs end: the number that a script sees.
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// The work is done.
  case done = 0
  /// The work failed here: a bad file, a full disk, a wrong input.
  case failed = 1
  /// The command line makes no sense.
  case usage = 2
  /// A policy or an attestation check said no.
  case refused = 3
  /// The other side, or the network on the way to it, failed.
  case peer = 4
}
