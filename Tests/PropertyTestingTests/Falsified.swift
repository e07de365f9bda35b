@testable import PropertyTesting

/// Runs a property that must fail, without printing, and returns its failure.
func falsified(
  cases: Int = 2000, seed: UInt64, name: String = "planted",
  _ property: @escaping (inout TestCase) throws -> Void
) -> PropertyFailure? {
  var runner = Runner(
    name: name, cases: cases, seed: seed, settings: CheckSettings { _ in nil },
    property: property)
  do {
    _ = try runner.run(tokens: [], required: [])
    return nil
  } catch {
    return error
  }
}

/// The minimal value that a planted bug shrinks to, as text, for each of several seeds.
func minimalValues<Value>(
  _ generator: Generator<Value>, failsIf isBad: @escaping (Value) -> Bool
) -> [String] {
  (1...5 as ClosedRange<UInt64>).map { seed in
    let failure = falsified(seed: seed) { testCase in
      let value = try testCase.draw(generator, as: "value")
      try testCase.require(!isBad(value))
    }
    return failure.map { $0.draws.joined(separator: "; ") } ?? "not found"
  }
}
