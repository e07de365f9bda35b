import EphemeralSymbolic
import Testing

/// A provider or an attacker made wrong on purpose, and what must come of it.
struct Canary: Sendable, CustomTestStringConvertible {
  let name: String
  let configuration: WorldConfiguration
  /// The numbers of the properties of which one must be found violated.
  let properties: [String]
  /// The length of a shortest counterexample.
  let steps: Int

  var testDescription: String { name }

  init(
    _ name: String, _ properties: [String], steps: Int, enclaves: Int = 1, clients: Int = 1,
    budget: Int = 1, _ change: (inout WorldConfiguration) -> Void
  ) {
    self.name = name
    self.properties = properties
    self.steps = steps
    var configuration = WorldConfiguration(
      "canary", .hostile, clients: clients, enclaves: enclaves, budget: budget)
    change(&configuration)
    self.configuration = configuration
  }

  static let all: [Canary] = [
    Canary("debug mode is accepted", ["S1"], steps: 2) { $0.flaws = .debugAccepted },
    Canary("any measurement is accepted", ["S1"], steps: 2) {
      $0.flaws = .measurementUnchecked
    },
    Canary("nobody's signature is accepted", ["S1"], steps: 2) { $0.flaws = .signatureUnchecked },
    Canary("user data and key are not compared", ["S1"], steps: 4) {
      $0.flaws = [.userDataUnchecked, .publicKeyUnchecked]
    },
    Canary("stale evidence is accepted", ["S1"], steps: 4) { $0.flaws = .freshnessUnchecked },
    Canary("T1 forgets the document", ["S1"], steps: 4) { $0.flaws = .offerForgetsDocument },
    Canary("one key for both directions", ["S5", "S6"], steps: 6) {
      $0.flaws = .directionlessKeys
    },
    Canary("sequence numbers are not bound", ["S5"], steps: 5) { $0.flaws = .sequenceUnbound },
    Canary("record keys are public", ["S1", "S7"], steps: 6) { $0.flaws = .publicKeys },
    Canary("the attacker has an enclave's KEM seed", ["S7"], steps: 1) {
      $0.mishap = [(.keySeed, .enclave1)]
    },
    Canary("the attacker has a client's seed", ["S7"], steps: 1) {
      $0.mishap = [(.clientSeed, .client1)]
    },
  ]
}

@Suite("Faults made on purpose are found")
struct CanaryTests {
  @Test("canary", arguments: Canary.all)
  func canary(_ canary: Canary) throws {
    let verdict = try SymbolicExploration.run(configuration: canary.configuration)
    let violation = try #require(verdict.violations.first)
    #expect(
      canary.properties.contains { violation.property.hasPrefix($0 + " ") },
      "found \(violation.property)")
    #expect(violation.steps.count == canary.steps, "\(violation.steps)")
    #expect(violation.chart != nil)
  }
}
