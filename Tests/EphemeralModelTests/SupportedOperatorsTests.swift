import EphemeralModel
import Testing

@Suite("Operator catalogue")
struct SupportedOperatorsTests {
  @Test("Rows are sorted, unique and within the operator sets that are read")
  func rows() {
    let names = SupportedOperators.rules.map(\.name)
    #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(Set(names).count == names.count)
    for rule in SupportedOperators.rules {
      #expect(!rule.history.isEmpty, "\(rule.name)")
      #expect(zip(rule.history, rule.history.dropFirst()).allSatisfy { $0 < $1 }, "\(rule.name)")
      #expect(rule.history.allSatisfy { $0 <= SupportedOperators.newest }, "\(rule.name)")
      #expect(rule.history.filter { $0 <= SupportedOperators.oldest }.count <= 1, "\(rule.name)")
      #expect(rule.history.contains { rule.supported.contains($0) }, "\(rule.name)")
      #expect(rule.inputs.isEmpty || rule.operand(at: 0) != nil, "\(rule.name)")
    }
    #expect(!names.contains("Constant"))
  }

  @Test("An operator's version is the last change at or before the set")
  func versions() {
    func since(_ name: String, _ version: Int) -> Int? {
      SupportedOperators.sinceVersion(name, domain: "", in: version)
    }
    #expect(since("Softmax", 12) == 11)
    #expect(since("Softmax", 17) == 13)
    #expect(since("LayerNormalization", 16) == nil)
    #expect(since("LayerNormalization", 28) == 17)
    #expect(since("NoSuchOperator", 17) == nil)
    #expect(SupportedOperators.sinceVersion("Add", domain: "com.example", in: 17) == nil)
  }

  @Test("A node is refused with the reason")
  func refusals() {
    func node(
      _ operation: String, _ since: Int, _ inputs: [Int], _ attributes: [Attribute] = [],
      outputs: [Int] = [9]
    ) -> Node {
      Node(
        operation: operation, sinceVersion: since, inputs: inputs, outputs: outputs,
        attributes: attributes)
    }
    func refusal(_ node: Node, _ type: ElementType = .float32) -> UnsupportedReason? {
      SupportedOperators.refusal(of: node, tensors: []) { _ in type }
    }
    #expect(refusal(node("Relu", 14, [1])) == nil)
    #expect(refusal(node("Nonsense", 14, [1])) == .unknownOperator)
    #expect(refusal(node("Relu", 15, [1])) == .version(15))
    #expect(refusal(node("Relu", 14, [])) == .inputCount(0))
    #expect(refusal(node("MatMul", 13, [0, 1])) == .inputCount(2))
    #expect(refusal(node("Relu", 14, [1, 2])) == .inputCount(2))
    #expect(refusal(node("Relu", 14, [1], outputs: [8, 9])) == .outputCount(2))
    #expect(refusal(node("Relu", 14, [1], [Attribute("x", .int(1))])) == .attribute("x"))
    #expect(
      refusal(node("Softmax", 13, [1], [Attribute("axis", .float(1))])) == .attributeValue("axis"))
    #expect(refusal(node("MatMul", 13, [1, 2]), .bool) == .inputType(0, .bool))
  }

  /// A node that the kernels would refuse, or could not even read.
  struct Impossible: CustomStringConvertible, Sendable {
    let description: String
    let node: Node

    init(
      _ description: String, _ operation: String, _ since: Int, _ inputs: [Int],
      _ attributes: [Attribute] = [], outputs: [Int] = [9]
    ) {
      self.description = description
      node = Node(
        operation: operation, sinceVersion: since, inputs: inputs, outputs: outputs,
        attributes: attributes)
    }

    private static func text(_ name: String, _ value: String) -> Attribute {
      Attribute(name, .string(Array(value.utf8)))
    }

    static let all: [Impossible] = [
      .init("pads that wrap before they were invented", "Pad", 18, [1, 2], [text("mode", "wrap")]),
      .init("pads by attribute without pads", "Pad", 2, [1]),
      .init("pads by input without pads", "Pad", 13, [1]),
      .init("pads by attribute and input", "Pad", 2, [1, 2], [Attribute("pads", .ints([0, 0]))]),
      .init("a real remainder with the divisor's sign", "Mod", 13, [1, 2]),
      .init("parts of another number", "Split", 18, [1], [Attribute("num_outputs", .int(3))]),
      .init("parts by attribute and input", "Split", 11, [1, 2]),
      .init("a mask of another type", "Dropout", 7, [1], outputs: [8, 9]),
      .init("a training mode before there was one", "Dropout", 10, [1, 2, 3]),
      .init("concatenation along nothing", "Concat", 13, [1]),
      .init("a cast to nothing", "Cast", 13, [1]),
      .init("a maximum under no kernel", "MaxPool", 12, [1]),
      .init("a mean under no kernel", "AveragePool", 11, [1]),
      .init("a slice of nothing", "Slice", 1, [1], [Attribute("starts", .ints([0]))]),
      .init("a slice without an end", "Slice", 13, [1, 2]),
      .init("new axes by nothing", "Unsqueeze", 13, [1]),
      .init("axes by input before that was possible", "ReduceMean", 13, [1, 2]),
      .init("bounds by input before that was possible", "Clip", 6, [1, 2, 3]),
    ]
  }

  @Test("What the kernels would refuse, the catalogue refuses first", arguments: Impossible.all)
  func impossible(_ example: Impossible) {
    let types: [Int: ElementType] = [
      1: .float32, 2: example.node.operation == "Mod" ? .float32 : .int64,
    ]
    let found = SupportedOperators.refusal(of: example.node, tensors: []) { types[$0] }
    #expect(found != nil)
    #expect(found?.description.isEmpty == false)
  }
}
