import EphemeralSymbolic
import Testing

@Suite("The production machines, explored completely")
struct ExplorationTests {
  /// Small enough for every run of the tests; the program explores the others.
  static let names = [
    "role-client", "role-host", "role-enclave", "hostile-1", "refetch", "live", "relay",
    "relay-live", "relay-honest", "twins-refetch",
  ]

  @Test("every property holds", arguments: names)
  func holds(_ name: String) throws {
    let configuration = try #require(WorldConfiguration.named(name))
    let verdict = try SymbolicExploration.run(configuration: configuration)
    #expect(verdict.isComplete)
    #expect(verdict.violations.map(\.property) == [])
  }

  /// The figures that the model checker finds for the same bounds (Spec/Model/World.md §4).
  @Test(
    "as many projected states as the model has",
    arguments: [
      ("hostile-1", 9316, "4e0ee3aaf44cd6d5"), ("refetch", 1001, "584a6c5ec22a956c"),
      ("live", 2084, "720945a40c824e5f"), ("relay", 2148, "6203732948fcfed2"),
    ])
  func figures(_ name: String, _ states: Int, _ digest: String) throws {
    let configuration = try #require(WorldConfiguration.named(name))
    let verdict = try SymbolicExploration.run(configuration: configuration)
    #expect(verdict.figures.states == states)
    #expect(verdict.figures.digestText == digest)
  }

  @Test("a role alone reaches each of its table's rows, and its start")
  func rows() throws {
    for (name, rows) in [("role-client", 276), ("role-host", 296), ("role-enclave", 426)] {
      let configuration = try #require(WorldConfiguration.named(name))
      let verdict = try SymbolicExploration.run(configuration: configuration)
      #expect(verdict.figures.rows.count == rows)
      #expect(verdict.figures.states == rows + 1)
    }
  }

  @Test("what the checks are about happens")
  func sometimes() throws {
    let splice = try #require(WorldConfiguration.named("splice"))
    let verdict = try SymbolicExploration.run(configuration: splice, keepsLines: true)
    let wanted = [
      "a client completes": "awaitingZeroized-zeroized-valid",
      "an enclave answers the attacker": "|A|2|1|",
      "a client is led to the second enclave": "keyExchange>e2",
      "other evidence is refused": "awaitingEvidence-evidence-refused",
      "another's KeyExchange is refused": "offered-keyExchange-refused",
      "a record does not open": "unreadable-always",
      "a forged chunk is refused": "assembling-failed-always",
    ]
    for (name, text) in wanted.sorted(by: { $0.key < $1.key }) {
      #expect(verdict.lines.contains { $0.contains(text) }, "\(name)")
    }
  }
}
