/// The data of the catalogue: exactly what the kernels of the engine run, and nothing else.
///
/// A test of the engine compares these rows with its dispatch; change both together.
/// The histories are those of ONNX's operator sets 7 to 28.
extension SupportedOperators {
  private static let floats: Set<ElementType> = [.float32]
  private static let numbers: Set<ElementType> = [.float32, .int32, .int64]
  private static let bools: Set<ElementType> = [.bool]
  private static let shapes: Set<ElementType> = [.int64]
  private static let indices: Set<ElementType> = [.int32, .int64]
  private static let movable: Set<ElementType> = [.float32, .int32, .int64, .bool, .uint8, .int8]

  private static func pair(_ types: Set<ElementType>) -> [OperandRule] {
    [OperandRule(types), OperandRule(types, matches: 0)]
  }

  static let arithmeticRules: [OperatorRule] =
    ["Add", "Sub", "Mul", "Div"].map {
      OperatorRule($0, [7, 13, 14], inputs: 2...2, operands: pair(numbers))
    } + [
      OperatorRule(
        "Pow", [7, 12, 13, 15], inputs: 2...2,
        operands: [OperandRule(floats), OperandRule(numbers)]),
      OperatorRule("Max", [6, 8, 12, 13], inputs: 1...64, operands: pair(numbers)),
      OperatorRule("Min", [6, 8, 12, 13], inputs: 1...64, operands: pair(numbers)),
      OperatorRule("Sum", [6, 8, 13], inputs: 1...64, operands: pair(floats)),
      OperatorRule("Abs", [6, 13], inputs: 1...1, operands: [OperandRule(numbers)]),
      OperatorRule("Neg", [6, 13], inputs: 1...1, operands: [OperandRule(numbers)]),
      OperatorRule("Sign", [9, 13], inputs: 1...1, operands: [OperandRule(numbers)]),
    ]
    + ["Sqrt", "Reciprocal", "Exp", "Log", "Floor", "Ceil"].map {
      OperatorRule($0, [6, 13], inputs: 1...1, operands: [OperandRule(floats)])
    } + [
      OperatorRule("Round", [11, 22], inputs: 1...1, operands: [OperandRule(floats)]),
      OperatorRule("Erf", [9, 13], inputs: 1...1, operands: [OperandRule(floats)]),
      OperatorRule("Sin", [7, 22], inputs: 1...1, operands: [OperandRule(floats)]),
      OperatorRule("Cos", [7, 22], inputs: 1...1, operands: [OperandRule(floats)]),
    ]

  static let activationRules: [OperatorRule] = [
    OperatorRule("Relu", [6, 13, 14], inputs: 1...1, operands: [OperandRule(floats)]),
    OperatorRule("Sigmoid", [6, 13], inputs: 1...1, operands: [OperandRule(floats)]),
    OperatorRule("Tanh", [6, 13], inputs: 1...1, operands: [OperandRule(floats)]),
    OperatorRule("Softplus", [1, 22], inputs: 1...1, operands: [OperandRule(floats)]),
    OperatorRule(
      "LeakyRelu", [6, 16], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("alpha", .float)]),
    OperatorRule(
      "Elu", [6, 22], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("alpha", .float)]),
    OperatorRule(
      "HardSigmoid", [6, 22], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("alpha", .float), AttributeRule("beta", .float)]),
    OperatorRule("HardSwish", [14, 22], inputs: 1...1, operands: [OperandRule(floats)]),
    OperatorRule(
      "Gelu", [20], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("approximate", .text(["none", "tanh"]))]),
    OperatorRule(
      "Clip", [6, 11, 12, 13], inputs: 1...3, operands: pair(floats),
      attributes: [AttributeRule("min", .float), AttributeRule("max", .float)]),
    OperatorRule(
      "Softmax", [1, 11, 13], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("axis", .int)]),
    OperatorRule(
      "LogSoftmax", [1, 11, 13], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("axis", .int)]),
    OperatorRule(
      "Dropout", [7, 10, 12, 13, 22], inputs: 1...1, operands: [OperandRule(floats)],
      attributes: [AttributeRule("ratio", .float), AttributeRule("seed", .int)]),
  ]

  static let logicRules: [OperatorRule] =
    [
      OperatorRule(
        "Equal", [7, 11, 13, 19], inputs: 2...2, operands: pair(numbers.union(bools)),
        results: [.fixed(.bool)]),
      OperatorRule(
        "Greater", [7, 9, 13], inputs: 2...2, operands: pair(numbers), results: [.fixed(.bool)]),
      OperatorRule(
        "Less", [7, 9, 13], inputs: 2...2, operands: pair(numbers), results: [.fixed(.bool)]),
      OperatorRule(
        "GreaterOrEqual", [12, 16], inputs: 2...2, operands: pair(numbers),
        results: [.fixed(.bool)]),
      OperatorRule(
        "LessOrEqual", [12, 16], inputs: 2...2, operands: pair(numbers), results: [.fixed(.bool)]),
      OperatorRule("Not", [1], inputs: 1...1, operands: [OperandRule(bools)]),
      OperatorRule(
        "Where", [9, 16], inputs: 3...3,
        operands: [OperandRule(bools), OperandRule(movable), OperandRule(movable, matches: 1)],
        results: [.sameAs(1)]),
    ]
    + ["And", "Or", "Xor"].map {
      OperatorRule($0, [7], inputs: 2...2, operands: pair(bools))
    }
}
