/// One of the two connections of a session.
enum Hop: Int, CaseIterable, Hashable, Sendable {
  /// Between client and host.
  case client
  /// Between host and enclave.
  case enclave
}

/// A frame by its place in a session: the same in every run that nobody has disturbed before it.
struct FrameSpot: Hashable, Sendable, CustomStringConvertible {
  let hop: Hop
  /// Towards the enclave.
  let isForward: Bool
  /// From 0, counted for each connection and direction.
  let index: Int

  var description: String { "\(hop) hop, \(isForward ? "forward" : "back") frame \(index)" }
}

/// What happens to one frame on its way.
enum Fault: Hashable, Sendable {
  /// One bit of the frame, head included, is the other.
  case flip(byte: Int, bit: Int)
  /// The payload ends early; the head agrees with what is left.
  case shorten(payloadBytes: Int)
  /// The rest of the frame is lost; the next frame follows at once.
  case lose(after: Int)
  /// The connection ends inside the frame.
  case cut(after: Int)
  /// The frame is lost.
  case drop
  /// The frame comes twice.
  case duplicate
  /// The frame comes after the next one of its direction.
  case reorder
  /// The frame, and what follows it, comes late.
  case delay(milliseconds: Int)
  /// The frame comes in pieces of so many bytes, one after the other.
  case split(pieceBytes: Int)
  /// From here on nothing passes in either direction, and nobody is told.
  case silence
  /// An Abort that no key has sealed comes before the frame.
  case abort(code: UInt8)

  /// The fault's kind, as a label of coverage.
  var kind: String {
    switch self {
    case .flip: "flip"
    case .shorten, .lose: "truncate"
    case .cut: "close"
    case .drop: "drop"
    case .duplicate: "duplicate"
    case .reorder: "reorder"
    case .delay: "delay"
    case .split: "split"
    case .silence: "silence"
    case .abort: "abort"
    }
  }

  static let kinds = [
    "flip", "truncate", "close", "drop", "duplicate", "reorder", "delay", "split", "silence",
    "abort",
  ]

  /// Whether the frame's receiver is bound to notice, so that the session cannot complete.
  ///
  /// A copy of a frame, a frame out of order or a late one may also come when nobody listens any
  /// more; a piece-wise one must do no harm at all.
  var isFatal: Bool {
    switch self {
    case .flip, .shorten, .lose, .cut, .drop, .silence, .abort: true
    case .duplicate, .reorder, .delay, .split: false
    }
  }

  /// Whether a whole frame arrives, changed: its receiver has something to judge at once.
  ///
  /// A length that grew, or bytes that are missing, only make a receiver wait for more.
  var isWholeFrame: Bool {
    switch self {
    case .flip(let byte, _): byte >= 4
    case .shorten: true
    default: false
    }
  }

  /// Whether the end of a connection, too, may come late or never.
  var isSlow: Bool {
    switch self {
    case .silence: true
    case .delay: !isHarmless
    default: false
    }
  }

  /// Whether a session must not even notice.
  var isHarmless: Bool {
    switch self {
    case .split: true
    case .delay(let milliseconds): milliseconds <= 100
    default: false
    }
  }
}
