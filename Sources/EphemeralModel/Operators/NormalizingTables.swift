/// The data of the catalogue, continued: normalizations, norms, losses.
extension SupportedOperators {
  private static let axis = AttributeRule("axis", .int)
  private static let epsilon = AttributeRule("epsilon", .float)

  private static func real(
    _ name: String, _ history: [Int], supported: ClosedRange<Int>? = nil,
    inputs: ClosedRange<Int> = 1...1, _ attributes: [AttributeRule] = []
  ) -> OperatorRule {
    OperatorRule(
      name, history, supported: supported, inputs: inputs, operands: [.real, .alike(.reals)],
      attributes: attributes)
  }

  static let normalizingRules: [OperatorRule] = [
    // Version 18 scales groups, not channels; ONNX withdrew it.
    real(
      "GroupNormalization", [18, 21], supported: 21...21, inputs: 3...3,
      [
        epsilon, AttributeRule("num_groups", .intIn(1...(1 << 20)), required: true),
        AttributeRule("stash_type", .intIn(1...1)),
      ]),
    real("MeanVarianceNormalization", [9, 13], [AttributeRule("axes", .ints)]),
    real("LpNormalization", [1, 22], [axis, AttributeRule("p", .intIn(1...2))]),
    real(
      "LRN", [1, 13],
      [
        AttributeRule("alpha", .float), AttributeRule("beta", .float),
        AttributeRule("bias", .float),
        AttributeRule("size", .intIn(1...(1 << 20)), required: true),
      ]),
    real(
      "LpPool", [2, 11, 18, 22],
      [
        AttributeRule("kernel_shape", .intsIn(1...65_536), required: true),
        AttributeRule("strides", .intsIn(1...65_536)), AttributeRule("pads", .intsIn(0...65_536)),
        AttributeRule("auto_pad", .text(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])),
        AttributeRule("p", .intIn(1...64)),
        AttributeRule("ceil_mode", .intIn(0...1), versions: 18...22),
        AttributeRule("dilations", .intsIn(1...65_536), versions: 18...22),
      ]),
    real("GlobalLpPool", [2, 22], [AttributeRule("p", .intIn(1...64))]),
    OperatorRule(
      "Einsum", [12, 28], inputs: 1...64, operands: [.number, .alike(.numbers)],
      attributes: [AttributeRule("equation", .anyText, required: true)]),
  ]

  private static let lossAttributes: [AttributeRule] = [
    AttributeRule("ignore_index", .int),
    AttributeRule("reduction", .text(["none", "sum", "mean"])),
  ]

  static let lossRules: [OperatorRule] = [
    OperatorRule(
      "NegativeLogLikelihoodLoss", [12, 13, 22], inputs: 2...3,
      operands: [.real, .index, .alike(.reals)], attributes: lossAttributes),
    OperatorRule(
      "SoftmaxCrossEntropyLoss", [12, 13], inputs: 2...3,
      operands: [.real, .index, .alike(.reals)], outputs: 1...2, attributes: lossAttributes),
  ]
}
