/// The data of the catalogue: exactly what the kernels of the engine run, and nothing else.
///
/// A test of the engine compares these rows with its dispatch; change both together.
/// The histories are those of ONNX's operator sets 7 to 28.
extension SupportedOperators {
  private static func pair(_ types: Set<ElementType>) -> [OperandRule] {
    [OperandRule(types), .alike(types)]
  }

  private static func unary(
    _ name: String, _ history: [Int], _ operand: OperandRule = .real,
    _ attributes: [AttributeRule] = []
  ) -> OperatorRule {
    OperatorRule(name, history, inputs: 1...1, operands: [operand], attributes: attributes)
  }

  static let arithmeticRules: [OperatorRule] =
    ["Add", "Sub", "Mul", "Div"].map {
      OperatorRule($0, [7, 13, 14], inputs: 2...2, operands: pair(.numbers))
    } + [
      OperatorRule(
        "Pow", [7, 12, 13, 15], inputs: 2...2,
        operands: [OperandRule(Set.reals.union([.int32, .int64])), .number]),
      OperatorRule(
        "Mod", [10, 13, 28], inputs: 2...2, operands: pair(.numbers),
        attributes: [AttributeRule("fmod", .intIn(0...1))]),
      OperatorRule("PRelu", [7, 9, 16], inputs: 2...2, operands: pair(.wideNumbers)),
      OperatorRule("Max", [6, 8, 12, 13], inputs: 1...64, operands: pair(.numbers)),
      OperatorRule("Min", [6, 8, 12, 13], inputs: 1...64, operands: pair(.numbers)),
      OperatorRule("Sum", [6, 8, 13], inputs: 1...64, operands: pair(.reals)),
      OperatorRule("Mean", [6, 8, 13], inputs: 1...64, operands: pair(.reals)),
      OperatorRule(
        "CumSum", [11, 14], inputs: 2...2, operands: [.number, .index],
        attributes: [
          AttributeRule("exclusive", .intIn(0...1)), AttributeRule("reverse", .intIn(0...1)),
        ]),
      unary("Abs", [6, 13], .number),
      unary("Neg", [6, 13], .number),
      unary("Sign", [9, 13], .number),
      unary("Round", [11, 22]),
      unary("Erf", [9, 13]),
      OperatorRule(
        "CumProd", [26], inputs: 2...2, operands: [OperandRule(.wideNumbers), .index],
        attributes: [
          AttributeRule("exclusive", .intIn(0...1)), AttributeRule("reverse", .intIn(0...1)),
        ]),
    ]
    + ["Sin", "Cos", "Tan", "Asin", "Acos", "Atan"].map { unary($0, [7, 22]) }
    + ["Sinh", "Cosh", "Asinh", "Acosh", "Atanh"].map { unary($0, [9, 22]) }
    + ["Sqrt", "Reciprocal", "Exp", "Log", "Floor", "Ceil"].map { unary($0, [6, 13]) }

  private static let alpha = AttributeRule("alpha", .float)

  static let activationRules: [OperatorRule] = [
    unary("Relu", [6, 13, 14], .number),
    unary("Sigmoid", [6, 13]),
    unary("Tanh", [6, 13]),
    unary("Softplus", [1, 22]),
    unary("Softsign", [1, 22]),
    unary("HardSwish", [14, 22]),
    unary("Mish", [18, 22]),
    unary("LeakyRelu", [6, 16], .real, [alpha]),
    unary("Elu", [6, 22], .real, [alpha]),
    unary("Celu", [12, 28], .real, [alpha]),
    unary(
      "Shrink", [9], .number, [AttributeRule("bias", .float), AttributeRule("lambd", .float)]),
    OperatorRule("SwiGLU", [28], inputs: 2...2, operands: pair(.reals), attributes: [alpha]),
    unary("Hardmax", [1, 11, 13], .real, [AttributeRule("axis", .int)]),
    unary("Selu", [6, 22], .real, [alpha, AttributeRule("gamma", .float)]),
    unary("ThresholdedRelu", [10, 22], .real, [alpha]),
    unary("Swish", [24], .real, [alpha]),
    unary("HardSigmoid", [6, 22], .real, [alpha, AttributeRule("beta", .float)]),
    unary("Gelu", [20], .real, [AttributeRule("approximate", .text(["none", "tanh"]))]),
    OperatorRule(
      "Clip", [6, 11, 12, 13], inputs: 1...3, earlier: .before(11, 1...1), operands: pair(.numbers),
      attributes: [
        AttributeRule("min", .float, versions: 6...6),
        AttributeRule("max", .float, versions: 6...6),
      ]),
    unary("Softmax", [1, 11, 13], .real, [AttributeRule("axis", .int)]),
    unary("LogSoftmax", [1, 11, 13], .real, [AttributeRule("axis", .int)]),
    OperatorRule(
      "Dropout", [7, 10, 12, 13, 22], inputs: 1...3, earlier: .before(12, 1...1),
      operands: [.real, .real, .bool],
      results: [.sameAs(0), .fixed(.bool)], outputs: 1...2,
      attributes: [
        AttributeRule("ratio", .float, versions: 7...10),
        AttributeRule("seed", .int, versions: 12...22),
      ]),
  ]

  static let bitRules: [OperatorRule] =
    ["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map {
      OperatorRule($0, [18], inputs: 2...2, operands: pair(.integers))
    } + [
      unary("BitwiseNot", [18], .integer),
      OperatorRule(
        "BitShift", [11, 28], inputs: 2...2, operands: pair(.integers),
        attributes: [AttributeRule("direction", .text(["LEFT", "RIGHT"]), required: true)]),
      OperatorRule(
        "BitCast", [26], inputs: 1...1, operands: [.any], results: [.attribute("to")],
        attributes: [AttributeRule("to", .elementType(.all), required: true)]),
    ]

  private static func comparison(
    _ name: String, _ history: [Int], _ types: Set<ElementType> = .numbers
  ) -> OperatorRule {
    OperatorRule(name, history, inputs: 2...2, operands: pair(types), results: [.fixed(.bool)])
  }

  static let logicRules: [OperatorRule] = [
    comparison("Equal", [7, 11, 13, 19], .numbers.union([.bool])),
    comparison("Greater", [7, 9, 13]),
    comparison("Less", [7, 9, 13]),
    comparison("GreaterOrEqual", [12, 16]),
    comparison("LessOrEqual", [12, 16]),
    comparison("And", [7], .bools),
    comparison("Or", [7], .bools),
    comparison("Xor", [7], .bools),
    unary("Not", [1], .bool),
    OperatorRule(
      "IsNaN", [9, 13, 20], inputs: 1...1, operands: [.real], results: [.fixed(.bool)]),
    OperatorRule(
      "IsInf", [10, 20], inputs: 1...1, operands: [.real], results: [.fixed(.bool)],
      attributes: [
        AttributeRule("detect_negative", .intIn(0...1)),
        AttributeRule("detect_positive", .intIn(0...1)),
      ]),
    OperatorRule(
      "Where", [9, 16], inputs: 3...3,
      operands: [.bool, .any, OperandRule(.all, matches: 1)], results: [.sameAs(1)]),
  ]
}
