/// Checks a property over many random cases; on failure shrinks the case, prints a report with
/// seed and replay token, and throws it.
///
/// ```swift
/// try check(name: "reversing twice changes nothing") { testCase in
///   let list = try testCase.draw(.array(of: .integer(in: 0...9), count: 0...20), as: "list")
///   testCase.label("empty", if: list.isEmpty)
///   try testCase.require(Array(list.reversed().reversed()) == list)
/// }
/// ```
///
/// - Parameters:
///   - name: the property, unique in its test target; part of every case's seed.
///   - cases: how many cases must hold, unless `EPHML_CASES` says otherwise.
///   - seed: fixes the cases; nil takes `EPHML_SEED`, or else a fresh one.
///   - tokens: replay tokens of earlier failures, run first.
///   - required: labels that must appear.
///   - options: phases, health checks and where failures are kept.
///   - property: throws where it does not hold; called many times, must depend on its draws alone.
@discardableResult
public func check(
  name: String, cases: Int = 200, seed: UInt64? = nil, replaying tokens: [String] = [],
  covering required: [RequiredLabel] = [], options: CheckOptions = CheckOptions(),
  _ property: @escaping (inout TestCase) throws -> Void
) throws(PropertyFailure) -> CheckReport {
  let settings = CheckSettings.fromEnvironment
  var runner = Runner(
    name: name, cases: cases, seed: seed, settings: settings, options: options, property: property)
  do {
    let report = try runner.run(tokens: tokens, required: required)
    if settings.printsStatistics { print("property \"\(name)\" held; \(report)") }
    return report
  } catch {
    print(error.description)
    throw error
  }
}

/// Checks a property of one generated value.
@discardableResult
public func check<Value>(
  name: String, cases: Int = 200, seed: UInt64? = nil, replaying tokens: [String] = [],
  options: CheckOptions = CheckOptions(), for generator: Generator<Value>,
  _ property: @escaping (Value) throws -> Void
) throws(PropertyFailure) -> CheckReport {
  try check(name: name, cases: cases, seed: seed, replaying: tokens, options: options) { testCase in
    try property(try testCase.draw(generator, as: "value"))
  }
}
