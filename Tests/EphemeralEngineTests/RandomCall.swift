import EphemeralModel
import Glibc
import PropertyTesting

@testable import EphemeralEngine

/// One application of an operator with inputs, attributes and types drawn at random: what a
/// hostile topology and a hostile request could make a kernel meet.
struct RandomCall {
  let node: Node
  let inputs: [TestTensor?]
  let weights: [TestTensor]

  /// Draws a call of an operator; the same seed draws the same call.
  init(_ rule: OperatorRule, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let versions = rule.history.filter(rule.supported.contains)
    let version = versions.randomElement(using: &random) ?? 1
    var weights: [TestTensor] = []
    var attributes: [Attribute] = []
    for attribute in rule.attributes where attribute.versions.contains(version) {
      guard attribute.isRequired || Bool.random(using: &random),
        !attributes.contains(where: { $0.name == attribute.name })
      else { continue }
      let value = Self.value(attribute.values, &weights, &random)
      attributes.append(Attribute(attribute.name, value))
    }
    let counts = rule.inputs(in: version)
    let count = Int.random(in: counts.lowerBound...min(counts.upperBound, 8), using: &random)
    var inputs: [TestTensor?] = []
    for index in 0..<count {
      let isAbsent = index > 0 && Int.random(in: 0..<12, using: &random) == 0
      inputs.append(isAbsent ? nil : Self.tensor(rule, index, inputs, &random))
    }
    let outputs = rule.outputs.lowerBound...min(rule.outputs.upperBound, 4)
    let wanted = max(Int.random(in: outputs, using: &random), 1)
    self.inputs = inputs
    self.weights = weights
    node = Node(
      operation: rule.name, sinceVersion: version,
      inputs: inputs.enumerated().map { $1 == nil ? 0 : $0 + 1 },
      outputs: (0..<wanted).map { $0 + 100 }, attributes: attributes)
  }

  /// A known call of an operator with some of its inputs and attributes changed: most of such calls
  /// get past the checks of shapes.
  init(changing example: OperatorCase, _ rule: OperatorRule, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (model, given, _) = try example.model()
    let known = model.nodes[0]
    var weights = model.tensors
    var rest = given.makeIterator()
    inputs = known.inputs.map { id in
      guard id != 0, let tensor = rest.next()?.1 else { return nil }
      return Self.changed(tensor, &random)
    }
    var attributes = known.attributes
    let choices = rule.attributes.filter { $0.versions.contains(known.sinceVersion) }
    if Int.random(in: 0..<3, using: &random) == 0,
      let choice = choices.randomElement(using: &random)
    {
      attributes.removeAll { $0.name == choice.name }
      let value = Self.value(choice.values, &weights, &random)
      attributes.append(Attribute(choice.name, value))
    }
    self.weights = weights
    node = Node(
      operation: known.operation, sinceVersion: known.sinceVersion, inputs: known.inputs,
      outputs: known.outputs, attributes: attributes)
  }

  /// A tensor with other contents, another size, another type, or none of it.
  private static func changed(_ tensor: TestTensor, _ random: inout SeededRandom) -> TestTensor {
    var (type, shape) = (tensor.type, tensor.shape)
    switch Int.random(in: 0..<12, using: &random) {
    case 0: type = ElementType.allCases.randomElement(using: &random) ?? type
    case 1:
      guard let axis = shape.indices.randomElement(using: &random) else { return tensor }
      shape[axis] = Int.random(in: 0...5, using: &random)
    case 2: break
    default: return tensor
    }
    return filled(type, shape, &random)
  }

  /// Runs the kernel in memory that held `garbage` before; nil where the node is refused.
  func run(garbage: UInt8) throws -> [TestTensor?]? {
    guard let factory = OperatorTable.factories[node.operation] else { return nil }
    let kernel = try factory(NodeReader(node))
    let arena = SecretArena(budget: 2 << 20)
    try Self.soil(arena, garbage)
    let weights = try weights.map { try Self.place($0, in: arena) }
    let context = RunContext(
      arena: arena, limits: EngineLimits(maximumOperations: 1 << 26), cancelled: Cancellation()
    ) { (index) throws(EngineError) in
      guard weights.indices.contains(index) else { throw .topologyInvalid }
      return weights[index]
    }
    let operands = try inputs.map { try $0.map { try Self.place($0, in: arena) } }
    var call = Call(
      inputs: operands, wanted: node.outputs.map { $0 != 0 }, context: context)
    try kernel(&call)
    return call.outputs.map { tensor in
      tensor.map { made in
        TestTensor(
          type: made.type, shape: made.shape.dims,
          bytes: (0..<made.byteCount).map { made.bytes[$0] })
      }
    }
  }

  /// Fills memory and gives it back, so that whatever a kernel does not write shows.
  private static func soil(_ arena: SecretArena, _ garbage: UInt8) throws {
    let block = try arena.allocate(512 << 10)
    // The block has that many bytes.
    unsafe memset(block.base, Int32(garbage), block.byteCount)
  }

  private static func place(_ tensor: TestTensor, in arena: SecretArena) throws -> Tensor {
    let shape = try Shape(tensor.shape)
    let placed = Tensor(
      type: tensor.type, shape: shape,
      block: try arena.allocate(shape.count * tensor.type.byteCount))
    for (at, byte) in tensor.bytes.enumerated() { placed.bytes[at] = byte }
    return placed
  }

  // MARK: Drawing

  private static func tensor(
    _ rule: OperatorRule, _ index: Int, _ earlier: [TestTensor?], _ random: inout SeededRandom
  ) -> TestTensor {
    let operand = rule.operand(at: index)
    var type = operand?.types.sorted { $0.rawValue < $1.rawValue }.randomElement(using: &random)
    if let other = operand?.matches, earlier.indices.contains(other), let first = earlier[other] {
      type = first.type
    }
    // Types that only a lying subgraph could bring.
    if Int.random(in: 0..<16, using: &random) == 0 {
      type = ElementType.allCases.randomElement(using: &random)
    }
    let chosen = type ?? .float32
    var shape = (0..<Int.random(in: 0...5, using: &random)).map { _ in
      [0, 1, 1, 2, 2, 3, 4].randomElement(using: &random) ?? 1
    }
    // Often a shape that fits one that was there before.
    if let other = earlier.compactMap({ $0 }).randomElement(using: &random),
      Int.random(in: 0..<3, using: &random) > 0
    {
      shape = other.shape
      if Bool.random(using: &random), !shape.isEmpty {
        shape = [shape.randomElement(using: &random) ?? 1]
      }
    }
    return filled(chosen, shape, &random)
  }

  /// A tensor of small numbers, or of any bits at all.
  private static func filled(
    _ type: ElementType, _ shape: [Int], _ random: inout SeededRandom
  ) -> TestTensor {
    let count = shape.reduce(1, *)
    if Int.random(in: 0..<3, using: &random) == 0, type != .bool {
      return TestTensor(
        type: type, shape: shape,
        bytes: (0..<count * type.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
    let least = type.name.hasPrefix("u") || type == .bool ? 0.0 : -3.0
    let most = type == .bool ? 1.0 : 5.0
    let values = (0..<count).map { _ in
      Double.random(in: least...most, using: &random).rounded()
    }
    return TestTensor(type, shape, values)
  }

  private static let edges: [Int64] = [0, 1, -1, 2, 3, -2, 4, 7, .min, .max, 1 << 40]

  private static func integer(_ random: inout SeededRandom) -> Int64 {
    Bool.random(using: &random)
      ? Int64.random(in: -3...4, using: &random) : edges.randomElement(using: &random) ?? 0
  }

  private static func integer(_ range: ClosedRange<Int64>, _ random: inout SeededRandom) -> Int64 {
    let near = range.lowerBound...min(range.upperBound, range.lowerBound + 3)
    let candidates = [range.upperBound, .random(in: near, using: &random)]
    return Int.random(in: 0..<8, using: &random) == 0 ? candidates[0] : candidates[1]
  }

  private static func value(
    _ values: AttributeRule.Values, _ weights: inout [TestTensor], _ random: inout SeededRandom
  ) -> AttributeValue {
    let length = Int.random(in: 0...4, using: &random)
    let reals: [Float] = [0, 1, -1, 0.5, 2, .nan, .infinity, 1e30, -1e-30]
    func type(_ types: Set<ElementType>) -> Int64 {
      let sorted = types.sorted { $0.rawValue < $1.rawValue }
      return Int64(sorted.randomElement(using: &random)?.rawValue ?? 1)
    }
    switch values {
    case .int: return .int(integer(&random))
    case .intIn(let range): return .int(integer(range, &random))
    case .ints: return .ints((0..<length).map { _ in integer(&random) })
    case .intsIn(let range): return .ints((0..<length).map { _ in integer(range, &random) })
    case .intPair(let range): return .ints([integer(range, &random), integer(range, &random)])
    case .float: return .float(reals.randomElement(using: &random) ?? 0)
    case .floats: return .floats((0..<length).map { _ in reals.randomElement(using: &random) ?? 0 })
    case .text(let texts):
      return .string(Array((texts.randomElement(using: &random) ?? "").utf8))
    case .texts(let texts):
      return .strings(
        (0..<length).map { _ in Array((texts.randomElement(using: &random) ?? "").utf8) })
    case .anyText:
      let texts = [
        "ij,jk->ik", "ii->i", "...i,...i->...", "ij->", "i,j", "...", "->", "ij,ij,ij->ji",
      ]
      return .string(Array((texts.randomElement(using: &random) ?? "").utf8))
    case .elementType(let types): return .int(type(types))
    case .elementTypeOrZero(let types): return .int(Bool.random(using: &random) ? 0 : type(types))
    case .element(let types):
      weights.append(
        TestTensor(ElementType(rawValue: UInt8(type(types))) ?? .float32, [1], [1]))
      return .tensor(weights.count - 1)
    case .outputCount: return .int(integer(&random))
    case .graph: return .int(0)
    }
  }
}
