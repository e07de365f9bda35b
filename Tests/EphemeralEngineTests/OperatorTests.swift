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
    let present = Set(OperatorTable.factories.keys)
    #expect(claimed.subtracting(present).isEmpty, "claimed and not run")
    #expect(present.subtracting(claimed).isEmpty, "run and not claimed")
    #expect(claimed.count == SupportedOperators.rules.count, "an operator is claimed twice")
  }

  @Test("Every operator that is claimed has a known answer")
  func everyOperatorIsTested() {
    let tested = Set(OperatorCase.all.map(\.operation))
    for rule in SupportedOperators.rules {
      #expect(tested.contains(rule.name), "no known answer for \(rule.name)")
    }
  }

  @Test("Every attribute that the catalogue permits is read by its operation")
  func attributesAreRead() throws {
    for rule in SupportedOperators.rules {
      let factory = try #require(OperatorTable.factories[rule.name])
      for version in rule.history {
        for attribute in rule.attributes where attribute.versions.contains(version) {
          guard let value = Self.example(attribute.values) else { continue }
          let node = Node(
            operation: rule.name, sinceVersion: version, inputs: [1], outputs: [2],
            attributes: Self.required(rule.name, version, besides: attribute.name)
              + [Attribute(attribute.name, value)])
          let reader = NodeReader(node)
          do throws(EngineError) {
            _ = try factory(reader)
          } catch {
            // `num_outputs` and the number of outputs must agree, whatever the example says.
            #expect(error == .topologyInvalid && rule.name == "Split")
            continue
          }
          #expect(reader.isExhausted, "\(rule.name) \(version) does not read \(attribute.name)")
        }
      }
    }
  }

  /// Attributes without which a node cannot be read.
  private static func required(_ name: String, _ version: Int, besides: String) -> [Attribute] {
    let all: [Attribute] =
      switch (name, version) {
      case ("Concat", _): [Attribute("axis", .int(0))]
      case ("Slice", 1): [Attribute("starts", .ints([0])), Attribute("ends", .ints([1]))]
      case ("Pad", 2): [Attribute("pads", .ints([0, 0]))]
      default: []
      }
    return all.filter { $0.name != besides }
  }

  private static func example(_ values: AttributeRule.Values) -> AttributeValue? {
    switch values {
    case .int: .int(2)
    case .intIn(let range): .int(range.lowerBound)
    case .ints: .ints([0])
    case .intsIn(let range): .ints([range.lowerBound])
    case .float: .float(0.5)
    case .text(let texts): texts.first.map { .string(Array($0.utf8)) }
    case .elementType: .int(1)
    case .tensor: .tensor(0)
    }
  }
}
