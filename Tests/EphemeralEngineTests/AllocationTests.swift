import AllocationCounter
import EphemeralModel
import Glibc
import Testing

@testable import EphemeralEngine

@Suite("Allocation")
struct AllocationTests {
  @Test("A shape that was seen before allocates nothing", arguments: PlannedCase.allCases)
  func secondRun(_ kind: PlannedCase) throws {
    for width in [1, 3] {
      let pool = ComputePool(width: width)
      defer { pool.stop() }
      let (model, inputs) = try kind.make(9)
      let assembled = try model.assembled(isPlanned: true, pool: pool)
      for _ in 0..<2 { _ = try assembled.run(inputs) }
      #expect(try assembled.countedRun() == 0, "\(width) threads")
    }
  }

  @Test("The counter counts")
  func canary() {
    allocation_counter_begin()
    let array = [Int](repeating: 1, count: Int(getpid()) % 7 + 100)
    let count = allocation_counter_end()
    #expect(count > 0 && array[0] == 1)
  }
}

extension AssembledModel {
  /// Runs the binding that was used last once more, over whatever its inputs hold: zeros.
  fileprivate func countedRun() throws -> Int64 {
    try withPlanned { planned, weights in
      let binding = try #require(planned.latestBinding)
      allocation_counter_begin()
      _ = try planned.begin(binding, weights: weights)
      try planned.run(binding)
      planned.end(binding)
      return allocation_counter_end()
    }
  }
}
