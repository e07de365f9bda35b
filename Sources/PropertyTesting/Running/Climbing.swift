/// The search for cases of higher scores, from the best that chance has found.
extension Runner {
  /// Directions and first steps; large ones for scores that small steps do not move.
  private static let firstSteps: [(isUp: Bool, first: UInt64)] = [1 << 40, 1 << 20, 1 << 10, 1]
    .flatMap { [(true, $0), (false, $0)] }

  /// Changes one thing at a time in the best case of each score and keeps what scores higher.
  ///
  /// Takes at most as many runs as the check has cases.
  mutating func climb() throws(PropertyFailure) {
    var random = SeededRandom(seed: caseSeed(.max))
    for place in statistics.best.indices {
      let label = statistics.best[place].label
      // Each target has its share, so that one that never ends leaves something to the others.
      let end = cases * (place + 1) / statistics.best.count
      var isProgress = true
      while isProgress, statistics.targeted < end {
        isProgress = try climbLists(place, label, end)
        if try climbNumbers(place, label, end) { isProgress = true }
        if try climbDraws(place, label, end, &random) { isProgress = true }
      }
    }
  }

  /// Runs a changed case; true where its score is higher.
  private mutating func attempt(
    _ choices: [Choice], _ label: String, varying variation: TestCase.Variation? = nil
  ) throws(PropertyFailure) -> Bool {
    let execution = Execution(ChoiceSource(replaying: choices), varying: variation, property)
    if execution.failureKind != nil { throw falsified(execution, .climb) }
    return statistics.addTargeted(execution, of: label)
  }

  /// Raises and lowers each number, in steps that grow while they help.
  private mutating func climbNumbers(
    _ place: Int, _ label: String, _ end: Int
  ) throws(PropertyFailure) -> Bool {
    var isProgress = false
    var index = 0
    while index < statistics.best[place].choices.count {
      for (isUp, first) in Self.firstSteps {
        var step = first
        while step > 0, statistics.targeted < end {
          var choices = statistics.best[place].choices
          guard index < choices.count, choices[index].isMoved(inStepsOf: first),
            let moved = choices[index].moved(by: step, isUp: isUp)
          else { break }
          choices[index] = moved
          if try attempt(choices, label) {
            isProgress = true
            step = step > .max / 2 ? step : step * 2
          } else {
            // Only a step that has grown shrinks again.
            step = step > first ? step / 2 : 0
          }
        }
      }
      index += 1
    }
    return isProgress
  }

  /// Doubles an element of a list.
  private mutating func climbLists(
    _ place: Int, _ label: String, _ end: Int
  ) throws(PropertyFailure) -> Bool {
    var isProgress = false
    var index = 0
    while statistics.targeted < end {
      let best = statistics.best[place].choices
      // The spans of the best case, which are not kept with it.
      let spans = Execution(ChoiceSource(replaying: best), property).spans
        .filter { [SpanLabel.element, SpanLabel.step].contains($0.label) && $0.range.count > 1 }
      guard index < spans.count else { break }
      let range = spans[index].range
      let choices = best[..<range.upperBound] + best[range] + best[range.upperBound...]
      if try attempt(Array(choices), label) { isProgress = true } else { index += 1 }
    }
    return isProgress
  }

  /// Draws one thing anew.
  private mutating func climbDraws(
    _ place: Int, _ label: String, _ end: Int, _ random: inout SeededRandom
  ) throws(PropertyFailure) -> Bool {
    var isProgress = false
    for _ in 0..<10 where statistics.targeted < end {
      let best = statistics.best[place].choices
      let draws = Execution(ChoiceSource(replaying: best), property).draws
      guard !draws.isEmpty else { break }
      let draw = Int(random.upTo(UInt64(draws.count - 1)))
      let variation = TestCase.Variation(
        draw: draw, seed: random.next(), choices: best,
        resumption: draws[draw].choices.upperBound)
      if try attempt(best, label, varying: variation) { isProgress = true }
    }
    return isProgress
  }
}

extension Choice {
  /// Whether a number is large enough for steps of a size.
  fileprivate func isMoved(inStepsOf first: UInt64) -> Bool {
    if case .integer(_, let maximum) = self { return maximum >= first }
    return false
  }

  /// The number moved by a step, up to its bound; nil for bytes and where it is there already.
  fileprivate func moved(by step: UInt64, isUp: Bool) -> Choice? {
    guard case .integer(let value, let maximum) = self else { return nil }
    let room = isUp ? maximum - value : value
    guard room > 0 else { return nil }
    let length = min(step, room)
    return .integer(isUp ? value + length : value - length, maximum: maximum)
  }
}
