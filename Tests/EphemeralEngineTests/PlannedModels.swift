import EphemeralCrypto
import EphemeralModel
import KernelInterface
import Testing

@testable import EphemeralEngine

extension TestModel {
  /// Assembles the model for a pool, on the prepared path or on the interpreter alone.
  func assembled(
    isPlanned: Bool, pool: ComputePool = .shared, kernels: KernelTable = Processor.kernels
  ) throws -> AssembledModel {
    let sealed = try sealed()
    let assembler = try ModelAssembler(
      key: sealed.key, arena: SecretArena(budget: 256 << 20), pool: pool)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    return try assembler.finish(isPlanned: isPlanned, kernels: kernels)
  }

  /// Assembles the model in an arena.
  func assembled(arena: SecretArena, pool: ComputePool) throws -> AssembledModel {
    let sealed = try sealed()
    let assembler = try ModelAssembler(key: sealed.key, arena: arena, pool: pool)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    return try assembler.finish()
  }

  /// A constant of random f32.
  mutating func weights(_ shape: [Int], _ random: inout SplitMix, scale: Double = 0.5) -> ValueID {
    let count = shape.reduce(1, *)
    return constant(TestTensor(.float32, shape, (0..<count).map { _ in random.real() * scale }))
  }

  /// A constant of one f32.
  mutating func number(_ value: Double) -> ValueID {
    constant(TestTensor(.float32, [], [value]))
  }

  /// A constant list of i64.
  mutating func list(_ values: [Int]) -> ValueID {
    constant(TestTensor(.int64, [values.count], values.map(Double.init)))
  }
}

/// Models that the prepared path must know, with a request for each.
enum PlannedCase: String, CaseIterable, Sendable {
  case mlp, bert, bertWritten, resnet, dense, grouped, batched

  /// Operators of the graph that the rewriting must have taken in.
  var gone: Set<String> {
    switch self {
    case .mlp: ["Gemm", "Relu", "Tanh"]
    case .bert, .bertWritten:
      ["Softmax", "Erf", "ReduceMean", "LayerNormalization", "Sqrt", "Pow"]
    case .resnet: ["BatchNormalization", "Conv", "Relu"]
    case .dense, .grouped: ["Conv"]
    case .batched: []
    }
  }

  func make(_ size: Int) throws -> (model: TestModel, inputs: [(String, TestTensor)]) {
    var random = SplitMix(seed: 7)
    var model = TestModel()
    switch self {
    case .mlp:
      let x = model.input("x", .float32, [.symbol(0), .fixed(20)])
      let weights = [
        model.weights([33, 20], &random), model.weights([33], &random),
        model.weights([33, 10], &random), model.weights([10], &random),
      ]
      var y = model.node(
        "Gemm", 13, [x, weights[0], weights[1]], [Attribute("transB", .int(1))])[0]
      y = model.node("Relu", 14, [y])[0]
      y = model.node("MatMul", 13, [y, weights[2]])[0]
      y = model.node("Add", 14, [weights[3], y])[0]
      y = model.node("Tanh", 13, [y])[0]
      model.output("y", model.node("Softmax", 13, [y], [Attribute("axis", .int(-1))])[0])
      return (model, [("x", Self.noise([size, 20], &random))])
    case .bert, .bertWritten:
      let text = Self.bert(&model, &random, isWritten: self == .bertWritten)
      model.output("y", text)
      let ids = (0..<size).map { Double($0 * 7 % 50) }
      let mask = (0..<size).map { $0 < size - 1 || size == 1 ? 1.0 : 0 }
      return (
        model,
        [
          ("ids", TestTensor(.int64, [1, size], ids)),
          ("mask", TestTensor(.int64, [1, size], mask)),
        ]
      )
    case .resnet:
      model.output("y", Self.resnet(&model, &random))
      return (model, [("x", Self.noise([1, 3, size + 8, size + 9], &random))])
    case .dense:
      let x = model.input("x", .float32)
      let parts = (0..<2).map { _ in
        model.node(
          "Conv", 11, [x, model.weights([5, 8, 3, 3], &random)],
          [Attribute("pads", .ints([1, 1, 1, 1]))])[0]
      }
      let joined = model.node("Concat", 13, [x] + parts, [Attribute("axis", .int(1))])[0]
      let pooled = model.node(
        "AveragePool", 11, [joined],
        [Attribute("kernel_shape", .ints([2, 2])), Attribute("strides", .ints([2, 2]))])[0]
      model.output("y", model.node("Flatten", 13, [pooled])[0])
      return (model, [("x", Self.noise([2, 8, size + 4, size + 4], &random))])
    case .grouped:
      let x = model.input("x", .float32)
      let w = model.weights([12, 3, 3, 3], &random)
      let y = model.node(
        "Conv", 11, [x, w, model.weights([12], &random)],
        [
          Attribute("group", .int(3)), Attribute("strides", .ints([2, 1])),
          Attribute("pads", .ints([1, 0, 2, 1])),
        ])[0]
      model.output("y", model.node("LeakyRelu", 16, [y], [Attribute("alpha", .float(0.1))])[0])
      return (model, [("x", Self.noise([2, 9, size + 4, size + 5], &random))])
    case .batched:
      let (a, b) = (model.input("a", .float32), model.input("b", .float32))
      let y = model.node("MatMul", 13, [a, b])[0]
      let s = model.node("Mul", 14, [y, model.weights([3, 1, 5], &random)])[0]
      model.output("y", model.node("Transpose", 13, [s], [Attribute("perm", .ints([1, 2, 0]))])[0])
      return (
        model,
        [("a", Self.noise([3, size, 7], &random)), ("b", Self.noise([1, 7, 5], &random))]
      )
    }
  }

  static func noise(_ shape: [Int], _ random: inout SplitMix) -> TestTensor {
    TestTensor(.float32, shape, (0..<shape.reduce(1, *)).map { _ in random.real() })
  }

  /// A small BERT of two layers; `isWritten` decomposes what newer exporters keep whole.
  private static func bert(_ model: inout TestModel, _ random: inout SplitMix, isWritten: Bool)
    -> ValueID
  {
    let (hidden, heads, inner) = (24, 3, 40)
    let width = hidden / heads
    let ids = model.input("ids", .int64, [.symbol(0), .symbol(1)])
    let mask = model.input("mask", .int64, [.symbol(0), .symbol(1)])
    func linear(_ x: ValueID, _ columns: Int, _ depth: Int) -> ValueID {
      let product = model.node("MatMul", 13, [x, model.weights([depth, columns], &random)])[0]
      return model.node("Add", 14, [product, model.weights([columns], &random)])[0]
    }
    func norm(_ x: ValueID) -> ValueID {
      let (scale, shift) = (model.weights([hidden], &random), model.weights([hidden], &random))
      if !isWritten { return model.node("LayerNormalization", 17, [x, scale, shift])[0] }
      let axes = [Attribute("axes", .ints([-1]))]
      let mean = model.node("ReduceMean", 13, [x], axes)[0]
      let centred = model.node("Sub", 14, [x, mean])[0]
      let square = model.node("Pow", 15, [centred, model.number(2)])[0]
      let variance = model.node("ReduceMean", 13, [square], axes)[0]
      let sum = model.node("Add", 14, [variance, model.number(1e-5)])[0]
      let root = model.node("Sqrt", 13, [sum])[0]
      let whitened = model.node("Div", 14, [centred, root])[0]
      let scaled = model.node("Mul", 14, [whitened, scale])[0]
      return model.node("Add", 14, [scaled, shift])[0]
    }
    let table = model.weights([50, hidden], &random)
    let positions = model.weights([64, hidden], &random)
    var x = model.node("Gather", 13, [table, ids])[0]
    let shape = model.node("Shape", 15, [ids])[0]
    let length = model.node("Gather", 13, [shape, model.list([1])])[0]
    let part = model.node("Slice", 13, [positions, model.list([0]), length, model.list([0])])[0]
    x = norm(model.node("Add", 14, [x, part])[0])
    var m = model.node(
      "Unsqueeze", 13,
      [model.node("Cast", 13, [mask], [Attribute("to", .int(1))])[0], model.list([1, 2])])[0]
    m = model.node("Sub", 14, [model.number(1), m])[0]
    m = model.node("Mul", 14, [m, model.number(-3.4e38)])[0]
    for _ in 0..<2 {
      func split(_ perm: [Int64]) -> ValueID {
        let y = linear(x, hidden, hidden)
        let heads = model.node("Reshape", 14, [y, model.list([0, 0, heads, width])])[0]
        return model.node("Transpose", 13, [heads], [Attribute("perm", .ints(perm))])[0]
      }
      let q = split([0, 2, 1, 3])
      let k = split([0, 2, 3, 1])
      let v = split([0, 2, 1, 3])
      var s = model.node("MatMul", 13, [q, k])[0]
      s = model.node("Div", 14, [s, model.number(Double(width).squareRoot())])[0]
      s = model.node("Add", 14, [s, m])[0]
      s = model.node("Softmax", 13, [s], [Attribute("axis", .int(-1))])[0]
      var o = model.node("MatMul", 13, [s, v])[0]
      o = model.node("Transpose", 13, [o], [Attribute("perm", .ints([0, 2, 1, 3]))])[0]
      o = model.node("Reshape", 14, [o, model.list([0, 0, hidden])])[0]
      x = norm(model.node("Add", 14, [linear(o, hidden, hidden), x])[0])
      let f = linear(x, inner, hidden)
      let e = model.node(
        "Erf", 13, [model.node("Div", 14, [f, model.number(2.0.squareRoot())])[0]])[0]
      let one = model.node("Add", 14, [e, model.number(1)])[0]
      let g: ValueID
      if isWritten {
        let half = model.node("Mul", 14, [f, model.number(0.5)])[0]
        g = model.node("Mul", 14, [half, one])[0]
      } else {
        let product = model.node("Mul", 14, [f, one])[0]
        g = model.node("Mul", 14, [product, model.number(0.5)])[0]
      }
      x = norm(model.node("Add", 14, [x, linear(g, hidden, inner)])[0])
    }
    return x
  }

  /// A stem, a block with a projection, a block without, and the head of a residual network.
  private static func resnet(_ model: inout TestModel, _ random: inout SplitMix) -> ValueID {
    func convolve(
      _ x: ValueID, _ filters: Int, _ channels: Int, _ kernel: Int, stride: Int, relu: Bool
    ) -> ValueID {
      let pad = Int64(kernel / 2)
      var y = model.node(
        "Conv", 11, [x, model.weights([filters, channels, kernel, kernel], &random, scale: 0.3)],
        [
          Attribute("kernel_shape", .ints([Int64(kernel), Int64(kernel)])),
          Attribute("pads", .ints([pad, pad, pad, pad])),
          Attribute("strides", .ints([Int64(stride), Int64(stride)])),
        ])[0]
      let variance = model.constant(
        TestTensor(.float32, [filters], (0..<filters).map { _ in 1 + abs(random.real()) }))
      y =
        model.node(
          "BatchNormalization", 9,
          [
            y, model.weights([filters], &random), model.weights([filters], &random),
            model.weights([filters], &random), variance,
          ])[0]
      return relu ? model.node("Relu", 14, [y])[0] : y
    }
    let x = model.input("x", .float32)
    var y = convolve(x, 16, 3, 7, stride: 2, relu: true)
    y =
      model.node(
        "MaxPool", 12, [y],
        [
          Attribute("kernel_shape", .ints([3, 3])), Attribute("strides", .ints([2, 2])),
          Attribute("pads", .ints([1, 1, 1, 1])),
        ])[0]
    for isFirst in [true, false] {
      let side = isFirst ? convolve(y, 40, 16, 1, stride: 2, relu: false) : y
      var z = convolve(y, 12, isFirst ? 16 : 40, 1, stride: 1, relu: true)
      z = convolve(z, 12, 12, 3, stride: isFirst ? 2 : 1, relu: true)
      z = convolve(z, 40, 12, 1, stride: 1, relu: false)
      y = model.node("Relu", 14, [model.node("Add", 14, [z, side])[0]])[0]
    }
    y = model.node("GlobalAveragePool", 1, [y])[0]
    y = model.node("Reshape", 14, [y, model.list([1, -1])])[0]
    return model.node(
      "Gemm", 13, [y, model.weights([7, 40], &random), model.weights([7], &random)],
      [Attribute("transB", .int(1))])[0]
  }
}
