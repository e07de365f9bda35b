import EphemeralCrypto
import EphemeralModel
import EphemeralWire
import Testing

@testable import EphemeralEngine

/// A graph that must end in a named error: not in a trap, a hang or too much memory.
struct HostileGraph: CustomStringConvertible, Sendable {
  let description: String
  let expected: EngineError
  let operation: String
  let version: Int
  let inputs: [TestTensor]
  var attributes: [Attribute] = []
  var outputs = 1

  private static func vector(_ values: Int64...) -> TestTensor {
    TestTensor(
      type: .int64, shape: [values.count],
      bytes: values.flatMap { value in
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      })
  }
  private static func scalar(_ value: Int64) -> TestTensor {
    var tensor = vector(value)
    tensor.shape = []
    return tensor
  }
  private static let square = TestTensor(.float32, [2, 2], [1, 2, 3, 4])
  private static let image = TestTensor(.float32, [1, 1, 2, 2], [1, 2, 3, 4])

  static let all: [HostileGraph] = [
    .init("division by zero", .divisionUndefined, "Div", 14, [vector(1), vector(0)]),
    .init("the least integer by −1", .divisionUndefined, "Div", 14, [vector(.min), vector(-1)]),
    .init("remainder by zero", .divisionUndefined, "Mod", 13, [vector(1), vector(0)]),
    .init(
      "operands that do not broadcast", .shapeMismatch, "Add", 14, [vector(1, 2), vector(1, 2, 3)]),
    .init(
      "a broadcast beyond the budget", .budgetExceeded, "Expand", 13,
      [square, vector(1 << 18, 2, 2)]),
    .init("a broadcast beyond all bounds", .workExceeded, "Expand", 13, [scalar(1), vector(.max)]),
    .init("a negative broadcast", .shapeMismatch, "Expand", 13, [scalar(1), vector(-4)]),
    .init(
      "too many dimensions", .workExceeded, "Expand", 13,
      [scalar(1), vector(1, 1, 1, 1, 1, 1, 1, 1, 1)]),
    .init("a fill beyond the budget", .budgetExceeded, "ConstantOfShape", 9, [vector(1 << 30)]),
    .init(
      "a fill whose size overflows", .workExceeded, "ConstantOfShape", 9, [vector(1 << 32, 1 << 32)]
    ),
    .init(
      "a fill that overflows behind a zero", .workExceeded, "ConstantOfShape", 9,
      [vector(0, 1 << 62, 1 << 62)]),
    .init("a negative fill", .shapeMismatch, "ConstantOfShape", 9, [vector(-1)]),
    .init(
      "a range without a step", .divisionUndefined, "Range", 11, [scalar(0), scalar(1), scalar(0)]),
    .init(
      "a range over all integers", .workExceeded, "Range", 11,
      [scalar(.min), scalar(.max), scalar(1)]),
    .init(
      "a range beyond the budget", .budgetExceeded, "Range", 11,
      [scalar(0), scalar(1 << 30), scalar(1)]),
    .init(
      "tiling beyond the budget", .budgetExceeded, "Tile", 13, [square, vector(1 << 12, 1 << 12)]),
    .init("tiling that overflows", .workExceeded, "Tile", 13, [square, vector(.max, .max)]),
    .init("negative tiling", .shapeMismatch, "Tile", 13, [square, vector(-1, 1)]),
    .init(
      "padding beyond the budget", .budgetExceeded, "Pad", 13, [square, vector(1 << 24, 0, 0, 0)]),
    .init("padding that overflows", .workExceeded, "Pad", 13, [square, vector(.max, 0, .max, 0)]),
    .init(
      "cropping more than there is", .shapeMismatch, "Pad", 13, [square, vector(-2, 0, -1, 0)]),
    .init("a shape of another size", .shapeMismatch, "Reshape", 14, [square, vector(3)]),
    .init("a shape with two open places", .shapeMismatch, "Reshape", 14, [square, vector(-1, -1)]),
    .init(
      "a shape that keeps what is not there", .shapeMismatch, "Reshape", 14,
      [square, vector(4, 1, 0)]),
    .init(
      "a shape that overflows", .workExceeded, "Reshape", 14,
      [square, vector(1 << 40, 1 << 40, -1)]),
    .init("an index above", .indexOutOfRange, "Gather", 13, [square, vector(2)]),
    .init("an index below", .indexOutOfRange, "Gather", 13, [square, vector(-3)]),
    .init("the least index", .indexOutOfRange, "Gather", 13, [square, vector(.min)]),
    .init(
      "the greatest index", .indexOutOfRange, "GatherElements", 13,
      [square, TestTensor(.int64, [1, 1], [1e18])]),
    .init(
      "an axis that is not there", .shapeMismatch, "Gather", 13, [square, vector(0)],
      [Attribute("axis", .int(2))]),
    .init(
      "the least axis", .shapeMismatch, "Concat", 13, [square], [Attribute("axis", .int(.min))]),
    .init(
      "a slice without a step", .shapeMismatch, "Slice", 13,
      [square, vector(0), vector(1), vector(0), vector(0)]),
    .init(
      "a slice along one axis twice", .shapeMismatch, "Slice", 13,
      [square, vector(0, 0), vector(1, 1), vector(0, 0)]),
    .init(
      "parts that are too large", .shapeMismatch, "Split", 13, [square, vector(.max, 2)], outputs: 2
    ),
    .init(
      "parts that are negative", .shapeMismatch, "Split", 13, [square, vector(-1, 3)], outputs: 2),
    .init(
      "a permutation that is none", .shapeMismatch, "Transpose", 13, [square],
      [Attribute("perm", .ints([0, 0]))]),
    .init(
      "matrices that do not fit", .shapeMismatch, "MatMul", 13,
      [square, TestTensor(.float32, [3], [1, 2, 3])]),
    .init(
      "a product with a scalar", .shapeMismatch, "MatMul", 13,
      [square, TestTensor(.float32, [], [1])]),
    .init(
      "a kernel larger than its input", .shapeMismatch, "MaxPool", 12, [image],
      [Attribute("kernel_shape", .ints([3, 3]))]),
    .init(
      "a huge kernel in huge padding", .budgetExceeded, "AveragePool", 11, [image],
      [
        Attribute("kernel_shape", .ints([60_000, 60_000])),
        Attribute("pads", .ints([65_000, 65_000, 65_000, 65_000])),
        Attribute("count_include_pad", .int(1)),
      ]),
    .init(
      "a huge kernel on a small result", .workExceeded, "AveragePool", 11, [image],
      [
        Attribute("kernel_shape", .ints([60_000, 60_000])),
        Attribute("pads", .ints([30_001, 30_001, 30_001, 30_001])),
      ]),
    .init(
      "many images of nothing under many kernels", .workExceeded, "Conv", 11,
      [
        TestTensor(.float32, [1 << 20, 1 << 20, 0], []),
        TestTensor(.float32, [0, 1 << 20, 1 << 16], []),
      ], [Attribute("pads", .ints([60_000, 60_000]))]),
    .init("kernels of the wrong rank", .shapeMismatch, "Conv", 11, [image, square]),
    .init(
      "groups that do not divide", .shapeMismatch, "Conv", 11, [image, image],
      [Attribute("group", .int(2))]),
    .init("squeezing what is not one", .shapeMismatch, "Squeeze", 13, [square, vector(0)]),
    .init("the same new axis twice", .shapeMismatch, "Unsqueeze", 13, [square, vector(0, 0)]),
    .init(
      "too many new axes", .workExceeded, "Unsqueeze", 13, [square, vector(0, 1, 2, 3, 4, 5, 6, 7)]),
    .init(
      "a mean over nothing of integers", .divisionUndefined, "ReduceMean", 13,
      [TestTensor(.int64, [0], [])]),
    .init(
      "the greatest of nothing", .shapeMismatch, "ArgMax", 13, [TestTensor(.float32, [0, 2], [])]),
  ]

  init(
    _ description: String, _ expected: EngineError, _ operation: String, _ version: Int,
    _ inputs: [TestTensor], _ attributes: [Attribute] = [], outputs: Int = 1
  ) {
    self.description = description
    self.expected = expected
    self.operation = operation
    self.version = version
    self.inputs = inputs
    self.attributes = attributes
    self.outputs = outputs
  }
}

@Suite("Hostile graphs and requests")
struct HostileTests {
  @Test("Ends in a named error", arguments: HostileGraph.all)
  func graph(_ hostile: HostileGraph) throws {
    var model = TestModel()
    var given: [(String, TestTensor)] = []
    var ids: [ValueID] = []
    for (index, tensor) in hostile.inputs.enumerated() {
      ids.append(model.input("i\(index)", tensor.type))
      given.append(("i\(index)", tensor))
    }
    let results = model.node(
      hostile.operation, hostile.version, ids, outputs: hostile.outputs, hostile.attributes)
    for (index, id) in results.enumerated() { model.output("o\(index)", id) }
    let assembled = try model.assembled(budget: 4 << 20)
    #expect(throws: hostile.expected) { try assembled.run(given) }
    #expect(assembled.arena.peakMappedBytes <= 4 << 20)
  }

  @Test("Extreme slices are clamped, not computed with")
  func slices() throws {
    let least = TestTensor(type: .int64, shape: [1], bytes: [0, 0, 0, 0, 0, 0, 0, 0x80])
    let greatest = TestTensor(
      type: .int64, shape: [1], bytes: [UInt8](repeating: 0xff, count: 7) + [0x7f])
    let axis = TestTensor(.int64, [1], [0])
    for start in [least, greatest] {
      for end in [least, greatest] {
        for step in [least, greatest] {
          var model = TestModel()
          let ids = ["x", "s", "e", "a", "p"].map {
            model.input($0, $0 == "x" ? .float32 : .int64)
          }
          model.output("y", model.node("Slice", 13, ids)[0])
          let x = TestTensor(.float32, [3], [1, 2, 3])
          let result = try model.run([
            ("x", x), ("s", start), ("e", end), ("a", axis), ("p", step),
          ])[0]
          #expect(result.shape[0] <= 1)
        }
      }
    }
  }

  @Test("Operators, versions, types and attributes that are not claimed are refused")
  func unsupported() throws {
    func refused(
      _ name: String, _ version: Int, type: ElementType = .float32, _ attributes: [Attribute] = []
    ) throws {
      var model = TestModel()
      let x = model.input("x", type)
      model.output("y", model.node(name, version, [x], attributes)[0])
      #expect(throws: EngineError.unsupportedOperator, "\(name)") { try model.assembled() }
    }
    try refused("SequenceEmpty", 11)
    try refused("GroupNormalization", 18)
    try refused("Relu", 1)
    try refused("Relu", 15)
    try refused("Relu", 14, type: .bool)
    try refused("Relu", 14, [Attribute("slope", .float(1))])
    try refused("Softmax", 13, [Attribute("axis", .float(1))])
  }

  @Test("More work than the limit is refused before it is done")
  func work() throws {
    var model = TestModel()
    let x = model.input("x", .float32)
    model.output("y", model.node("MatMul", 13, [x, x])[0])
    let tensor = TestTensor(.float32, [100, 100], [Double](repeating: 1, count: 10_000))
    let limits = EngineLimits(maximumOperations: 500_000)
    #expect(throws: EngineError.workExceeded) { try model.run([("x", tensor)], limits: limits) }
    _ = try model.run([("x", tensor)])
    let small = EngineLimits(maximumResponseBytes: 1_000)
    #expect(throws: EngineError.workExceeded) { try model.run([("x", tensor)], limits: small) }
    let few = EngineLimits(maximumNodes: 0)
    #expect(throws: EngineError.workExceeded) { try model.assembled(limits: few) }
  }

  @Test("Requests that are not what the model declares are refused")
  func requests() throws {
    var model = TestModel()
    let a = model.input("a", .float32, [.symbol(3), .fixed(2)])
    let b = model.input("b", .float32, [.symbol(3), .unknown])
    let c = model.input("c", .bool)
    model.output("y", model.node("MatMul", 13, [b, a])[0])
    model.output("z", model.node("Not", 1, [c])[0])
    let assembled = try model.assembled()
    func tensor(_ shape: [Int], _ type: ElementType = .float32) -> TestTensor {
      TestTensor(type, shape, [Double](repeating: 1, count: shape.reduce(1, *)))
    }
    let flag = tensor([1], .bool)
    _ = try assembled.run([("c", flag), ("a", tensor([2, 2])), ("b", tensor([2, 2]))])
    let refused: [[(String, TestTensor)]] = [
      [],
      [("a", tensor([2, 2])), ("b", tensor([2, 2]))],
      [("a", tensor([2, 2])), ("b", tensor([2, 2])), ("d", flag)],
      [("a", tensor([2, 2])), ("b", tensor([2, 2])), ("c", flag), ("d", flag)],
      [("a", tensor([2, 3])), ("b", tensor([2, 2])), ("c", flag)],
      [("a", tensor([2])), ("b", tensor([2, 2])), ("c", flag)],
      [("a", tensor([2, 2])), ("b", tensor([3, 2])), ("c", flag)],
      [("a", tensor([2, 2], .float64)), ("b", tensor([2, 2])), ("c", flag)],
      [
        ("a", tensor([2, 2])), ("b", tensor([2, 2])),
        ("c", TestTensor(type: .bool, shape: [1], bytes: [2])),
      ],
    ]
    for inputs in refused {
      #expect(throws: EngineError.inputInvalid) { try assembled.run(inputs) }
    }
    let whole = try AssembledModel.request([
      ("c", flag), ("a", tensor([2, 2])), ("b", tensor([2, 2])),
    ])
    for count in 0..<whole.count {
      #expect(throws: EngineError.inputInvalid) {
        _ = try assembled.infer(request: whole.span.extracting(0..<count)).count
      }
    }
  }

  @Test("Rows of nothing have statistics of their own, not what the memory held before")
  func emptyRows() throws {
    var model = TestModel()
    let x = model.input("x", .float32)
    let scale = model.input("scale", .float32)
    let secret = model.input("secret", .float32)
    // Doubled, it leaves its bytes behind in the arena before the normalization runs.
    let double = model.node("Add", 14, [secret, secret])[0]
    let flat = model.node("Size", 13, [double])[0]
    let normal = model.node(
      "LayerNormalization", 17, [x, scale], outputs: 3, [Attribute("axis", .int(1))])
    for (index, id) in (normal + [flat]).enumerated() { model.output("o\(index)", id) }
    let results = try model.run([
      ("x", TestTensor(.float32, [2, 0], [])), ("scale", TestTensor(.float32, [0], [])),
      ("secret", TestTensor(.float32, [2], [7, 7])),
    ])
    #expect(results[1].shape == [2, 1] && results[2].shape == [2, 1])
    let statistics = results[1].values + results[2].values
    #expect(statistics.allSatisfy { $0.isNaN })
  }

  @Test("A hundred parts are as good as two")
  func manyParts() throws {
    var model = TestModel()
    let (x, sizes) = (model.input("x", .float32), model.input("sizes", .int64))
    let parts = model.node("Split", 18, [x, sizes], outputs: 100)
    model.output("y", model.node("Concat", 13, parts, [Attribute("axis", .int(0))])[0])
    let x100 = TestTensor(.float32, [100], (0..<100).map { Double($0) })
    let ones = TestTensor(.int64, [100], [Double](repeating: 1, count: 100))
    #expect(try model.run([("x", x100), ("sizes", ones)])[0] == x100)
  }

  @Test("Every error has its abort code")
  func abortCodes() {
    let codes = Set(EngineError.allCases.map(\.abortCode))
    #expect(
      codes == [
        .unsupportedOperator, .topologyInvalid, .tooLarge, .weightsInvalid, .modelMismatch,
        .inputInvalid, .inferenceFailed, .cancelled,
      ])
  }
}
