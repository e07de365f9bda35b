import EphemeralWire
import FaultPoints

/// Why a live state ends early, and what can still be said to the peer.
struct Ending {
  /// How the peer takes part in the end.
  enum Farewell {
    /// An Abort is sent.
    case abort
    /// The peer ended the session itself or must not be answered.
    case silence
    /// There is no peer any more.
    case absent
  }

  var outcome: SessionOutcome
  var farewell: Farewell

  /// This side's own decision, with an Abort to the peer.
  static func failing(_ code: AbortCode) -> Ending {
    Ending(outcome: .failed(code), farewell: .abort)
  }

  /// The peer said Abort.
  static func aborted(_ code: AbortCode, authenticated: Bool) -> Ending {
    Ending(
      outcome: .aborted(code, authenticated: authenticated),
      farewell: planted("abort-answered") ? .abort : .silence)
  }

  /// The connection is gone.
  static var peerClosed: Ending { Ending(outcome: .failed(.peerClosed), farewell: .absent) }
  /// The provider failed: nothing can be sealed any more.
  static var fault: Ending { Ending(outcome: .failed(.internalError), farewell: .absent) }
}

/// What becomes of a message that a state does not handle itself.
enum Disposal<Row> {
  /// The state stays as it is.
  case stay(Row)
  /// The session ends.
  case end(Row, Ending)
}
