/// Passes that leave out, replace or reorder whole stretches of choices.
extension Shrinker {
  /// Leaves out spans, many alike at once first: halves of all, quarters, and so on to single ones.
  mutating func dropSpans() {
    for (label, depth) in kindsOfSpans() {
      var size = max(1, spans(label, depth).count)
      while size > 0 {
        var end = spans(label, depth).count
        while end > 0 {
          let group = spans(label, depth)
          end = min(end, group.count)
          let start = max(0, end - size)
          if start == end { break }
          _ = attempt(removing(group[start..<end].map(\.range)))
          end = start
        }
        size /= 2
      }
    }
  }

  /// Leaves out up to eight neighbouring choices, whatever they belong to.
  mutating func dropChoices() {
    for size in [8, 4, 3, 2, 1] {
      var start = best.choices.count - size
      while start >= 0 {
        if start + size <= best.choices.count {
          _ = attempt(removing([start..<(start + size)]))
        }
        start -= 1
      }
    }
  }

  /// Puts an inner span in the place of an outer one of the same kind: a subtree for a tree.
  mutating func hoistSpans() {
    var outer = 0
    while outer < best.spans.count {
      let span = best.spans[outer]
      var inner = outer + 1
      while inner < best.spans.count, best.spans[inner].range.lowerBound < span.range.upperBound {
        let candidate = best.spans[inner]
        if candidate.label == span.label, candidate.range.count < span.range.count {
          var choices = best.choices
          choices.replaceSubrange(span.range, with: best.choices[candidate.range])
          // The spans are new now: go on with the same outer one from its first inner one.
          if attempt(choices) {
            inner = outer
            if outer >= best.spans.count || best.spans[outer] != span { break }
          }
        }
        inner += 1
      }
      outer += 1
    }
  }

  /// Makes all choices of a span the simplest at once.
  mutating func simplifySpans() {
    var index = 0
    while index < best.spans.count {
      let range = best.spans[index].range
      var choices = best.choices
      for position in range { choices[position] = choices[position].simplest }
      if choices != best.choices { _ = attempt(choices) }
      index += 1
    }
  }

  /// Puts neighbouring spans of one kind in order.
  mutating func swapSpans() {
    for (label, depth) in kindsOfSpans() {
      var index = 0
      while true {
        let group = spans(label, depth)
        guard index + 1 < group.count else { break }
        let (left, right) = (group[index].range, group[index + 1].range)
        if left.upperBound <= right.lowerBound {
          let middle = best.choices[left.upperBound..<right.lowerBound]
          let swapped = best.choices[right] + middle + best.choices[left]
          var choices = best.choices
          choices.replaceSubrange(left.lowerBound..<right.upperBound, with: swapped)
          if isSimpler(choices, than: best.choices), attempt(choices), index > 0 {
            index -= 1
            continue
          }
        }
        index += 1
      }
    }
  }

  /// The kinds of spans there are, each once, in order of first appearance.
  private func kindsOfSpans() -> [(label: Int, depth: Int)] {
    var kinds: [(label: Int, depth: Int)] = []
    for span in best.spans where !kinds.contains(where: { $0 == (span.label, span.depth) }) {
      kinds.append((span.label, span.depth))
    }
    return kinds
  }

  private func spans(_ label: Int, _ depth: Int) -> [ChoiceSpan] {
    best.spans.filter { $0.label == label && $0.depth == depth && !$0.range.isEmpty }
  }

  /// The best choices without some ranges, which ascend and do not overlap.
  private func removing(_ ranges: [Range<Int>]) -> [Choice] {
    var choices = best.choices
    for range in ranges.reversed() { choices.removeSubrange(range) }
    return choices
  }
}
