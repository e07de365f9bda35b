@testable import PropertyTesting
import Testing

@Suite("Choices")
struct ChoiceTests {
  @Test("The generator gives the published sequence")
  func publishedSequence() {
    // SplitMix64 from seed 0 begins with these four, which fill the state.
    var random = SeededRandom(seed: 0)
    let state: [UInt64] = [
      0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f, 0xf88b_b8a8_724c_81ec,
    ]
    // xoshiro256**: rotate (second word × 5) left by 7, times 9.
    let product = state[1] &* 5
    #expect(random.next() == (product << 7 | product >> 57) &* 9)
    #expect(random.next() == 0xbf6e_1f78_4956_452a)
  }

  @Test("Bounds turn up often, also those of 64 bits")
  func bounds() throws {
    var counts: [UInt64: Int] = [:]
    for seed in 0..<2000 as Range<UInt64> {
      var source = ChoiceSource(seed: seed)
      let value = try Generator<UInt64>.integer().generate(&source)
      if value <= 1 || value >= .max - 1 { counts[value, default: 0] += 1 }
    }
    for value in [0, 1, .max - 1, .max] as [UInt64] { #expect((counts[value] ?? 0) > 20) }
    var small = 0
    var longest = 0
    for seed in 0..<500 as Range<UInt64> {
      var source = ChoiceSource(seed: seed)
      let list = try Generator<[Bool]>.array(of: .bool(), count: 0...50).generate(&source)
      if list.count < 5 { small += 1 }
      longest = max(longest, list.count)
      #expect(list.count <= 50)
    }
    #expect(small > 100)
    #expect(longest == 50)
  }

  @Test("Integers of every width stay inside their range and reach both ends")
  func ranges() throws {
    func ends<Number: FixedWidthInteger & Sendable>(_ range: ClosedRange<Number>) throws -> Bool {
      var seen: Set<Number> = []
      for seed in 0..<3000 as Range<UInt64> {
        var source = ChoiceSource(seed: seed)
        let value = try Generator.integer(in: range).generate(&source)
        guard range.contains(value) else { return false }
        seen.insert(value)
      }
      return seen.contains(range.lowerBound) && seen.contains(range.upperBound)
    }
    #expect(try ends(Int8.min...Int8.max))
    #expect(try ends(UInt8.min...UInt8.max))
    #expect(try ends(Int64.min...Int64.max))
    #expect(try ends(UInt64.min...UInt64.max))
    #expect(try ends(-5...5))
    #expect(try ends(-5 ... -5))
    #expect(try ends(UInt16(7)...9))
    #expect(try ends(Int32.min ... -1_000_000))
  }

  @Test("Replaying recorded choices gives the same value and the same choices")
  func replay() throws {
    let generator = Generator<[([UInt8], Int)]>.array(
      of: .tuple(.bytes(count: 0...6), .integer(in: -100...100)), count: 1...9)
    for seed in 0..<300 as Range<UInt64> {
      var source = ChoiceSource(seed: seed)
      let value = try generator.generate(&source)
      let token = ReplayToken.text(of: source.choices)
      let choices = try #require(ReplayToken.choices(of: token))
      var again = ChoiceSource(replaying: choices)
      #expect(try String(describing: generator.generate(&again)) == String(describing: value))
      #expect(again.choices == source.choices)
      #expect(again.spans == source.spans)
    }
  }

  @Test("Any choices give a value inside its bounds")
  func forgiving() throws {
    for seed in 0..<500 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let choices = (0..<random.upTo(12)).map { _ -> Choice in
        if random.oneIn(3) { return .bytes([1, 2, 3, 4, 5], maximumCount: 5) }
        let value = random.next()
        return .integer(value, maximum: value)
      }
      var source = ChoiceSource(replaying: choices)
      let list = try Generator<[Int]>.array(of: .integer(in: -3...3), count: 2...4)
        .generate(&source)
      #expect((2...4).contains(list.count))
      #expect(list.allSatisfy { (-3...3).contains($0) })
      let bytes = try Generator.bytes(count: 2...4).generate(&source)
      #expect((2...4).contains(bytes.count))
    }
    var empty = ChoiceSource(replaying: [])
    #expect(try Generator.bytes(count: 2...4).generate(&empty) == [0, 0])
  }

  @Test("Weights decide how often")
  func weights() throws {
    let generator = Generator.weighted([(1, .constant("rare")), (9, .constant("often"))])
    var rare = 0
    for seed in 0..<2000 as Range<UInt64> {
      var source = ChoiceSource(seed: seed)
      if try generator.generate(&source) == "rare" { rare += 1 }
    }
    #expect((120..<280).contains(rare))
  }

  @Test(
    "Text that is no token is refused",
    arguments: [
      "", "p0.1", "p1.", "p1.-1", "p1.+1", "p1.:0", "p1.:zz", "p1.1 ", "p1.3w5e11264sgsg",
      "p1.:\u{e9}\u{e9}", "p1.1:00",
    ])
  func badTokens(text: String) { #expect(ReplayToken.choices(of: text) == nil) }

  @Test("A token in a check that cannot be read fails it")
  func badTokenFails() {
    var runner = Runner(name: "t", cases: 1, seed: 1, settings: CheckSettings { _ in nil }) { _ in }
    let error = #expect(throws: PropertyFailure.self) {
      try runner.run(tokens: ["nonsense"], required: [])
    }
    #expect(error?.reason == .badToken)
  }

  @Test("Simpler means fewer, then shorter, then smaller")
  func order() {
    func number(_ value: UInt64) -> Choice { .integer(value, maximum: 9) }
    func bytes(_ value: [UInt8]) -> Choice { .bytes(value, maximumCount: 9) }
    let ascending: [[Choice]] = [
      [], [number(0)], [number(7)], [bytes([])], [bytes([0])], [bytes([9])], [bytes([0, 0])],
      [number(0), number(9)], [number(1), number(0)], [number(1), bytes([0])],
    ]
    for (index, left) in ascending.enumerated() {
      for (other, right) in ascending.enumerated() {
        #expect(isSimpler(left, than: right) == (index < other))
      }
    }
  }

  @Test("The environment's words are read, and nonsense is left aside")
  func settings() {
    func settings(_ values: [String: String]) -> CheckSettings { CheckSettings { values[$0] } }
    #expect(settings(["EPHML_SEED": "12"]).seed == 12)
    #expect(settings(["EPHML_SEED": "0xff"]).seed == 255)
    #expect(settings(["EPHML_SEED": "no"]).seed == nil)
    #expect(settings(["EPHML_CASES": "5000"]).caseCount(7) == 5000)
    #expect(settings(["EPHML_CASES": "x10"]).caseCount(7) == 70)
    #expect(settings(["EPHML_CASES": "x10"]).caseCount(.max) == CheckSettings.maximumCases)
    for nonsense in ["0", "-4", "x0", "x", "ten", "99999999999999999999"] {
      #expect(settings(["EPHML_CASES": nonsense]).caseCount(7) == 7)
    }
    #expect(settings([:]).caseCount(7) == 7)
  }
}
