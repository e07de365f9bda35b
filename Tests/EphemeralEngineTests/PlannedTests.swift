import EphemeralModel
import Testing

@testable import EphemeralEngine

@Suite("The prepared path against the interpreter")
struct PlannedTests {
  static let sizes = [1, 2, 7, 16, 33]

  @Test("Both paths agree", arguments: PlannedCase.allCases, sizes)
  func agreement(_ kind: PlannedCase, _ size: Int) throws {
    let (model, inputs) = try kind.make(size)
    let planned = try model.assembled(isPlanned: true)
    let found = try planned.run(inputs)
    #expect(planned.isPlanned, "fell back to the interpreter")
    let expected = try model.assembled(isPlanned: false).run(inputs)
    #expect(found.map(\.shape) == expected.map(\.shape))
    for (a, b) in zip(found, expected) {
      let scale = b.values.map(abs).max() ?? 0
      for (x, y) in zip(a.values, b.values) where !(abs(x - y) <= 1e-6 + 1e-5 * scale) {
        Issue.record("\(kind) \(size): \(x) is not \(y)")
        return
      }
    }
  }

  @Test("Any number of threads gives the same bits", arguments: PlannedCase.allCases, sizes)
  func threads(_ kind: PlannedCase, _ size: Int) throws {
    let (model, inputs) = try kind.make(size)
    var expected: [TestTensor]?
    for width in 1...4 {
      let pool = ComputePool(width: width)
      defer { pool.stop() }
      let assembled = try model.assembled(isPlanned: true, pool: pool)
      for _ in 0..<3 {
        let found = try assembled.run(inputs)
        if let expected { #expect(found == expected, "\(width) threads") }
        expected = found
      }
    }
  }

  @Test("The rewriting takes in what it should", arguments: PlannedCase.allCases)
  func rewriting(_ kind: PlannedCase) throws {
    let (model, _) = try kind.make(4)
    let names = try #require(try model.assembled(isPlanned: true).plannedOperators)
    #expect(kind.gone.isDisjoint(with: names), "still there: \(kind.gone.intersection(names))")
  }

  @Test("Shapes may change from request to request, more often than bindings are kept")
  func manyShapes() throws {
    let (model, _) = try PlannedCase.bert.make(4)
    let (planned, interpreted) = (
      try model.assembled(isPlanned: true), try model.assembled(isPlanned: false)
    )
    for size in Array(1...12) + [3, 1, 12] {
      let inputs = try PlannedCase.bert.make(size).inputs
      let (a, b) = (try planned.run(inputs)[0], try interpreted.run(inputs)[0])
      #expect(a.shape == b.shape)
      #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) < 1e-4 }, "size \(size)")
    }
  }

  @Test("A form that only the shapes show goes back to the interpreter, weights and all")
  func lateFallback() throws {
    var random = SplitMix(seed: 3)
    var model = TestModel()
    let x = model.input("x", .float32)
    let y = model.node("MatMul", 13, [x, model.weights([16, 96], &random)])[0]
    // Softmax over an inner axis has no prepared form; its rank is not known before a request.
    model.output("y", model.node("Softmax", 13, [y], [Attribute("axis", .int(1))])[0])
    let inputs = [("x", PlannedCase.noise([2, 3, 16], &random))]
    let planned = try model.assembled(isPlanned: true)
    #expect(planned.isPlanned)
    let expected = try model.assembled(isPlanned: false).run(inputs)
    #expect(try planned.run(inputs) == expected)
    #expect(!planned.isPlanned)
    #expect(try planned.run(inputs) == expected)
  }

  @Test("With lifetime perInference each request opens and packs anew", arguments: [3, 16])
  func perInference(_ size: Int) throws {
    var (model, inputs) = try PlannedCase.bert.make(size)
    let expected = try model.assembled(isPlanned: true).run(inputs)
    model.lifetime = .perInference
    let assembled = try model.assembled(isPlanned: true)
    for _ in 0..<2 { #expect(try assembled.run(inputs) == expected) }
    #expect(assembled.isPlanned)
  }

  @Test("After an inference nothing of it is in the arena", arguments: PlannedCase.allCases)
  func wiping(_ kind: PlannedCase) throws {
    let (model, inputs) = try kind.make(9)
    let assembled = try model.assembled(isPlanned: true)
    let output = try assembled.run(inputs)[0]
    for tensor in inputs.map(\.1) + [output] where tensor.type == .float32 {
      let needle = Array(tensor.bytes.prefix(16))
      unsafe assembled.arena.inspect { region in
        for start in stride(from: 0, to: region.count - 16, by: 4) {
          let isHere = needle.indices.allSatisfy { unsafe region[start + $0] == needle[$0] }
          #expect(!isHere, "found at \(start)")
          if isHere { return }
        }
      }
    }
  }

  @Test("An index outside the table is refused, and the model lives on")
  func badIndex() throws {
    let (model, inputs) = try PlannedCase.bert.make(4)
    let assembled = try model.assembled(isPlanned: true)
    let good = try assembled.run(inputs)
    for bad in [50.0, -51, 1e15] {
      var wrong = inputs
      wrong[0].1 = TestTensor(.int64, [1, 4], [1, 2, bad, 3])
      #expect(throws: EngineError.indexOutOfRange) { try assembled.run(wrong) }
    }
    #expect(try assembled.run(inputs) == good)
  }

  @Test("Constants, and what is worked out of them, may be outputs and weights")
  func constants() throws {
    var random = SplitMix(seed: 11)
    var model = TestModel()
    let x = model.input("x", .float32)
    let table = model.weights([16, 6_000], &random)
    let doubled = model.node("Add", 14, [table, table])[0]
    model.output("y", model.node("MatMul", 13, [x, doubled])[0])
    model.output("doubled", doubled)
    model.output("table", table)
    let inputs = [("x", PlannedCase.noise([3, 16], &random))]
    for lifetime in [LifetimePolicy.standard, .perInference] {
      model.lifetime = lifetime
      let planned = try model.assembled(isPlanned: true)
      let expected = try model.assembled(isPlanned: false).run(inputs)
      let found = try planned.run(inputs)
      #expect(found[1...] == expected[1...])
      #expect(
        zip(found[0].values, expected[0].values).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }
}
