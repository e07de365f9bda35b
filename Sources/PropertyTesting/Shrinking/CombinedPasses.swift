/// Passes that change two things at once, for failures that no single change makes simpler.
///
/// They cost more runs than the others and come last.
extension Shrinker {
  /// Lowers two numbers by the same amount, for failures that need a difference.
  mutating func lowerPairs() {
    var left = 0
    while left < best.choices.count {
      for right in left + 1..<left + 5 {
        guard let first = integer(at: left), let second = integer(at: right) else { continue }
        largest(upTo: min(first, second), startingWith: 2) { shrinker, amount in
          guard left < shrinker.best.choices.count, right < shrinker.best.choices.count else {
            return false
          }
          var choices = shrinker.best.choices
          shrinker.set(first - amount, at: left, in: &choices)
          shrinker.set(second - amount, at: right, in: &choices)
          return shrinker.attempt(choices)
        }
      }
      left += 1
    }
  }

  /// Makes a number nothing and one of the next four the greatest.
  mutating func lowerAndRaise() {
    var left = 0
    while left < best.choices.count {
      for right in left + 1..<left + 5 {
        guard let value = integer(at: left), value > 0, right < best.choices.count,
          case .integer(let other, let maximum) = best.choices[right], other < maximum
        else { continue }
        for lower in Set([0, value - 1]).sorted() {
          var choices = best.choices
          set(lower, at: left, in: &choices)
          set(maximum, at: right, in: &choices)
          if attempt(choices) { break }
        }
      }
      left += 1
    }
  }

  /// Leaves out an element and lowers one number by one, or makes it an extreme one of either
  /// sign: for what counts elements, and for two that one greater can stand in for.
  mutating func dropAndChange() {
    var index = 0
    while index < best.spans.count {
      let span = best.spans[index]
      index += 1
      guard [SpanLabel.element, SpanLabel.step].contains(span.label), !span.range.isEmpty else {
        continue
      }
      var without = best.choices
      without.removeSubrange(span.range)
      for position in without.indices.prefix(Self.changesBesideADrop) {
        guard case .integer(let value, let maximum) = without[position] else { continue }
        var choices = without
        if value > 0 {
          set(value - 1, at: position, in: &choices)
          if attempt(choices) { break }
        }
        choices = without
        set(maximum, at: position, in: &choices)
        if attempt(choices) { break }
        guard maximum == 1, position + 1 < without.count,
          case .integer = without[position + 1]
        else { continue }
        choices = without
        set(1 - value, at: position, in: &choices)
        // Cut down to what the generator takes.
        choices[position + 1] = .integer(.max, maximum: .max)
        if attempt(choices) { break }
      }
    }
  }

  /// Exchanges two neighbouring parts and leaves out an element behind them: for workers whose
  /// schedule is simpler when they change places.
  mutating func swapAndDrop() {
    var index = 0
    while index < best.spans.count {
      let left = best.spans[index]
      index += 1
      guard left.label == SpanLabel.draw, !left.range.isEmpty,
        let right = best.spans[index...].first(where: {
          $0.depth == left.depth && $0.label == left.label
        }), right.range.lowerBound == left.range.upperBound
      else { continue }
      let old = best.choices
      let swapped =
        old[..<left.range.lowerBound] + old[right.range] + old[left.range]
        + old[right.range.upperBound...]
      let elements = best.spans.filter {
        $0.label == SpanLabel.element && $0.range.lowerBound >= right.range.upperBound
      }
      for element in elements.prefix(Self.changesBesideADrop) {
        var choices = Array(swapped)
        choices.removeSubrange(element.range)
        if attempt(choices) { break }
      }
    }
  }

  /// Moves a later part into a place inside an earlier one that stays empty behind: the rotation of
  /// a tree. `(a (b x) y)` becomes `(a x (b y))`.
  mutating func rotateSpans() {
    var first = 0
    while first < best.spans.count {
      let spans = best.spans
      let outer = spans[first]
      first += 1
      let others = spans[first...]
      let inner = others.filter {
        $0.label == outer.label && outer.range.contains($0.range.lowerBound)
          && $0.range.count < outer.range.count
      }
      let later = others.filter {
        $0.label == outer.label && $0.range.lowerBound >= outer.range.upperBound
      }
      search: for place in inner.prefix(Self.placesOfARotation) {
        for part in later.prefix(Self.placesOfARotation) {
          let old = best.choices
          let filled =
            old[outer.range.lowerBound..<place.range.lowerBound] + old[part.range]
            + old[place.range.upperBound..<outer.range.upperBound]
          let choices =
            old[..<outer.range.lowerBound] + old[place.range]
            + old[outer.range.upperBound..<part.range.lowerBound] + filled
            + old[part.range.upperBound...]
          guard isSimpler(Array(choices), than: old), attempt(Array(choices)) else { continue }
          first = 0
          break search
        }
      }
    }
  }
}
