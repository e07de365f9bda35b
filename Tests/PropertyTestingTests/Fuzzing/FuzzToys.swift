import PropertyTesting

/// A program under test that reports its own edges, as a compiler's instrumentation would.
struct FuzzToy {
  let coverage: ManualCoverage
  let target: FuzzTarget

  /// A magic of four bytes, then a number, then a bug: random bytes find it once in 2^64 tries.
  static func magicAndNumber() -> FuzzToy {
    let coverage = ManualCoverage(edgeCount: 16)
    nonisolated(unsafe) let edges = coverage
    let target = FuzzTarget("magic", "a planted bug", maximumBytes: 64) {
      (bytes, _) throws(Violation) in
      unsafe edges.hit(0)
      guard bytes.count >= 8 else { return }
      for (index, byte) in Array("EPHM".utf8).enumerated() {
        guard bytes[index] == byte else { return }
        unsafe edges.hit(1 + index)
      }
      let number = bytes[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard unsafe edges.areEqual(number, 0xdead_beef) else { return }
      throw Violation(message: "planted")
    }
    return FuzzToy(coverage: coverage, target: target)
  }

  /// A bug behind words that no comparison shows: only the dictionary, or two seeds together, know
  /// them.
  static func words(
    _ words: [[UInt8]], dictionary: [[UInt8]] = [], maximumBytes: Int = 64
  ) -> FuzzToy {
    let coverage = ManualCoverage(edgeCount: 1 + words.count)
    nonisolated(unsafe) let edges = coverage
    let target = FuzzTarget("words", "words", maximumBytes: maximumBytes, dictionary: dictionary) {
      (bytes, _) throws(Violation) in
      unsafe edges.hit(0)
      var found = 0
      for (index, word) in words.enumerated() where contains(bytes, word) {
        unsafe edges.hit(1 + index)
        found += 1
      }
      if found == words.count { throw Violation(message: "all words") }
    }
    return FuzzToy(coverage: coverage, target: target)
  }

  private static func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
    guard bytes.count >= word.count else { return false }
    return (0...(bytes.count - word.count)).contains { start in
      bytes[start..<(start + word.count)].elementsEqual(word)
    }
  }

  func run(
    seed: UInt64 = 1, executions: UInt64, inputs: [[UInt8]] = [],
    operators: [MutationOperator] = MutationOperator.allCases, usesFeedback: Bool = true,
    hooks: FuzzHooks = FuzzHooks()
  ) -> FuzzReport {
    var settings = FuzzSettings()
    settings.seed = seed
    settings.maximumExecutions = executions
    settings.operators = operators
    settings.usesFeedback = usesFeedback
    return FuzzEngine(target, coverage: coverage, settings: settings, hooks: hooks).run(inputs)
  }
}
