import AllocationCounter
import EphemeralCrypto
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

  /// From the request's bytes to the response's: the one thing allocated is the response, which the
  /// session then owns. A secret of more than 1 KiB is one mapping, a small one a place of a slab.
  @Test("A repeated inference allocates its response alone", arguments: PlannedCase.allCases)
  func wholeInference(_ kind: PlannedCase) throws {
    for width in [1, 3] {
      let pool = ComputePool(width: width)
      defer { pool.stop() }
      let (model, inputs) = try kind.make(9)
      let assembled = try model.assembled(isPlanned: true, pool: pool)
      let expected = try assembled.run(inputs)
      // Sequences of one, two and three bytes: the rest of the message moves.
      for sequence: UInt64 in [2, 24, 300] {
        let request = try AssembledModel.request(inputs, sequence: sequence)
        allocation_counter_begin()
        let response = try assembled.infer(request: request.span)
        let found = allocation_counter_end()
        allocation_counter_begin()
        let alone = try SecretBytes(count: response.count)
        let least = allocation_counter_end()
        #expect(found == least, "\(width) threads, sequence \(sequence)")
        #expect(alone.count == response.count)
        #expect(try assembled.run(inputs, sequence: sequence + 1) == expected)
      }
    }
  }

  @Test("Requests that are framed otherwise, or hold wrong data, are read as ever")
  func framing() throws {
    let (model, inputs) = try PlannedCase.bert.make(6)
    let assembled = try model.assembled(isPlanned: true)
    let expected = try assembled.run(inputs)
    #expect(try assembled.run(inputs) == expected)
    #expect(try assembled.run(inputs.reversed()) == expected)
    #expect(try assembled.run(inputs) == expected)
    var bad = inputs
    bad[0].1 = TestTensor(.int64, [1, 6], [1, 2, 99, 3, 4, 5])
    #expect(throws: EngineError.indexOutOfRange) { try assembled.run(bad) }
    let good = try AssembledModel.request(inputs)
    for cut in 0..<good.count {
      let part = Array(good[..<cut])
      #expect(throws: EngineError.inputInvalid) { _ = try assembled.infer(request: part.span) }
    }
    // A byte changed of what lies between random bytes and data: counts, names, types, shapes.
    let (a, b) = (try assembled.run(inputs), try PlannedCase.bert.make(5).inputs)
    #expect(a == expected)
    #expect(try assembled.run(b)[0].shape == [1, 5, 24])
    for at in Array(0..<4) + Array(36..<48) {
      var changed = good
      changed[at] ^= 0x80
      #expect(throws: EngineError.inputInvalid) { _ = try assembled.infer(request: changed.span) }
    }
    #expect(try assembled.run(inputs) == expected)
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
