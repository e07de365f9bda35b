/// Where drivers tell the transitions of their machines; a driver without one tells nothing.
///
/// Used from one thread. Telling never fails and never ends a session.
public struct TransitionTrace {
  private let tell: (TracedTransition) -> Void

  /// A trace that hands each transition to `tell`, before any of its frames leave.
  public init(_ tell: @escaping (TracedTransition) -> Void) { self.tell = tell }

  /// A trace that adds one line for each transition to a file.
  ///
  /// - Parameter warn: told once, for people, when a line cannot be written; from then on nothing
  ///   is written.
  public init(
    path: String, maximumBytes: Int = TraceBounds.fileBytes, warn: @escaping (String) -> Void
  ) throws(TraceError) {
    let file = try TraceFile(path: path, maximumBytes: maximumBytes, warn: warn)
    tell = { file.append($0.line) }
  }

  func record(_ transition: TracedTransition) { tell(transition) }
}

/// The named bounds of traces.
public enum TraceBounds {
  /// The most bytes in a trace file: peers that connect again and again must not fill a disk.
  public static let fileBytes = 1 << 28
  /// The most bytes in a line, newline included: one with the 512 records of a longest message has
  /// about 22,000.
  public static let lineBytes = 1 << 16
}

/// Why a trace file cannot be used.
public enum TraceError: Error, Equatable, Sendable {
  /// It cannot be opened or made.
  case unusable
  /// It is not empty and does not begin as a trace does: something else, which must not be touched.
  case notATrace
  /// Another process writes it.
  case busy

  /// What is wrong, for people; follows the file's name.
  public var message: String {
    switch self {
    case .unusable: "cannot be written as a trace"
    case .notATrace: "is there already and is not a trace"
    case .busy: "is being written by another process"
    }
  }
}
