@testable import PropertyTesting
import Testing

@Suite("Exploring: fingerprints and the set of visited states")
struct FingerprintTests {
  private static func fingerprint(_ words: [UInt64]) -> Fingerprint {
    var builder = FingerprintBuilder()
    for word in words { builder.combine(word) }
    return builder.finish()
  }

  @Test("Each input bit flips each output bit half of the time", arguments: 1...4)
  func avalanche(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let samples = 1024
    for word in 0..<count {
      for bit in stride(from: 0, to: 64, by: 7) {
        var flips = Array(repeating: 0, count: 128)
        for sample in 0..<samples {
          // Random words, and small ones as real states have them.
          var words = (0..<count).map { _ in
            sample % 2 == 0 ? random.next() : random.upTo(1 << 20)
          }
          let before = Self.fingerprint(words)
          words[word] ^= 1 << UInt64(bit)
          let after = Self.fingerprint(words)
          for output in 0..<64 {
            flips[output] += Int((before.low ^ after.low) >> UInt64(output) & 1)
            flips[output + 64] += Int((before.high ^ after.high) >> UInt64(output) & 1)
          }
        }
        // Eight standard deviations, 16 flips each, either way.
        for (output, count) in flips.enumerated() {
          #expect(abs(count - samples / 2) < 128, "word \(word) bit \(bit) output \(output)")
        }
      }
    }
  }

  @Test("Lists of small numbers collide no more than chance lets them, whichever 32 bits count")
  func collisions() {
    var all: [Fingerprint] = []
    for first in 0..<60 as Range<UInt64> {
      all.append(Self.fingerprint([first]))
      for second in 0..<60 as Range<UInt64> {
        all.append(Self.fingerprint([first, second]))
        for third in 0..<40 as Range<UInt64> {
          all.append(Self.fingerprint([first, second << 8, third << 32]))
        }
      }
    }
    #expect(Self.repeats(all.map(\.low)) == 0)
    #expect(Self.repeats(all.map(\.high)) == 0)
    // With 147,660 values 2.5 collisions of 32 bits are to be expected.
    for shift in [0, 11, 32] as [UInt64] {
      #expect(Self.repeats(all.map { $0.low >> shift & 0xffff_ffff }) < 16, "low \(shift)")
      #expect(Self.repeats(all.map { $0.high >> shift & 0xffff_ffff }) < 16, "high \(shift)")
      #expect(
        Self.repeats(all.map { ($0.high ^ $0.low) >> shift & 0xffff_ffff }) < 16, "both \(shift)")
    }
  }

  private static func repeats(_ values: [UInt64]) -> Int {
    let sorted = values.sorted()
    return zip(sorted, sorted.dropFirst()).filter { $0 == $1 }.count
  }

  @Test("Length, order and zeros count; bytes carry their count")
  func distinctions() {
    let lists: [[UInt64]] = [[], [0], [0, 0], [0, 0, 0], [1, 2], [2, 1], [.max], [1 << 63]]
    #expect(Set(lists.map(Self.fingerprint)).count == lists.count)
    let strings: [[UInt8]] = [
      [], [0], [0, 0], [1, 0, 0, 0, 0, 0, 0, 0], [1], Array(repeating: 7, count: 8),
      Array(repeating: 7, count: 9), Array(repeating: 7, count: 16),
    ]
    let prints = strings.map { string in
      var builder = FingerprintBuilder()
      builder.combine(bytes: string)
      return builder.finish()
    }
    #expect(Set(prints).count == strings.count)
    #expect(Fingerprint(of: 1, 2) == Self.fingerprint([1, 2]))
  }

  @Test("The order of members does not matter to a multiset, their number does")
  func multisets() throws {
    try check(name: "multiset fingerprints", for: .array(of: .integer(in: 0...9), count: 0...8)) {
      (members: [UInt64]) in
      let prints = members.map { word in Fingerprint(of: word) }
      let sum = prints.reduce(Fingerprint.zero) { $0.adding($1) }
      #expect(prints.reversed().reduce(Fingerprint.zero) { $0.adding($1) } == sum)
      #expect(prints.reduce(sum) { $0.removing($1) } == .zero)
      for print in prints { #expect(sum.adding(print) != sum) }
    }
    #expect(
      Fingerprint(low: .max, high: 0).adding(Fingerprint(low: 1, high: 0))
        == Fingerprint(low: 0, high: 1))
    #expect(
      Fingerprint(low: 0, high: 1).removing(Fingerprint(low: 1, high: 0))
        == Fingerprint(low: .max, high: 0))
  }

  @Test("Fingerprints print and compare by the upper half first")
  func ordering() {
    let small = Fingerprint(low: 9, high: 1)
    let large = Fingerprint(low: 0, high: 2)
    #expect(small < large && !(large < small))
    #expect(Fingerprint(low: 1, high: 2) < Fingerprint(low: 2, high: 2))
    #expect(small.description == "00000000000000010000000000000009")
  }

  @Test("The set of visited states numbers each once, through every growth")
  func visited() throws {
    try check(name: "visited states", cases: 60, covering: [RequiredLabel("grown", share: 0.03)]) {
      testCase in
      let count = try testCase.draw(.integer(in: 1...9000), as: "count")
      let spread = try testCase.draw(.element(of: [1, 64, 1 << 20, 1 << 40]), as: "spread")
      let seed = try testCase.draw(.integer(in: 0...UInt64.max), as: "seed")
      var random = SeededRandom(seed: seed)
      var set = VisitedStates(maximum: 8000)
      var expected: [Fingerprint: Int] = [:]
      for _ in 0..<count {
        // Hand-made fingerprints, zero among them, in few or many places.
        let print = Fingerprint(low: random.upTo(7) &* UInt64(spread), high: random.upTo(4000) / 3)
        let isRoom = expected.count < 8000
        switch set.insert(print) {
        case .new:
          try testCase.require(expected[print] == nil && isRoom, "new")
          expected[print] = expected.count
        case .known(let slot):
          try testCase.require(expected[print] == Int(set.numbers[slot]), "known")
        case .refused: try testCase.require(expected[print] == nil && !isRoom, "refused")
        }
        try testCase.require(set.number(of: print) == expected[print], "number")
      }
      testCase.label("grown", if: expected.count > 4096)
      try testCase.require(set.count == expected.count)
      try testCase.require(set.count * 3 <= set.slots.count * 2, "never more than two thirds")
    }
  }

  @Test("The bound of the set holds to the last state")
  func bound() throws {
    let result = try explore(
      SlidingPuzzle(rows: 2), ExplorationOptions(maximumStates: 360, stopsAtViolation: false))
    #expect(result.ending == .complete && result.distinctStates == 360)
    let cut = try explore(
      SlidingPuzzle(rows: 2), ExplorationOptions(maximumStates: 359, stopsAtViolation: false))
    #expect(cut.ending == .maximumStates && cut.distinctStates == 359)
    #expect(cut.levels.reduce(0, +) == 359)
  }
}
