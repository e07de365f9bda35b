extension Exploration: CustomStringConvertible {
  /// The figures, then a line for each property, and the path of each that is broken.
  public var description: String {
    var lines = [
      "\(distinctStates) states, \(transitions) transitions, depth \(depth), \(ending.text)",
      "\(deadlocks) deadlocks, \(terminals) terminal states",
    ]
    for (name, count) in zip(counters.names, counters.counts) {
      lines.append("\(count) × \(name)")
    }
    lines += verdicts.map(\.description)
    return lines.joined(separator: "\n")
  }
}

extension Exploration.Ending {
  fileprivate var text: String {
    switch self {
    case .complete: "complete"
    case .violation: "stopped at a violation"
    case .maximumStates: "stopped for too many states"
    case .maximumDepth: "stopped for too great a depth"
    }
  }
}

extension Verdict: CustomStringConvertible {
  /// The property and what is known of it; where it is broken, with the path.
  public var description: String {
    switch outcome {
    case .holds(let witness):
      witness.map { "reached: \(name), after \($0.moves.count) steps" } ?? "holds: \(name)"
    case .violated(let path):
      path.map { "BROKEN: \(name)\n\($0.listing())" } ?? "NEVER REACHED: \(name)"
    case .undecided: "undecided: \(name)"
    }
  }
}

extension ExploredPath {
  /// The path as numbered lines, each with a step and the state after it.
  ///
  /// - Parameters:
  ///   - maximumMoves: how many moves are listed; of more the middle is left out.
  ///   - describe: a state as one line of text.
  public func listing(
    maximumMoves: Int = 200,
    describe: (System.State) -> String = { String(describing: $0) }
  ) -> String {
    var lines = ["  0  \(describe(initial))"]
    let kept = max(maximumMoves / 2, 1)
    for (index, move) in moves.enumerated() {
      if cycleStart == index { lines.append("     from here on for ever:") }
      if moves.count > maximumMoves && (kept..<moves.count - kept).contains(index) {
        if index == kept { lines.append("     … \(moves.count - 2 * kept) steps left out") }
        continue
      }
      let number = String(index + 1)
      let indent = String(repeating: " ", count: max(0, 3 - number.count))
      lines.append("\(indent)\(number)  \(move.step) → \(describe(move.state))")
    }
    if cycleStart == nil && moves.isEmpty { lines.append("     (an initial state)") }
    return lines.joined(separator: "\n")
  }
}
