import EphemeralModel
import Testing

@testable import EphemeralEngine

@Suite("Operators")
struct OperatorTests {
  @Test("Each operator gives what two other implementations give", arguments: OperatorCase.all)
  func known(_ example: OperatorCase) throws {
    let (model, inputs, expected) = try example.model()
    let results = try model.run(inputs)
    #expect(results.count == expected.count)
    for (result, wanted) in zip(results, expected) {
      #expect(result.agrees(with: wanted), "\(result.values) is not \(wanted.values)")
    }
  }

  @Test("The dispatch table and the catalogue name the same operators")
  func catalogue() {
    let claimed = Set(SupportedOperators.rules.map(\.name))
    let present = Set(OperatorTable.factories.keys).union(ControlFlow.operations)
    #expect(claimed.subtracting(present).isEmpty, "claimed and not run")
    #expect(present.subtracting(claimed).isEmpty, "run and not claimed")
    #expect(claimed.count == SupportedOperators.rules.count, "an operator is claimed twice")
  }

  @Test("Every operator that is claimed has a known answer")
  func everyOperatorIsTested() {
    // Operators with subgraphs have a suite of their own.
    let tested = Set(OperatorCase.all.map(\.operation)).union(ControlFlow.operations)
    for rule in SupportedOperators.rules {
      #expect(tested.contains(rule.name), "no known answer for \(rule.name)")
    }
  }

  @Test("What the catalogue permits of attributes, the operations take and read")
  func attributesAreRead() throws {
    var taken = 0
    for rule in SupportedOperators.rules where !ControlFlow.operations.contains(rule.name) {
      let factory = try #require(OperatorTable.factories[rule.name])
      for version in rule.history where rule.supported.contains(version) {
        let known = rule.attributes.filter { $0.versions.contains(version) }
        let needed = known.filter(\.isRequired)
        let choices = known.flatMap { attribute in
          Self.examples(attribute.values).map { Attribute(attribute.name, $0) }
        }
        for choice in choices.map(Optional.some) + [nil] {
          let others = needed.filter { $0.name != choice?.name }
            .compactMap { other in
              Self.examples(other.values).first.map { Attribute(other.name, $0) }
            }
          let node = Node(
            operation: rule.name, sinceVersion: version,
            inputs: Array(1...rule.inputs(in: version).lowerBound),
            outputs: Array(99..<99 + max(rule.outputs.lowerBound, 1)),
            attributes: others + (choice.map { [$0] } ?? []))
          let scalar = try #require(TensorEntry(elementType: .float32, shape: [], offset: 0))
          let refusal = SupportedOperators.refusal(of: node, tensors: [scalar]) { _ in nil }
          #expect(refusal == nil, "\(rule.name) \(version) \(choice?.name ?? "")")
          let reader = NodeReader(node)
          _ = try factory(reader)
          #expect(reader.isExhausted, "\(rule.name) \(version) ignores \(choice?.name ?? "")")
          taken += 1
        }
      }
    }
    #expect(taken > 500)
  }

  @Test("Without an attribute that it needs, a node is refused by the catalogue")
  func attributesAreRequired() {
    for rule in SupportedOperators.rules where !ControlFlow.operations.contains(rule.name) {
      for version in rule.history where rule.supported.contains(version) {
        let bare = Node(
          operation: rule.name, sinceVersion: version,
          inputs: Array(1...rule.inputs(in: version).lowerBound),
          outputs: Array(99..<99 + max(rule.outputs.lowerBound, 1)))
        let refusal = SupportedOperators.refusal(of: bare, tensors: []) { _ in nil }
        let isNeedy = rule.attributes.contains { $0.isRequired && $0.versions.contains(version) }
        #expect((refusal != nil) == isNeedy, "\(rule.name) \(version)")
      }
    }
  }

  /// Values that a rule permits on a node with one output.
  private static func examples(_ values: AttributeRule.Values) -> [AttributeValue] {
    switch values {
    case .int: [.int(2)]
    case .intIn(let range): [.int(range.lowerBound), .int(range.upperBound)]
    case .ints: [.ints([0])]
    case .intsIn(let range): [.ints([range.lowerBound]), .ints([range.upperBound])]
    case .float: [.float(0.5)]
    case .text(let texts): texts.map { .string(Array($0.utf8)) }
    case .elementType(let types): types.map { .int(Int64($0.rawValue)) }
    case .element: [.tensor(0)]
    case .outputCount: [.int(1)]
    case .elementTypeOrZero(let types): [.int(0)] + types.map { .int(Int64($0.rawValue)) }
    case .intPair(let range): [.ints([range.lowerBound, range.upperBound])]
    case .floats: [.floats([0.5])]
    case .anyText: [.string(Array("ij->ji".utf8))]
    case .texts(let texts): [.strings(texts.map { Array($0.utf8) })]
    case .graph: []
    }
  }
}
