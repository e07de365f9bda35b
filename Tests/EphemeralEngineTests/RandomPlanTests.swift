import EphemeralModel
import PropertyTesting
import Testing

@testable import EphemeralEngine

@Suite("The prepared path on anything")
struct RandomPlanTests {
  /// Graphs in one part of the test.
  private static let graphs: UInt64 = 130

  @Test("Both paths agree on any graph, and no step leaves its range", arguments: 0..<8)
  func agreement(_ part: UInt64) throws {
    var (compared, planned) = (0, 0)
    for number in 0..<Self.graphs {
      let seed = SeededRandom.mix(part, number)
      var plan = try RandomPlan(seed: seed, size: 1 + Int(number % 10))
      if plan.isEmpty { continue }
      let requests = [plan.inputs, plan.otherInputs(), plan.inputs, plan.otherInputs()]
      let interpreted = try plan.model.assembled(isPlanned: false)
      let expected = requests.map { try? interpreted.run($0) }
      let pool = ComputePool(width: 1 + Int(number % 2))
      defer { pool.stop() }
      for guardBytes in [0, 4096] {
        let arena = SecretArena(budget: 256 << 20, guardBytes: guardBytes)
        do {
          let assembled = try plan.model.assembled(arena: arena, pool: pool)
          for (request, wanted) in zip(requests, expected) {
            guard let found = try? assembled.run(request), let wanted else { continue }
            compared += 1
            if assembled.isPlanned { planned += 1 }
            #expect(Self.agree(found, wanted), "seed \(seed), guards of \(guardBytes)")
          }
        }
        #expect(arena.damageCount == 0, "seed \(seed): written outside")
      }
    }
    #expect(planned > compared / 2 && compared > Int(Self.graphs), "\(planned) of \(compared)")
  }

  private static func agree(_ found: [TestTensor], _ wanted: [TestTensor]) -> Bool {
    guard found.map(\.shape) == wanted.map(\.shape), found.map(\.type) == wanted.map(\.type)
    else { return false }
    return zip(found, wanted).allSatisfy { a, b in
      let scale = b.values.filter(\.isFinite).map(abs).max() ?? 0
      return zip(a.values, b.values).allSatisfy { x, y in
        // Sums in another order may overflow, or cancel, in one of the two alone.
        !y.isFinite || scale > 1e9 || abs(x - y) <= 1e-4 + 1e-3 * scale
      }
    }
  }
}
