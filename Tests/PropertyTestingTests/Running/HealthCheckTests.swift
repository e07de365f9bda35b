@testable import PropertyTesting
import Testing

@Suite("Health checks")
struct HealthCheckTests {
  /// A property that shows each sign of ill health.
  private static func property(_ check: HealthCheck) -> (inout TestCase) throws -> Void {
    var runs = 0
    return { testCase in
      if check != .alwaysTheSame { _ = try testCase.draw(Generator<Int>.integer()) }
      switch check {
      case .tooManyDiscards:
        try testCase.assume(try testCase.draw(Generator<Int>.integer(in: 0...99)) == 7)
      case .casesTooLarge:
        if try testCase.draw(.bool(probability: 0.3)) {
          while true { _ = try testCase.draw(.bool()) }
        }
      case .tooSlow:
        _ = try testCase.draw(Generator<Bool>.bool().array(count: 30_000...30_000))
      case .alwaysTheSame: _ = try testCase.draw(.integer(in: 5...5))
      case .notDeterministic:
        runs += 1
        try testCase.require(runs != 5)
      }
    }
  }

  @Test("Each sign fails the check and says what to do", arguments: HealthCheck.allCases)
  func ill(_ check: HealthCheck) throws {
    let failure = try #require(quietly(cases: 110, Self.property(check)).failure)
    #expect(failure.reason == .unhealthy(check))
    #expect(failure.message.contains(check.rawValue))
    #expect(failure.message.contains(check.advice))
  }

  @Test("A sign that is suppressed by name does not count", arguments: HealthCheck.allCases)
  func suppressed(_ check: HealthCheck) {
    let options = CheckOptions(suppressing: [check])
    let variables = CheckSettings { $0 == "EPHML_SUPPRESS" ? "other,\(check.rawValue)" : nil }
    for result in [
      quietly(cases: 110, options: options, Self.property(check)),
      quietly(cases: 110, settings: variables, Self.property(check)),
    ] {
      // The report of a bug that does not repeat can be had, but says as much.
      #expect(
        result.failure.map(\.reason) == (check == .notDeterministic ? .unhealthy(check) : nil))
      if check == .notDeterministic {
        #expect(result.failure?.message.contains("shrunk case") == true)
      }
    }
  }

  @Test("A check ends where all signs are suppressed and no case fits")
  func noCaseFits() {
    let options = CheckOptions(suppressing: Set(HealthCheck.allCases))
    let report = quietly(cases: 3, options: options) { testCase in
      try testCase.assume(false)
    }.report
    #expect(report?.passed == 0)
    #expect(report?.discarded == 10_300)
  }

  @Test("A healthy check shows none of the signs")
  func healthy() {
    let result = quietly(cases: 2000) { testCase in
      let list = try testCase.draw(Generator<Int>.integer().array(count: 0...100))
      try testCase.assume(list.count != 3)
    }
    #expect(result.failure == nil)
  }
}
