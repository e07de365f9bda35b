@testable import PropertyTesting
import Testing

/// Planted bugs, each of which must be found and shrunk to its one minimal case from every seed.
@Suite("Shrinking")
struct ShrinkingTests {
  private func expect<Value>(
    _ minimal: String, _ generator: Generator<Value>,
    sourceLocation: SourceLocation = #_sourceLocation,
    failsIf isBad: @escaping (Value) -> Bool
  ) {
    for found in minimalValues(generator, failsIf: isBad) {
      #expect(found == "value = " + minimal, sourceLocation: sourceLocation)
    }
  }

  @Test("Numbers shrink to the bound of the bug")
  func numbers() {
    expect("1000", .integer(in: 0...1_000_000)) { $0 >= 1000 }
    expect("-57", .integer(in: -100_000...100_000)) { $0 <= -57 }
    expect("57", .integer(in: -100_000...100_000)) { abs($0) >= 57 }
    expect("10", .integer(in: 10...20)) { _ in true }
    expect("-3", .integer(in: -20 ... -3)) { _ in true }
    expect("1048576", Generator<UInt64>.integer()) { $0 & 1 << 20 != 0 }
    expect("-9223372036854775808", Generator<Int64>.integer()) { $0 == .min }
    expect("255", Generator<UInt8>.integer()) { $0 == 255 }
    expect("true", .bool()) { $0 }
  }

  @Test("Arrays lose the elements that do not matter")
  func arrays() {
    let numbers = Generator<[Int]>.array(of: .integer(in: 0...600), count: 0...60)
    expect("[400, 600]", numbers) { $0.reduce(0, +) >= 1000 }
    expect("[0, 0, 0, 0, 0]", numbers) { $0.count >= 5 }
    expect("[1, 0]", numbers) { zip($0, $0.dropFirst()).contains { $0 > $1 } }
    expect("[0, 0]", numbers) { Set($0).count < $0.count }
    expect("[77]", numbers) { $0.contains { $0 >= 77 } }
    let required = Generator<[Int]>.array(of: .integer(in: 0...600), count: 3...3)
    expect("[0, 0, 9]", required) { $0.contains { $0 >= 9 } }
  }

  @Test("Two that must be alike are lowered in step")
  func alike() {
    let numbers = Generator<[Int]>.array(of: .integer(in: 0...40), count: 0...60)
    expect("[5, 5]", numbers) { list in
      list.indices.contains { index in
        list[index] >= 5 && list.dropFirst(index + 1).contains(list[index])
      }
    }
  }

  @Test("Bytes grow short and small")
  func bytes() {
    expect("[128]", .bytes(count: 0...200)) { $0.contains { $0 >= 128 } }
    expect("[0, 0, 0]", .bytes(count: 0...200)) { $0.count >= 3 }
    expect("[0, 0, 0, 0, 7]", .bytes(count: 5...5)) { $0.contains { $0 >= 7 } }
    expect("[1, 2]", .bytes(count: 0...200)) { bytes in
      zip(bytes, bytes.dropFirst()).contains { $0 > 0 && $1 > $0 }
    }
  }

  @Test("A count that comes before what it counts shrinks with it")
  func flatMap() {
    let counted = Generator<Int>.integer(in: 0...30).flatMap { count in
      Generator<[Int]>.array(of: .integer(in: 0...100), count: count...count)
    }
    expect("[11]", counted) { $0.contains { $0 > 10 } }
  }

  @Test("Filtered, mapped and chosen values shrink too")
  func combinators() {
    let even = Generator<Int>.integer(in: 0...10_000).filter { $0.isMultiple(of: 2) }
    expect("502", even) { $0 > 500 }
    expect("\"aaaa\"", Generator<Int>.integer(in: 0...20).map { String(repeating: "a", count: $0) })
    {
      $0.count > 3
    }
    expect("2", .oneOf([.constant(1), .constant(2), .integer(in: 2...900)])) { $0 >= 2 }
    expect("\"b\"", .element(of: ["a", "b", "c"])) { $0 != "a" }
    expect("(3, false)", .tuple(.integer(in: 0...9), .bool())) { $0.0 >= 3 }
  }

  /// A small recursive kind of value.
  private indirect enum Tree: CustomDebugStringConvertible, Sendable {
    case leaf(Int)
    case node(Tree, Tree)

    var debugDescription: String {
      switch self {
      case .leaf(let value): return "\(value)"
      case .node(let left, let right): return "<\(left.debugDescription) \(right.debugDescription)>"
      }
    }

    func contains(_ isWanted: (Tree) -> Bool) -> Bool {
      if isWanted(self) { return true }
      if case .node(let left, let right) = self {
        return left.contains(isWanted) || right.contains(isWanted)
      }
      return false
    }
  }

  @Test("A subtree takes the place of its tree")
  func trees() {
    let tree = Generator<Tree>.recursive(
      depth: 6, leaf: Generator<Int>.integer(in: 0...9).map { .leaf($0) }
    ) { smaller in Generator.tuple(smaller, smaller).map { .node($0, $1) } }
    expect("<0 7>", tree) { tree in
      tree.contains {
        if case .node(_, .leaf(let value)) = $0 { return value >= 7 }
        return false
      }
    }
  }

  @Test("Shrinking keeps to the bug that was found")
  func noSlippage() {
    for seed in 1...5 as ClosedRange<UInt64> {
      let failure = falsified(seed: seed) { testCase in
        let value = try testCase.draw(.integer(in: 0...1_000_000), as: "value")
        try testCase.require(value < 500_000, "large")
        try testCase.require(value != 3, "three")
      }
      #expect(failure?.message.hasPrefix("large") == true)
      #expect(failure?.draws == ["value = 500000"])
    }
  }

  @Test("Assumptions hold in the shrunk case")
  func assumptions() {
    for seed in 1...5 as ClosedRange<UInt64> {
      let failure = falsified(seed: seed) { testCase in
        let value = try testCase.draw(.integer(in: 0...100_000), as: "value")
        try testCase.assume(value % 7 == 5)
        try testCase.require(value < 100)
      }
      #expect(failure?.draws == ["value = 103"])
    }
  }

  @Test("Several draws shrink together, and drawing nothing is simplest of all")
  func severalDraws() {
    let failure = falsified(seed: 9) { testCase in
      let width = try testCase.draw(.integer(in: 1...50), as: "width")
      let height = try testCase.draw(.integer(in: 1...50), as: "height")
      try testCase.require(width + height < 60)
    }
    // The first number as small as the second's bound lets it be.
    #expect(failure?.draws == ["width = 10", "height = 50"])
    #expect(falsified(seed: 9) { _ in throw Violation(message: "always") }?.token == "p1")
  }

  @Test("Shrinking ends within its budget where every run is a failure of its own size")
  func budget() {
    let failure = falsified(seed: 2) { testCase in
      let list = try testCase.draw(.array(of: .integer(in: 0...UInt64.max), count: 500...500))
      // A property with many plateaus: only lists of a certain digest pass.
      let digest = list.reduce(0 as UInt64) { SeededRandom.mix($0, $1) }
      try testCase.require(digest % 16 == 0)
    }
    #expect(failure != nil)
    #expect((failure?.shrinkRuns ?? .max) <= Shrinker.maximumRuns)
  }
}
