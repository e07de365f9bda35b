/// The data of the catalogue, continued: operators that multiply, pool, normalize and reduce.
extension SupportedOperators {
  private static let kernel: ClosedRange<Int64> = 1...65_536
  private static let window: [AttributeRule] = [
    AttributeRule("strides", .intsIn(1...65_536)),
    AttributeRule("pads", .intsIn(0...65_536)),
    AttributeRule("auto_pad", .text(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])),
  ]
  private static func dilations(_ versions: ClosedRange<Int>) -> AttributeRule {
    AttributeRule("dilations", .intsIn(1...65_536), versions: versions)
  }
  private static let ceiling = AttributeRule("ceil_mode", .intIn(0...1), versions: 10...22)
  private static let epsilon = AttributeRule("epsilon", .float)
  private static let axis = AttributeRule("axis", .int)
  private static let stash = AttributeRule("stash_type", .intIn(1...1))

  private static func real(
    _ name: String, _ history: [Int], inputs: ClosedRange<Int>,
    _ attributes: [AttributeRule] = []
  ) -> OperatorRule {
    OperatorRule(
      name, history, inputs: inputs, operands: [.real, .alike(.reals)], attributes: attributes)
  }

  static let layerRules: [OperatorRule] = [
    OperatorRule(
      "MatMul", [1, 9, 13], inputs: 2...2,
      operands: [OperandRule(.wideNumbers), .alike(.wideNumbers)]),
    OperatorRule(
      "Gemm", [7, 9, 11, 13], inputs: 2...3,
      operands: [OperandRule(.wideNumbers), .alike(.wideNumbers)],
      attributes: [
        AttributeRule("alpha", .float), AttributeRule("beta", .float),
        AttributeRule("transA", .int), AttributeRule("transB", .int),
      ]),
    real(
      "Conv", [1, 11, 22], inputs: 2...3,
      window + [
        AttributeRule("kernel_shape", .intsIn(kernel)), dilations(1...22),
        AttributeRule("group", .intIn(1...65_536)),
      ]),
    OperatorRule(
      "MaxPool", [1, 8, 10, 11, 12, 22], inputs: 1...1,
      operands: [OperandRule(Set.reals.union(Set.bytes))],
      results: [.sameAs(0), .fixed(.int64)], outputs: 1...2,
      attributes: window + [
        AttributeRule("kernel_shape", .intsIn(kernel), required: true), ceiling, dilations(10...22),
        AttributeRule("storage_order", .intIn(0...1), versions: 8...22),
      ]),
    real(
      "AveragePool", [7, 10, 11, 19, 22], inputs: 1...1,
      window + [
        AttributeRule("kernel_shape", .intsIn(kernel), required: true), ceiling,
        dilations(19...22), AttributeRule("count_include_pad", .intIn(0...1)),
      ]),
    real("GlobalAveragePool", [1, 22], inputs: 1...1),
    real("GlobalMaxPool", [1, 22], inputs: 1...1),
    real(
      "BatchNormalization", [7, 9, 14, 15], inputs: 5...5,
      [
        epsilon, AttributeRule("momentum", .float),
        AttributeRule("spatial", .intIn(1...1), versions: 7...7),
        AttributeRule("training_mode", .intIn(0...0), versions: 14...15),
      ]),
    real("InstanceNormalization", [6, 22], inputs: 3...3, [epsilon]),
    real("RMSNormalization", [23], inputs: 2...2, [axis, epsilon, stash]),
    OperatorRule(
      "LayerNormalization", [17], inputs: 2...3, operands: [.real, .alike(.reals)],
      results: [.sameAs(0), .fixed(.float32)], outputs: 1...3, attributes: [axis, epsilon, stash]),
  ]

  private static func reduction(
    _ name: String, _ history: [Int], _ types: Set<ElementType> = .wideNumbers
  ) -> OperatorRule {
    // Axes moved from an attribute to an input in version 13 or 18.
    let byInput = name == "ReduceSum" ? 13 : 18
    return OperatorRule(
      name, history, inputs: 1...2, earlier: .before(byInput, 1...1),
      operands: [OperandRule(types), .shape],
      attributes: [
        AttributeRule("axes", .ints, versions: 1...(byInput - 1)),
        AttributeRule("keepdims", .intIn(0...1)),
        AttributeRule("noop_with_empty_axes", .intIn(0...1), versions: byInput...28),
      ])
  }

  static let reductionRules: [OperatorRule] =
    [
      reduction("ReduceSum", [1, 11, 13]),
      reduction("ReduceMax", [1, 11, 12, 13, 18, 20], .numbers.union([.bool])),
      reduction("ReduceMin", [1, 11, 12, 13, 18, 20], .numbers.union([.bool])),
      reduction("ReduceLogSum", [1, 11, 13, 18, 28]),
      reduction("ReduceLogSumExp", [1, 11, 13, 18, 28]),
    ]
    + ["ReduceMean", "ReduceProd", "ReduceSumSquare", "ReduceL1", "ReduceL2"].map {
      reduction($0, [1, 11, 13, 18])
    }
    + ["ArgMax", "ArgMin"].map {
      OperatorRule(
        $0, [1, 11, 12, 13], inputs: 1...1, operands: [.number], results: [.fixed(.int64)],
        attributes: [
          axis, AttributeRule("keepdims", .intIn(0...1)),
          AttributeRule("select_last_index", .intIn(0...1), versions: 12...13),
        ])
    }
}
