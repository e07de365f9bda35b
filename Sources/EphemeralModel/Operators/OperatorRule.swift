/// What the engine runs of one ONNX operator: versions, operands, results, attributes.
public struct OperatorRule: Sendable {
  /// ONNX's name of the operator.
  public let name: String
  /// Its domain; empty for ONNX's own.
  public let domain: String
  /// The operator-set versions in which ONNX changed the operator, ascending, from the one in
  /// force at the oldest operator set that is read to the newest in `SupportedOperators.newest`.
  public let history: [Int]
  /// Those of them that the engine runs.
  public let supported: ClosedRange<Int>
  /// How many inputs a node may have, trailing absent ones not counted.
  public let inputs: ClosedRange<Int>
  /// How many it may have in versions that still took attributes instead.
  public let earlierInputs: EarlierInputs?
  /// What each input may be; the last stands for all that follow.
  public let operands: [OperandRule]
  /// What each output is; the last stands for all that follow.
  public let results: [ResultRule]
  /// How many outputs a node may want, trailing absent ones not counted.
  public let outputs: ClosedRange<Int>
  /// The attributes that the engine understands; any other is refused.
  public let attributes: [AttributeRule]

  init(
    _ name: String, _ history: [Int], supported: ClosedRange<Int>? = nil,
    inputs: ClosedRange<Int>, earlier: EarlierInputs? = nil, operands: [OperandRule],
    results: [ResultRule] = [.sameAs(0)],
    outputs: ClosedRange<Int> = 1...1, attributes: [AttributeRule] = []
  ) {
    self.name = name
    self.domain = ""
    self.history = history
    self.supported = supported ?? (history.first ?? 1)...(history.last ?? 1)
    self.inputs = inputs
    self.earlierInputs = earlier
    self.operands = operands
    self.results = results
    self.outputs = outputs
    self.attributes = attributes
  }

  /// How many inputs a node of this version may have.
  public func inputs(in version: Int) -> ClosedRange<Int> {
    guard let earlierInputs, version < earlierInputs.version else { return inputs }
    return earlierInputs.counts
  }

  /// The rule for the input at `index`.
  public func operand(at index: Int) -> OperandRule? {
    operands.isEmpty ? nil : operands[min(index, operands.count - 1)]
  }

  /// The rule for the output at `index`.
  public func result(at index: Int) -> ResultRule? {
    results.isEmpty ? nil : results[min(index, results.count - 1)]
  }
}

/// How many inputs an operator had before a version.
public struct EarlierInputs: Sendable {
  /// The first version with the newer counts.
  public let version: Int
  /// The counts before it.
  public let counts: ClosedRange<Int>

  /// The counts before `version`.
  static func before(_ version: Int, _ counts: ClosedRange<Int>) -> EarlierInputs {
    EarlierInputs(version: version, counts: counts)
  }
}

/// What one input of an operator may be.
public struct OperandRule: Sendable {
  /// The element types that the engine takes.
  public let types: Set<ElementType>
  /// The input whose element type this one must share.
  public let matches: Int?

  init(_ types: Set<ElementType>, matches: Int? = nil) {
    self.types = types
    self.matches = matches
  }
}

/// The element type of an output.
public enum ResultRule: Equatable, Sendable {
  /// That of the input at this index.
  case sameAs(Int)
  /// Always this one.
  case fixed(ElementType)
  /// The one that an integer attribute numbers.
  case attribute(String)
  /// That of a tensor attribute, and float32 without it.
  case tensorAttribute(String)
  /// The one that an integer attribute numbers, unless it is absent or zero; then that of the
  /// input at an index, where there is one; then the last.
  case stated(String, orInput: Int, or: ElementType)
  /// That of a subgraph's output, so many places further on.
  case subgraph(String, skipping: Int)
}

/// What one attribute of an operator may hold.
public struct AttributeRule: Sendable {
  /// The permitted values.
  public enum Values: Sendable {
    /// Any integer.
    case int
    /// The number of one of these element types, or zero for none.
    case elementTypeOrZero(Set<ElementType>)
    /// An integer in this range.
    case intIn(ClosedRange<Int64>)
    /// Any list of integers.
    case ints
    /// A list of integers that all lie in this range.
    case intsIn(ClosedRange<Int64>)
    /// Any number.
    case float
    /// Any text.
    case anyText
    /// One of these texts.
    case text([String])
    /// Two integers in this range.
    case intPair(ClosedRange<Int64>)
    /// Any list of numbers.
    case floats
    /// A list of texts, each of them one of these in any case of letters.
    case texts([String])
    /// The number of one of these element types.
    case elementType(Set<ElementType>)
    /// A tensor of one element of one of these types.
    case element(Set<ElementType>)
    /// The number of the node's outputs.
    case outputCount
    /// A subgraph; its nodes are judged by themselves.
    case graph
  }

  /// ONNX's name of the attribute.
  public let name: String
  /// What it may hold.
  public let values: Values
  /// The versions of the operator that have it, with these values.
  public let versions: ClosedRange<Int>
  /// Whether a node must have it.
  public let isRequired: Bool

  init(
    _ name: String, _ values: Values, versions: ClosedRange<Int> = 1...28, required: Bool = false
  ) {
    self.name = name
    self.values = values
    self.versions = versions
    isRequired = required
  }

  /// Whether `value` is of the right kind and within the rule.
  public func permits(_ value: AttributeValue, of node: Node, tensors: [TensorEntry]) -> Bool {
    switch (values, value) {
    case (.int, .int), (.ints, .ints), (.float, .float): return true
    case (.floats, .floats): return true
    case (.intPair(let range), .ints(let numbers)):
      return numbers.count == 2 && numbers.allSatisfy(range.contains)
    case (.texts(let texts), .strings(let lists)):
      return lists.allSatisfy { bytes in
        texts.contains { $0.utf8.elementsEqual(bytes.lazy.map { $0 | 0x20 }) }
      }
    case (.intIn(let range), .int(let number)): return range.contains(number)
    case (.intsIn(let range), .ints(let numbers)): return numbers.allSatisfy(range.contains)
    case (.anyText, .string), (.graph, .graph): return true
    case (.text(let texts), .string(let bytes)):
      return texts.contains { $0.utf8.elementsEqual(bytes) }
    case (.elementType(let types), .int(let number)):
      guard let raw = UInt8(exactly: number), let type = ElementType(rawValue: raw) else {
        return false
      }
      return types.contains(type)
    case (.elementTypeOrZero(let types), .int(let number)):
      return number == 0
        || UInt8(exactly: number).flatMap { ElementType(rawValue: $0) }
          .map(types.contains) ?? false
    case (.element(let types), .tensor(let index)):
      guard tensors.indices.contains(index) else { return false }
      let tensor = tensors[index]
      return types.contains(tensor.elementType)
        && tensor.byteCount == tensor.elementType.byteCount
    case (.outputCount, .int(let number)): return number == node.outputs.count
    default: return false
    }
  }
}
