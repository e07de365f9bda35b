@testable import PropertyTesting

/// Settings of an empty environment.
let quiet = CheckSettings { _ in nil }

/// Runs a check without printing and without the environment; returns its report or its failure.
func quietly(
  name: String = "planted", cases: Int = 200, seed: UInt64 = 1, settings: CheckSettings = quiet,
  options: CheckOptions = CheckOptions(), replaying tokens: [String] = [],
  covering required: [RequiredLabel] = [], _ property: @escaping (inout TestCase) throws -> Void
) -> Result<CheckReport, PropertyFailure> {
  var runner = Runner(
    name: name, cases: cases, seed: seed, settings: settings, options: options, property: property)
  do {
    return .success(try runner.run(tokens: tokens, required: required))
  } catch {
    return .failure(error)
  }
}

extension Result where Success == CheckReport, Failure == PropertyFailure {
  /// The report of a check that held, or nil.
  var report: CheckReport? { try? get() }

  /// The failure of a check that did not hold, or nil.
  var failure: PropertyFailure? {
    if case .failure(let failure) = self { return failure }
    return nil
  }
}

/// Runs a property that must fail, without printing, and returns its failure.
func falsified(
  cases: Int = 2000, seed: UInt64, name: String = "planted",
  options: CheckOptions = CheckOptions(), _ property: @escaping (inout TestCase) throws -> Void
) -> PropertyFailure? {
  quietly(name: name, cases: cases, seed: seed, options: options, property).failure
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
