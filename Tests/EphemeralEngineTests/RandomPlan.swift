import EphemeralModel
import PropertyTesting

@testable import EphemeralEngine

/// A graph of operators that the prepared path knows, drawn at random: constants are shared and
/// renamed, values are used several times, shapes hold ones and zeros.
struct RandomPlan {
  /// A value of the graph, with the shape that it has for the first request.
  struct Value {
    let id: ValueID
    let type: ElementType
    let shape: [Int]
    var isConstant = false
  }

  /// Elements of an input, at most.
  private static let maximumElements = 1_024

  private(set) var model = TestModel()
  private(set) var inputs: [(String, TestTensor)] = []
  private var values: [Value] = []
  private var random: SeededRandom

  /// Draws a graph of up to `size` nodes; the same seed draws the same graph.
  init(seed: UInt64, size: Int) throws {
    random = SeededRandom(seed: seed)
    for index in 0..<upTo(1, 3) { addInput("x\(index)", .float32, shape()) }
    if oneIn(3) { addInput("i", .int64, [upTo(0, 3)]) }
    for _ in 0..<4 * size where model.nodes.count < size { try addNode() }
    let made = values.filter { value in model.nodes.contains { $0.outputs.contains(value.id) } }
    var outputs = made.suffix(1) + made.dropLast().filter { _ in oneIn(3) }
    if oneIn(8), let any = values.randomElement(using: &random) { outputs.append(any) }
    for (index, value) in outputs.enumerated() { model.output("y\(index)", value.id) }
    if oneIn(3) { model.lifetime = .perInference }
  }

  /// Whether there is anything to compare.
  var isEmpty: Bool { model.outputs.isEmpty }

  /// Another request for the same graph: some dimensions differ, and all numbers.
  mutating func otherInputs() -> [(String, TestTensor)] {
    inputs.map { name, tensor in
      var shape = tensor.shape
      if oneIn(3), let axis = shape.indices.randomElement(using: &random) {
        shape[axis] = upTo(0, 9)
      }
      return (name, filled(tensor.type, shape))
    }
  }

  // MARK: Drawing

  private mutating func upTo(_ least: Int, _ most: Int) -> Int {
    Int.random(in: least...most, using: &random)
  }
  private mutating func oneIn(_ count: Int) -> Bool { upTo(1, count) == 1 }

  private mutating func shape() -> [Int] {
    let rank = [1, 2, 2, 3, 4, 4, 4, 5].randomElement(using: &random) ?? 4
    var room = Self.maximumElements
    return (0..<rank).map { _ in
      let size = [0, 1, 1, 1, 2, 3, 4, 7, 8, 16, 17].randomElement(using: &random) ?? 1
      if size > room { return 1 }
      room /= max(size, 1)
      return size
    }
  }

  private mutating func filled(_ type: ElementType, _ shape: [Int]) -> TestTensor {
    let count = shape.reduce(1, *)
    return TestTensor(
      type, shape,
      (0..<count).map { _ in
        type == .float32
          ? Double.random(in: -2...2, using: &random) : Double(upTo(-3, 3))
      })
  }

  private mutating func addInput(_ name: String, _ type: ElementType, _ shape: [Int]) {
    let tensor = filled(type, shape)
    values.append(Value(id: model.input(name, type), type: type, shape: shape))
    inputs.append((name, tensor))
  }

  /// A constant of that shape: often one that is there already.
  private mutating func constant(_ shape: [Int], _ type: ElementType = .float32) -> ValueID {
    let same = values.filter { $0.isConstant && $0.shape == shape && $0.type == type }
    if let known = same.randomElement(using: &random), !oneIn(3) { return known.id }
    let id = model.constant(filled(type, shape))
    values.append(Value(id: id, type: type, shape: shape, isConstant: true))
    return id
  }

  private mutating func list(_ numbers: [Int]) -> ValueID { model.list(numbers) }

  private mutating func floats() -> Value? {
    values.filter { $0.type == .float32 }.suffix(6).randomElement(using: &random)
  }

  /// Adds a node that the interpreter can run, or now and then one that it cannot.
  private mutating func addNode() throws {
    let before = (model, values)
    guard let (operation, version, operands, attributes, outputs) = draw() else { return }
    let ids = model.node(operation, version, operands, outputs: outputs, attributes)
    guard let shapes = try? results(of: ids) else {
      if !oneIn(40) { (model, values) = before }
      return
    }
    for (id, found) in zip(ids, shapes) {
      let isConstant = operands.allSatisfy { id in
        values.contains { $0.id == id && $0.isConstant }
      }
      guard found.shape.reduce(1, *) <= 2 * Self.maximumElements else {
        (model, values) = before
        return
      }
      values.append(
        Value(id: id, type: found.type, shape: found.shape, isConstant: isConstant))
    }
  }

  private func results(of ids: [ValueID]) throws -> [TestTensor] {
    var probe = model
    for (index, id) in ids.enumerated() { probe.output("r\(index)", id) }
    return try probe.assembled(isPlanned: false).run(inputs)
  }

  private typealias Draft = (String, Int, [ValueID], [Attribute], Int)

  private static let pairs = ["Add", "Sub", "Mul", "Div", "Add", "Mul"]
  private static let maps = [
    ("Relu", 14), ("LeakyRelu", 16), ("Gelu", 20), ("Sigmoid", 13), ("Tanh", 13), ("Erf", 13),
    ("Neg", 13), ("Abs", 13), ("HardSwish", 14), ("Identity", 13), ("Identity", 13), ("Clip", 6),
  ]

  private mutating func draw() -> Draft? {
    guard let x = floats() else { return nil }
    let rank = x.shape.count
    let axis = Int64(upTo(-rank, max(rank - 1, 0)))
    switch upTo(0, 23) {
    case 0, 1, 2: return pair(x)
    case 3, 4:
      let (name, version) = Self.maps.randomElement(using: &random) ?? ("Relu", 14)
      return (name, version, [x.id], [], 1)
    case 5, 6, 7: return product(x)
    case 8, 9, 10: return image(x)
    case 11, 12:
      let channels = rank > 1 ? x.shape[1] : 1
      let vectors = (0..<3).map { _ in constant([channels]) }
      let variance = model.constant(
        TestTensor(.float32, [channels], [Double](repeating: 0.7, count: channels)))
      return ("BatchNormalization", 9, [x.id] + vectors + [variance], [], 1)
    case 13: return ("Softmax", 13, [x.id], [Attribute("axis", .int(axis))], 1)
    case 14:
      let name = ["ReduceMean", "ReduceSum", "ReduceMax"].randomElement(using: &random) ?? ""
      let attributes = [
        Attribute("axes", .ints(oneIn(2) ? [axis] : [axis, Int64(upTo(0, max(rank - 1, 0)))])),
        Attribute("keepdims", .int(Int64(upTo(0, 1)))),
      ]
      return (name, 11, [x.id], attributes, 1)
    case 15:
      let start = Int(axis) < 0 ? Int(axis) + rank : Int(axis)
      let rest = Array(x.shape.dropFirst(start))
      return (
        "LayerNormalization", 17, [x.id, constant(rest), constant(rest)],
        [Attribute("axis", .int(axis))], 1
      )
    default: return moved(x, axis)
    }
  }

  private mutating func pair(_ x: Value) -> Draft? {
    let name = Self.pairs.randomElement(using: &random) ?? "Add"
    var other: ValueID
    switch upTo(0, 4) {
    case 0: other = model.number(Double(upTo(-2, 2)) + 0.5)
    case 1: other = constant(x.shape.map { oneIn(2) ? 1 : $0 })
    case 2: other = constant(Array(x.shape.suffix(1)))
    default: other = floats()?.id ?? x.id
    }
    return (name, 14, oneIn(3) ? [other, x.id] : [x.id, other], [], 1)
  }

  private mutating func product(_ x: Value) -> Draft? {
    let depth = x.shape.last ?? 1
    let matrices = values.filter { $0.isConstant && $0.shape.count == 2 && $0.type == .float32 }
    if oneIn(2), let matrix = matrices.randomElement(using: &random) {
      let isTurned = matrix.shape[1] == depth
      if x.shape.count == 2 {
        return (
          "Gemm", 13, [x.id, matrix.id], [Attribute("transB", .int(isTurned ? 1 : 0))], 1
        )
      }
      if matrix.shape[0] == depth { return ("MatMul", 13, [x.id, matrix.id], [], 1) }
    }
    if oneIn(4), let other = floats() { return ("MatMul", 13, [x.id, other.id], [], 1) }
    let columns = [1, 2, 8, 16, 17, 32].randomElement(using: &random) ?? 8
    if x.shape.count == 2, oneIn(2) {
      return (
        "Gemm", 13, [x.id, constant([columns, depth]), constant([columns])],
        [Attribute("transB", .int(1))], 1
      )
    }
    return ("MatMul", 13, [x.id, constant([depth, columns])], [], 1)
  }

  private mutating func image(_ x: Value) -> Draft? {
    guard x.shape.count == 4 else { return nil }
    if oneIn(6) {
      return (oneIn(2) ? "GlobalMaxPool" : "GlobalAveragePool", 1, [x.id], [], 1)
    }
    func pairs(_ least: Int, _ most: Int, _ count: Int, _ random: inout SeededRandom)
      -> AttributeValue
    {
      .ints((0..<count).map { _ in Int64.random(in: Int64(least)...Int64(most), using: &random) })
    }
    var attributes: [Attribute] = []
    if oneIn(2) { attributes.append(Attribute("strides", pairs(1, 3, 2, &random))) }
    if oneIn(2) { attributes.append(Attribute("pads", pairs(0, 3, 4, &random))) }
    if oneIn(4) {
      attributes.removeAll { $0.name == "pads" }
      let kind = ["SAME_UPPER", "SAME_LOWER", "VALID"].randomElement(using: &random) ?? "VALID"
      attributes.append(Attribute("auto_pad", .string(Array(kind.utf8))))
    }
    if oneIn(3) {
      let isMaximum = oneIn(2)
      attributes.append(Attribute("kernel_shape", pairs(1, 4, 2, &random)))
      if isMaximum, oneIn(3) { attributes.append(Attribute("dilations", pairs(1, 3, 2, &random))) }
      if !isMaximum, oneIn(2) { attributes.append(Attribute("count_include_pad", .int(1))) }
      if oneIn(3) { attributes.append(Attribute("ceil_mode", .int(1))) }
      return (isMaximum ? "MaxPool" : "AveragePool", isMaximum ? 12 : 11, [x.id], attributes, 1)
    }
    if oneIn(3) { attributes.append(Attribute("dilations", pairs(1, 3, 2, &random))) }
    let channels = max(x.shape[1], 1)
    let groups = [1, channels, 2].filter { channels % $0 == 0 }
    let group = groups.randomElement(using: &random) ?? 1
    let filters = group * upTo(1, 3) * (oneIn(2) ? 4 : 1)
    attributes.append(Attribute("group", .int(Int64(group))))
    let weights = constant([filters, channels / group, upTo(1, 4), upTo(1, 4)])
    return (
      "Conv", 11, oneIn(2) ? [x.id, weights, constant([filters])] : [x.id, weights],
      attributes, 1
    )
  }

  private mutating func moved(_ given: Value, _ axis: Int64) -> Draft? {
    // Constants move too: what comes of them is worked out early.
    let x = oneIn(3) ? values.randomElement(using: &random) ?? given : given
    let rank = x.shape.count
    switch upTo(0, 9) {
    case 0:
      let order = (0..<rank).map { Int64($0) }.shuffled(using: &random)
      return ("Transpose", 13, [x.id], [Attribute("perm", .ints(order))], 1)
    case 1: return ("Reshape", 14, [x.id, list([0, -1])], [], 1)
    case 2: return ("Flatten", 13, [x.id], [Attribute("axis", .int(Int64(upTo(-rank, rank))))], 1)
    case 3:
      let (from, to) = (upTo(-3, 3), upTo(-2, 6))
      return (
        "Slice", 13,
        [x.id, list([from]), list([to]), list([upTo(0, max(rank - 1, 0))]), list([upTo(1, 3)])], [],
        1
      )
    case 4:
      let others = values.filter { $0.type == x.type && $0.shape.count == rank }
      let other = others.randomElement(using: &random) ?? x
      return ("Concat", 13, [x.id, other.id, x.id], [Attribute("axis", .int(axis))], 1)
    case 5:
      return (
        "Split", 18, [x.id], [Attribute("axis", .int(axis)), Attribute("num_outputs", .int(2))], 2
      )
    case 6:
      let target = x.shape.map { $0 == 1 ? upTo(0, 4) : $0 }
      return ("Expand", 13, [x.id, list(oneIn(3) ? [2] + target : target)], [], 1)
    case 7:
      let indices = values.filter { $0.type == .int64 }
      let index = indices.randomElement(using: &random)?.id ?? list([upTo(-2, 2), upTo(0, 1)])
      return ("Gather", 13, [x.id, index], [Attribute("axis", .int(axis))], 1)
    case 8: return ("Unsqueeze", 13, [x.id, list([upTo(-1, 1)])], [], 1)
    default:
      return oneIn(2) ? ("Squeeze", 13, [x.id], [], 1) : ("Shape", 15, [x.id], [], 1)
    }
  }
}
