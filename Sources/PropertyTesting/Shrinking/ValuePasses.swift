/// Passes that make single choices smaller.
extension Shrinker {
  /// Lowers each number: to nothing, by shifts, by the largest step that still fails, by bits.
  mutating func lowerIntegers() {
    var index = 0
    while index < best.choices.count {
      lowerInteger(at: [index])
      index += 1
    }
  }

  /// Tries all small values of the first few numbers, for failures that are far between.
  mutating func trySmallIntegers() {
    for index in best.choices.indices.prefix(Self.smallSearch.numbers) {
      guard let value = integer(at: index), value > 1 else { continue }
      for small in 1..<min(value, Self.smallSearch.values) where index < best.choices.count {
        var choices = best.choices
        set(small, at: index, in: &choices)
        if attempt(choices) { break }
      }
    }
  }

  /// Lowers numbers that are equal in step, for failures that need two alike.
  mutating func lowerTogether() {
    var index = 0
    while index < best.choices.count {
      if let value = integer(at: index), value > 0 {
        // Those of the same bound first: a list's marks that it goes on are equal to many numbers,
        // and lowering them cuts the list.
        let twins = best.choices.indices.filter {
          $0 >= index && best.choices[$0] == best.choices[index]
        }
        if twins.count > 1 { lowerInteger(at: twins) }
        if index < best.choices.count, integer(at: index) == value {
          let alike = best.choices.indices.filter { $0 >= index && integer(at: $0) == value }
          if alike.count > twins.count { lowerInteger(at: alike) }
        }
      }
      index += 1
    }
  }

  /// Lowers a number and leaves out what follows, for a count that comes before what it counts.
  mutating func lowerAndDrop() {
    var index = 0
    while index < best.choices.count {
      var isLowered = true
      while isLowered, let value = integer(at: index), value > 0 {
        isLowered = false
        let starts = best.spans.filter { $0.range.lowerBound > index }.prefix(16).map(\.range)
        let short = (1...4).flatMap { size in
          (index + 1..<index + 9).map { $0..<($0 + size) }
        }
        for range in starts + short
        where !range.isEmpty && range.upperBound <= best.choices.count {
          var choices = best.choices
          let count = choices.count
          set(value - 1, at: index, in: &choices)
          choices.removeSubrange(range)
          if attempt(choices) {
            // Where nothing went but the amount, larger steps are other passes' work.
            isLowered = best.choices.count < count
            break
          }
        }
      }
      index += 1
    }
  }

  /// Moves amounts from a number to one of the next four, for failures that need a sum.
  mutating func moveBetweenIntegers() {
    var left = 0
    while left < best.choices.count {
      for right in left + 1..<left + 5 {
        guard let from = integer(at: left), from > 0, right < best.choices.count,
          case .integer(let to, let maximum) = best.choices[right]
        else { continue }
        largest(upTo: min(from, maximum - to)) { shrinker, amount in
          guard left < shrinker.best.choices.count, right < shrinker.best.choices.count else {
            return false
          }
          var choices = shrinker.best.choices
          shrinker.set(from - amount, at: left, in: &choices)
          shrinker.set(to + amount, at: right, in: &choices)
          return shrinker.attempt(choices)
        }
      }
      left += 1
    }
  }

  /// Shortens byte strings, lowers their bytes and moves the larger ones back.
  mutating func lowerBytes() {
    var index = 0
    while index < best.choices.count {
      shorten(at: index)
      var position = 0
      while let bytes = bytes(at: index), position < bytes.count {
        for value in [0, 1, bytes[position] / 2, bytes[position] &- 1] as [UInt8]
        where value < bytes[position] {
          var lower = bytes
          lower[position] = value
          if replace(at: index, with: lower) { break }
        }
        if let now = self.bytes(at: index), position < now.count, now[position] > 0 {
          let value = UInt64(now[position])
          largest(upTo: value) { shrinker, amount in
            guard var lower = shrinker.bytes(at: index), position < lower.count else {
              return false
            }
            lower[position] = UInt8(truncatingIfNeeded: value - amount)
            return shrinker.replace(at: index, with: lower)
          }
        }
        lowerAlike(at: index, position)
        if let now = self.bytes(at: index), position + 1 < now.count,
          now[position] > now[position + 1]
        {
          var swapped = now
          swapped.swapAt(position, position + 1)
          _ = replace(at: index, with: swapped)
        }
        position += 1
      }
      index += 1
    }
  }

  /// Lowers all bytes that are equal to one, in step.
  private mutating func lowerAlike(at index: Int, _ position: Int) {
    guard let bytes = bytes(at: index), position < bytes.count, bytes[position] > 0 else { return }
    let value = bytes[position]
    let alike = bytes.indices.filter { bytes[$0] == value }
    guard alike.count > 1 else { return }
    func propose(_ shrinker: inout Shrinker, _ amount: UInt64) -> Bool {
      guard var lower = shrinker.bytes(at: index), lower.count == bytes.count else { return false }
      for place in alike { lower[place] = value - UInt8(amount) }
      return shrinker.replace(at: index, with: lower)
    }
    if !propose(&self, UInt64(value)) {
      largest(upTo: UInt64(value)) { shrinker, amount in propose(&shrinker, amount) }
    }
  }

  /// Leaves out parts of a byte string: all, halves, and so on to single bytes.
  private mutating func shorten(at index: Int) {
    guard let first = bytes(at: index), !first.isEmpty else { return }
    var size = first.count
    while size > 0 {
      var end = bytes(at: index)?.count ?? 0
      while end > 0, let bytes = bytes(at: index) {
        end = min(end, bytes.count)
        let start = max(0, end - size)
        if start == end { break }
        var shorter = bytes
        shorter.removeSubrange(start..<end)
        _ = replace(at: index, with: shorter)
        end = start
      }
      size /= 2
    }
  }

  /// Lowers the number at each of `positions` (all have the same) by the same amount.
  private mutating func lowerInteger(at positions: [Int]) {
    guard let first = positions.first else { return }
    func propose(_ shrinker: inout Shrinker, _ value: UInt64) -> Bool {
      var choices = shrinker.best.choices
      for position in positions {
        guard position < choices.count else { return false }
        shrinker.set(value, at: position, in: &choices)
      }
      return choices != shrinker.best.choices && shrinker.attempt(choices)
    }
    guard let value = integer(at: first), value > 0, !propose(&self, 0) else { return }
    for shift in (1..<64 as Range<UInt64>).reversed() where value >> shift > 0 {
      if propose(&self, value >> shift) { break }
    }
    guard let value = integer(at: first), value > 0 else { return }
    largest(upTo: value) { shrinker, amount in propose(&shrinker, value - amount) }
    for bit in (0..<64 as Range<UInt64>).reversed() {
      guard let value = integer(at: first) else { return }
      let mask: UInt64 = 1 << bit
      if value & mask != 0 { _ = propose(&self, value & ~mask) }
    }
  }

  func integer(at index: Int) -> UInt64? {
    guard index < best.choices.count, case .integer(let value, _) = best.choices[index] else {
      return nil
    }
    return value
  }

  private func bytes(at index: Int) -> [UInt8]? {
    guard index < best.choices.count, case .bytes(let value, _) = best.choices[index] else {
      return nil
    }
    return value
  }

  func set(_ value: UInt64, at index: Int, in choices: inout [Choice]) {
    if case .integer(_, let maximum) = choices[index] {
      choices[index] = .integer(value, maximum: maximum)
    }
  }

  private mutating func replace(at index: Int, with bytes: [UInt8]) -> Bool {
    guard case .bytes(_, let maximum) = best.choices[index] else { return false }
    var choices = best.choices
    choices[index] = .bytes(bytes, maximumCount: maximum)
    return attempt(choices)
  }
}
