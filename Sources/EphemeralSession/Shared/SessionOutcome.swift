public import EphemeralWire

/// How a session ended.
public enum SessionOutcome: Equatable, Hashable, Sendable {
  /// The protocol ran to its end: Close, then a verified Zeroized.
  case completed
  /// This side ended the session for a reason of its own.
  case failed(AbortCode)
  /// The peer said Abort. Unauthenticated means cleartext: anyone on the way may have written it.
  case aborted(AbortCode, authenticated: Bool)

  /// The code that goes into the audit log; `nil` for a completed session.
  public var code: AbortCode? {
    switch self {
    case .completed: nil
    case .failed(let code), .aborted(let code, _): code
    }
  }
}
