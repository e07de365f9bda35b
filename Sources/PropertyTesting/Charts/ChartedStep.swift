/// A step that a message sequence chart can show.
public protocol ChartedStep {
  /// What the step looks like, in its order: usually one event, or a receipt and an answer.
  var chartedEvents: [ChartedEvent] { get }
}

/// What one participant does, by names.
public struct ChartedEvent: Equatable, Sendable {
  /// The kinds of events.
  public enum Kind: Equatable, Sendable {
    /// A message to the peer, which gets it.
    case sends
    /// A message to the peer, which never gets it.
    case loses
    /// A message from the peer.
    case receives
    /// Something that no peer takes part in.
    case acts
  }

  /// Who does it.
  public let participant: String
  /// What it is.
  public let kind: Kind
  /// The other end of a message.
  public let peer: String?
  /// What is sent or done.
  public let label: String

  /// An event from its parts.
  public init(participant: String, kind: Kind, peer: String? = nil, label: String) {
    self.participant = participant
    self.kind = kind
    self.peer = peer
    self.label = label
  }
}

extension SequenceChart {
  /// The chart of a path through a system.
  ///
  /// - Parameters:
  ///   - path: a counterexample or a witness.
  ///   - title: the chart's heading.
  ///   - participants: the names from left to right; others that occur are added behind them.
  ///   - highlightsLast: whether the last step is the one that breaks the property.
  ///   - states: the participants' states as text, in the order of `participants`.
  public init<System: ExplorableSystem>(
    of path: ExploredPath<System>, title: String = "", participants: [String],
    highlightsLast: Bool = true, states: (System.State) -> [String?] = { _ in [] }
  ) where System.Step: ChartedStep {
    var names = participants
    let steps = path.steps.map(\.chartedEvents)
    for event in steps.joined() {
      for name in [event.participant] + (event.peer.map { [$0] } ?? [])
      where !names.contains(name) {
        names.append(name)
      }
    }
    if names.isEmpty { names = ["system"] }
    self.init(title: title, participants: names, initialStates: states(path.initial))
    for (index, events) in steps.enumerated() {
      if path.cycleStart == index { append(.note("from here on for ever")) }
      let after = states(path.moves[index].state)
      let isLast = index == steps.count - 1 && path.cycleStart == nil && highlightsLast
      for (place, event) in events.enumerated() {
        let isEnd = place == events.count - 1
        append(
          event.drawn(names), states: isEnd ? after : [], isHighlighted: isLast && isEnd)
      }
    }
    if let start = path.cycleStart { append(.note("back to the state before step \(start + 1)")) }
  }
}

extension ChartedEvent {
  /// The event with the participants' numbers in place of their names.
  fileprivate func drawn(_ names: [String]) -> SequenceChart.Event {
    let own = names.firstIndex(of: participant) ?? 0
    guard let peer, let other = names.firstIndex(of: peer) else {
      return .local(at: own, label: label)
    }
    return switch kind {
    case .sends: .message(from: own, to: other, label: label)
    case .loses: .lost(from: own, to: other, label: label)
    case .receives: .message(from: other, to: own, label: label)
    case .acts: .local(at: own, label: label)
    }
  }
}
