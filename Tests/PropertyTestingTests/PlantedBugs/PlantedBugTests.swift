@testable import PropertyTesting
import Testing

/// The harness's own yardstick: known bugs, found and shrunk to the stated case from every seed.
@Suite("Planted bugs")
struct PlantedBugTests {
  static let seeds: ClosedRange<UInt64> = 1...10
  /// Cases within which each must be found.
  static let maximumCases = 100_000
  /// Runs within which each must be minimal.
  static let maximumShrinkRuns = 10_000

  @Test("Found from every seed, and shrunk to the stated case exactly", arguments: PlantedBug.all)
  func minimal(_ bug: PlantedBug) throws {
    for seed in Self.seeds {
      let failure = try #require(
        falsified(cases: Self.maximumCases, seed: seed, name: bug.name, bug.property),
        "not found from seed \(seed)")
      #expect(failure.reason == .falsified)
      #expect(failure.draws == bug.minimal, "from seed \(seed): \(failure.description)")
      #expect(failure.shrinkRuns <= Self.maximumShrinkRuns)
    }
  }

  @Test("There are bugs of every kind, each under a name of its own")
  func catalogue() {
    #expect(PlantedBug.all.count >= 20)
    #expect(Set(PlantedBug.all.map(\.name)).count == PlantedBug.all.count)
    #expect(Set(PlantedBug.all.map(\.kind)) == Set(PlantedBug.Kind.allCases))
  }
}
