import EphemeralModel
import Testing

@testable import EphemeralEngine

@Suite("Hostile graphs on the prepared path")
struct HostilePlanTests {
  /// Runs a model on both paths, expects the same, and that no step leaves its range.
  private func agree(
    _ model: TestModel, _ inputs: [(String, TestTensor)], requests: Int = 1
  ) throws {
    let expected = try model.assembled(isPlanned: false).run(inputs)
    for guardBytes in [0, 4096] {
      let arena = SecretArena(budget: 64 << 20, guardBytes: guardBytes)
      do {
        let planned = try model.assembled(arena: arena, pool: .shared)
        for _ in 0..<requests {
          let found = try planned.run(inputs)
          #expect(planned.isPlanned)
          #expect(found.map(\.shape) == expected.map(\.shape))
          for (a, b) in zip(found, expected) {
            #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) <= 1e-4 })
          }
        }
      }
      #expect(arena.damageCount == 0, "written outside")
    }
  }

  @Test(
    "A normalization of one row writes that row alone", arguments: [[1, 1, 9, 7], [1, 1, 40]])
  func singleRow(_ shape: [Int]) throws {
    var random = SplitMix(seed: 5)
    var model = TestModel()
    let x = model.input("x", .float32)
    let vectors = (0..<4).map { _ in model.constant(TestTensor(.float32, [1], [0.5])) }
    model.output("y", model.node("BatchNormalization", 9, [x] + vectors)[0])
    try agree(model, [("x", PlannedCase.noise(shape, &random))])
  }

  @Test("A matrix that is used both ways is packed both ways")
  func bothWays() throws {
    var random = SplitMix(seed: 6)
    var model = TestModel()
    let (a, b) = (model.input("a", .float32), model.input("b", .float32))
    let matrix = model.weights([900, 1], &random)
    model.output("y", model.node("Gemm", 13, [a, matrix], [Attribute("transB", .int(1))])[0])
    model.output("z", model.node("MatMul", 13, [b, matrix])[0])
    try agree(
      model,
      [("a", PlannedCase.noise([2, 1], &random)), ("b", PlannedCase.noise([2, 900], &random))])
  }

  @Test("Filters that are used in groups and without are packed for each")
  func bothGroupings() throws {
    var random = SplitMix(seed: 6)
    var model = TestModel()
    let (a, b) = (model.input("a", .float32), model.input("b", .float32))
    let filters = model.weights([64, 1, 3, 3], &random)
    model.output("y", model.node("Conv", 11, [a, filters])[0])
    model.output("z", model.node("Conv", 11, [b, filters], [Attribute("group", .int(64))])[0])
    try agree(
      model,
      [
        ("a", PlannedCase.noise([1, 1, 4, 4], &random)),
        ("b", PlannedCase.noise([1, 64, 4, 4], &random)),
      ])
  }

  @Test("A constant under two names is not packed in its place")
  func renamed() throws {
    var random = SplitMix(seed: 6)
    var model = TestModel()
    let a = model.input("a", .float32)
    let matrix = model.weights([16, 96], &random)
    let name = model.node("Identity", 13, [matrix])[0]
    model.output("p", model.node("MatMul", 13, [a, name])[0])
    model.output("q", model.node("MatMul", 13, [a, matrix])[0])
    let turned = model.node("Transpose", 13, [matrix])[0]
    let again = model.node("Reshape", 13, [turned, model.list([96, 16])])[0]
    let isTurned = [Attribute("transB", .int(1))]
    model.output("r", model.node("Gemm", 13, [a, turned], isTurned)[0])
    model.output("s", model.node("Gemm", 13, [a, again], isTurned)[0])
    try agree(model, [("a", PlannedCase.noise([2, 16], &random))])
  }

  @Test("A binding outlives the weights that its indices came from")
  func lentIndices() throws {
    var random = SplitMix(seed: 6)
    var model = TestModel()
    let a = model.input("a", .float32)
    let index = model.node("Reshape", 13, [model.list([3, 2]), model.list([2, 1])])[0]
    model.output("y", model.node("Gather", 13, [a, index])[0])
    model.lifetime = .perInference
    try agree(model, [("a", PlannedCase.noise([5, 3], &random))], requests: 3)
  }

  @Test(
    "Any number of rows of nothing is nothing to do",
    arguments: ["Transpose", "ReduceSum", "Softmax"],
    [[1 << 30, 1, 0], [1 << 30, 5, 0], [0, 1 << 20, 1 << 19], [1 << 39, 2, 0]])
  func nothing(_ operation: String, _ shape: [Int]) throws {
    var model = TestModel()
    let x = model.input("x", .float32)
    var attributes: [Attribute] = []
    if operation == "Transpose" { attributes = [Attribute("perm", .ints([0, 1, 2]))] }
    if operation == "ReduceSum" { attributes = [Attribute("axes", .ints([1]))] }
    let version = operation == "Transpose" ? 13 : 11
    model.output("y", model.node(operation, version, [x], attributes)[0])
    let assembled = try model.assembled(isPlanned: true)
    let binding = try assembled.withPlanned { planned, weights in
      try? planned.binding(for: [Shape(shape)], weights: weights)
    }
    let tasks = binding.map { $0.steps.reduce(0) { $0 + $1.taskCount } } ?? 0
    #expect(tasks < 1_000)
    // The interpreter pays for rows that it may walk through.
    let interpreted = try model.assembled(isPlanned: false)
    #expect(throws: EngineError.workExceeded) {
      try interpreted.run([("x", TestTensor(.float32, [1 << 38, 0, 2], []))])
    }
  }

  @Test("A plan of too many parts goes back to the interpreter")
  func manyParts() throws {
    var random = SplitMix(seed: 6)
    var model = TestModel()
    let group = 1 << 15
    var y = model.input("x", .float32)
    let filters = model.weights([group, 1, 1, 1], &random)
    for _ in 0..<8 {
      y = model.node("Conv", 11, [y, filters], [Attribute("group", .int(Int64(group)))])[0]
    }
    model.output("y", y)
    let assembled = try model.assembled(isPlanned: true)
    let found = try assembled.run([("x", TestTensor(.float32, [0, group, 1, 1], []))])
    #expect(!assembled.isPlanned && found[0].shape == [0, group, 1, 1])
  }

  @Test("Bins of a region that overlap are paid for each")
  func overlappingBins() throws {
    var model = TestModel()
    let (x, regions) = (model.input("x", .float32), model.input("regions", .float32))
    let bins = [Attribute("pooled_shape", .ints([65_536, 1]))]
    model.output("y", model.node("MaxRoiPool", 1, [x, regions], bins)[0])
    let width = 1 << 16
    let image = TestTensor(
      type: .float32, shape: [1, 1, 1, width], bytes: .init(repeating: 0, count: 4 * width))
    let region = TestTensor(.float32, [1, 5], [0, 0, 0, 1e9, 0])
    #expect(throws: EngineError.workExceeded) {
      try model.run(
        [("x", image), ("regions", region)], limits: EngineLimits(maximumOperations: 1 << 30))
    }
  }

  @Test("Every node costs something")
  func stepCost() throws {
    var model = TestModel()
    let x = model.input("x", .float32)
    var y = x
    for _ in 0..<100 { y = model.node("Sinh", 9, [y])[0] }
    model.output("y", y)
    let one = TestTensor(.float32, [1], [0])
    #expect(throws: EngineError.workExceeded) {
      try model.run([("x", one)], limits: EngineLimits(maximumOperations: 1 << 20))
    }
    #expect(try model.run([("x", one)])[0].values == [0])
  }

  @Test("Memory in too many pieces is refused, not searched")
  func pieces() throws {
    let arena = SecretArena(budget: 64 << 20)
    var blocks: [ArenaBlock?] = []
    for _ in 0..<40_000 { blocks.append(try arena.allocate(64)) }
    for index in stride(from: 0, to: blocks.count, by: 2) { blocks[index] = nil }
    #expect(throws: EngineError.budgetExceeded) { try arena.allocate(64) }
    blocks = []
    _ = try arena.allocate(64)
  }
}
