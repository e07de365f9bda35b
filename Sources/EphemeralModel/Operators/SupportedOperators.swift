/// The catalogue of what the engine runs: the client asks it before it seals, the engine again
/// before it assembles.
public enum SupportedOperators {
  /// The oldest operator set of ONNX's own domain that is read.
  public static let oldest = 7
  /// The newest one.
  public static let newest = 28

  /// Every rule, sorted by name.
  public static let rules: [OperatorRule] =
    [
      arithmeticRules, activationRules, logicRules, bitRules, layoutRules, choosingRules,
      layerRules,
      normalizingRules, lossRules, reductionRules, controlRules,
      sequenceRules, quantizationRules, spatialRules, signalRules,
    ].flatMap { $0 }
    .sorted { Attribute.precedes($0.name, $1.name) }

  private static let byName = Dictionary(
    rules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// The rule for an operator, or nil where the engine does not run it at all.
  public static func rule(_ operation: String, domain: String = "") -> OperatorRule? {
    domain.isEmpty ? byName[operation] : nil
  }

  /// The version of an operator that is in force in operator set `version`, or nil where the
  /// catalogue does not know the operator or the set predates it.
  public static func sinceVersion(_ operation: String, domain: String, in version: Int) -> Int? {
    guard let rule = rule(operation, domain: domain) else { return nil }
    return rule.history.last { $0 <= version }
  }

  /// Why the engine would not run `node`, or nil where it would.
  ///
  /// - Parameters:
  ///   - tensors: the topology's tensor table.
  ///   - type: the element type of a value; nil where it is not known, and then not judged.
  public static func refusal(
    of node: Node, tensors: [TensorEntry], type: (ValueID) -> ElementType?
  ) -> UnsupportedReason? {
    guard let rule = rule(node.operation, domain: node.domain) else { return .unknownOperator }
    guard rule.supported.contains(node.sinceVersion), rule.history.contains(node.sinceVersion)
    else { return .version(node.sinceVersion) }
    let inputCount = (node.inputs.lastIndex { $0 != 0 } ?? -1) + 1
    let outputCount = (node.outputs.lastIndex { $0 != 0 } ?? -1) + 1
    let inputs = rule.inputs(in: node.sinceVersion)
    if !inputs.contains(inputCount) { return .inputCount(inputCount) }
    if !rule.outputs.contains(outputCount) { return .outputCount(outputCount) }
    if let reason = attributeRefusal(of: node, rule, tensors: tensors) { return reason }
    for (index, input) in node.inputs.prefix(inputCount).enumerated() {
      guard let operand = rule.operand(at: index) else { return .inputCount(inputCount) }
      if input == 0 {
        if index < inputs.lowerBound { return .inputCount(inputCount) }
        continue
      }
      guard let found = type(input) else { continue }
      if !operand.types.contains(found) { return .inputType(index, found) }
      if let other = operand.matches, node.inputs[other] != 0,
        let expected = type(node.inputs[other]), expected != found
      {
        return .inputType(index, found)
      }
    }
    return combinationRefusal(of: node, outputCount: outputCount, type: type)
  }

  /// Attributes that are unknown in the node's version, out of range, or missing.
  private static func attributeRefusal(
    of node: Node, _ rule: OperatorRule, tensors: [TensorEntry]
  ) -> UnsupportedReason? {
    let known = rule.attributes.filter { $0.versions.contains(node.sinceVersion) }
    for attribute in node.attributes {
      guard let permitted = known.first(where: { $0.name == attribute.name }) else {
        return .attribute(attribute.name)
      }
      if !permitted.permits(attribute.value, of: node, tensors: tensors) {
        return .attributeValue(attribute.name)
      }
    }
    return known.first { needed in
      needed.isRequired && !node.attributes.contains { $0.name == needed.name }
    }.map { .missingAttribute($0.name) }
  }

  /// What no single rule can say: types that depend on attributes, outputs on versions.
  private static func combinationRefusal(
    of node: Node, outputCount: Int, type: (ValueID) -> ElementType?
  ) -> UnsupportedReason? {
    switch node.operation {
    case "Dropout" where node.sinceVersion < 10 && outputCount > 1:
      // The mask was not yet one of truth values.
      return .outputCount(outputCount)
    case "If", "Loop", "Scan": return controlRefusal(of: node)
    case "BitCast":
      // The bits fit only a type of the same width.
      guard let found = type(node.inputs[0]),
        let raw = node.int("to").flatMap(UInt8.init(exactly:)),
        ElementType(rawValue: raw)?.byteCount != found.byteCount
      else { return nil }
      return .attributeValue("to")
    case "Resize" where node.string("mode") ?? "nearest" != "nearest",
      "Upsample" where node.string("mode") ?? "nearest" != "nearest":
      // Blending integers would need a rule for rounding that ONNX does not state.
      guard let found = type(node.inputs[0]), !Set.reals.contains(found) else { return nil }
      return .inputType(0, found)
    case "BitShift" where node.sinceVersion < 28:
      guard let found = type(node.inputs[0]), found.isSignedInteger else { return nil }
      return .inputType(0, found)
    case "Mod" where node.sinceVersion < 28 && node.int("fmod") != 1:
      guard let found = type(node.inputs[0]), Set.reals.contains(found) else { return nil }
      return .inputType(0, found)
    default: return nil
    }
  }

  /// The element type of the output at `index`, or nil where it cannot be told.
  public static func resultType(
    of node: Node, at index: Int, tensors: [TensorEntry], type: (ValueID) -> ElementType?
  ) -> ElementType? {
    guard let rule = rule(node.operation, domain: node.domain),
      let result = rule.result(at: index)
    else { return nil }
    switch result {
    case .sameAs(let input):
      return node.inputs.indices.contains(input) ? type(node.inputs[input]) : nil
    case .fixed(let type): return type
    case .stated(let name, let input, let standard):
      if let number = node.int(name), number != 0 {
        return UInt8(exactly: number).flatMap { ElementType(rawValue: $0) }
      }
      let isPresent = node.inputs.indices.contains(input) && node.inputs[input] != 0
      return isPresent ? type(node.inputs[input]) : standard
    case .subgraph(let name, let skipped):
      guard let outputs = node.graph(name)?.outputs, index + skipped < outputs.count else {
        return nil
      }
      return outputs[index + skipped].elementType
    case .attribute(let name):
      return node.int(name).flatMap { UInt8(exactly: $0) }.flatMap { ElementType(rawValue: $0) }
    case .tensorAttribute(let name):
      guard let index = node.tensor(name) else { return .float32 }
      return tensors.indices.contains(index) ? tensors[index].elementType : nil
    }
  }
}

/// Why a node cannot run; read by the model's owner, never sent anywhere.
public enum UnsupportedReason: Error, Hashable, Sendable, CustomStringConvertible {
  /// The catalogue has no such operator.
  case unknownOperator
  /// The operator in this version, by its since-version.
  case version(Int)
  /// An attribute that the engine does not understand.
  case attribute(String)
  /// An attribute with a value that the engine does not take.
  case attributeValue(String)
  /// An attribute that the operator needs and the node lacks.
  case missingAttribute(String)
  /// An input whose fixed value the engine does not take.
  case inputValue(Int)
  /// Too few or too many inputs.
  case inputCount(Int)
  /// An output that the engine does not make.
  case outputCount(Int)
  /// The input at an index has an element type that the engine does not take there.
  case inputType(Int, ElementType)

  /// One short phrase.
  public var description: String {
    switch self {
    case .unknownOperator: "no such operator in the engine"
    case .version(let version): "version \(version) is not run"
    case .attribute(let name): "attribute \(name) is not run"
    case .attributeValue(let name): "this value of attribute \(name) is not run"
    case .missingAttribute(let name): "attribute \(name) is missing"
    case .inputValue(let index): "this value of input \(index) is not run"
    case .inputCount(let count): "\(count) inputs are not run"
    case .outputCount(let count): "\(count) outputs are not run"
    case .inputType(let index, let type): "input \(index) of type \(type.name) is not run"
    }
  }
}
