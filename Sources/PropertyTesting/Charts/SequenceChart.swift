/// A message sequence chart: participants side by side, time running down.
///
/// Built by hand or from a counterexample of the explorer; drawn as ``text()`` or as ``svg()``.
/// Labels may come from anywhere: control characters are made visible, long ones are cut, and the
/// number of rows is bounded.
public struct SequenceChart: Equatable, Sendable {
  /// Something that happens to one or two participants, or to all.
  public enum Event: Equatable, Sendable {
    /// A message that arrives.
    case message(from: Int, to: Int, label: String)
    /// A message that does not arrive.
    case lost(from: Int, to: Int, label: String)
    /// A step of one participant alone.
    case local(at: Int, label: String)
    /// A remark across the whole chart.
    case note(String)
  }

  /// One row: an event and what states it leads to.
  public struct Row: Equatable, Sendable {
    /// What happens.
    public var event: Event
    /// The participants' states afterwards; nil, or beyond the list's end, where nothing is to be
    /// shown.
    public var states: [String?]
    /// Whether this row breaks the property.
    public var isHighlighted: Bool

    /// A row from its parts.
    public init(_ event: Event, states: [String?] = [], isHighlighted: Bool = false) {
      self.event = event
      self.states = states
      self.isHighlighted = isHighlighted
    }
  }

  /// How many rows are drawn at most; of more the middle is left out.
  public static let maximumRows = 400
  /// How many participants a chart may have.
  public static let maximumParticipants = 64
  /// How many characters of a name, label or state are drawn at most.
  public static let maximumLabelCharacters = 60

  /// The chart's heading; empty for none.
  public var title: String
  /// The participants' names, from left to right.
  public var participants: [String]
  /// The states that the participants begin in.
  public var initialStates: [String?]
  /// The events in their order.
  public private(set) var rows: [Row] = []

  /// A chart without rows.
  public init(title: String = "", participants: [String], initialStates: [String?] = []) {
    precondition(
      (1...Self.maximumParticipants).contains(participants.count),
      "a chart needs a participant, and has room for 64")
    self.title = title
    self.participants = participants
    self.initialStates = initialStates
  }

  /// Adds a row; its participants must exist.
  public mutating func append(_ row: Row) {
    let used: [Int] =
      switch row.event {
      case .message(let from, let to, _), .lost(let from, let to, _): [from, to]
      case .local(let at, _): [at]
      case .note: []
      }
    precondition(used.allSatisfy(participants.indices.contains), "no such participant")
    rows.append(row)
  }

  /// Adds a row from its parts.
  public mutating func append(
    _ event: Event, states: [String?] = [], isHighlighted: Bool = false
  ) {
    append(Row(event, states: states, isHighlighted: isHighlighted))
  }

  /// The rows to be drawn, each with its number; where some are left out a note stands for them.
  var drawnRows: [(number: Int?, row: Row)] {
    var numbered: [(number: Int?, row: Row)] = []
    var number = 0
    for row in rows {
      if case .note = row.event {
        numbered.append((nil, row))
      } else {
        number += 1
        numbered.append((number, row))
      }
    }
    guard numbered.count > Self.maximumRows else { return numbered }
    let kept = Self.maximumRows / 2
    let left = numbered.count - 2 * kept
    return numbered.prefix(kept) + [(nil, Row(.note("\(left) rows left out")))]
      + numbered.suffix(kept)
  }

  /// A label as it is drawn: one line, nothing invisible, not too long.
  static func cleaned(_ label: String) -> String {
    var text = ""
    var count = 0
    for character in label {
      if count == maximumLabelCharacters {
        text.removeLast()
        return text + "…"
      }
      text.append(isDrawable(character) ? character : "\u{fffd}")
      count += 1
    }
    return text
  }

  /// Whether a character is one visible sign that leaves the direction of writing alone.
  private static func isDrawable(_ character: Character) -> Bool {
    // Many marks on one letter could grow without bound.
    guard character.unicodeScalars.count <= 4 else { return false }
    return character.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator:
        false
      default: true
      }
    }
  }
}
