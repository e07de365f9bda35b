/// The data of the catalogue, continued: operators on quantized numbers, of 8, 16 and 32 bits.
extension SupportedOperators {
  private static let axis = AttributeRule("axis", .int, versions: 13...28)
  private static let block = AttributeRule(
    "block_size", .intIn(0...(1 << 30)), versions: 21...28)
  private static let quantized: Set<ElementType> = [.int8, .uint8, .int16, .uint16]
  private static let window: [AttributeRule] = [
    AttributeRule("strides", .intsIn(1...65_536)),
    AttributeRule("pads", .intsIn(0...65_536)),
    AttributeRule("dilations", .intsIn(1...65_536)),
    AttributeRule("kernel_shape", .intsIn(1...65_536)),
    AttributeRule("group", .intIn(1...65_536)),
    AttributeRule("auto_pad", .text(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])),
  ]
  /// Factor, scale, zero point; factor, scale, zero point; scale and zero point of the result.
  private static let factors: [OperandRule] = [
    .byte, .scale, OperandRule(.bytes, matches: 0), .byte, OperandRule(.scales, matches: 1),
    OperandRule(.bytes, matches: 3), OperandRule(.scales, matches: 1), .byte,
  ]

  static let quantizationRules: [OperatorRule] = [
    OperatorRule(
      "QuantizeLinear", [10, 13, 19, 21, 23, 24, 25, 28], inputs: 2...3,
      operands: [
        OperandRule(Set.scales.union([.int32])), OperandRule(Set.scales.union([.int32])),
        OperandRule(quantized),
      ],
      results: [.stated("output_dtype", orInput: 2, or: .uint8)],
      attributes: [
        axis, block, AttributeRule("saturate", .int, versions: 19...28),
        AttributeRule("output_dtype", .elementTypeOrZero(quantized), versions: 21...28),
        AttributeRule("precision", .elementTypeOrZero([.float32]), versions: 23...28),
      ]),
    OperatorRule(
      "DequantizeLinear", [10, 13, 19, 21, 23, 24, 25, 28], inputs: 2...3,
      operands: [
        OperandRule(quantized.union([.int32])), .scale,
        OperandRule(quantized.union([.int32]), matches: 0),
      ],
      results: [.stated("output_dtype", orInput: 1, or: .float32)],
      attributes: [
        axis, block, AttributeRule("output_dtype", .elementTypeOrZero(.scales), versions: 23...28),
      ]),
    OperatorRule(
      "DynamicQuantizeLinear", [11], inputs: 1...1, operands: [OperandRule([.float32])],
      results: [.fixed(.uint8), .fixed(.float32), .fixed(.uint8)], outputs: 1...3),
    OperatorRule(
      "MatMulInteger", [10], inputs: 2...4,
      operands: [
        .byte, .byte, OperandRule(.bytes, matches: 0), OperandRule(.bytes, matches: 1),
      ], results: [.fixed(.int32)]),
    OperatorRule(
      "ConvInteger", [10], inputs: 2...4,
      operands: [
        .byte, .byte, OperandRule(.bytes, matches: 0), OperandRule(.bytes, matches: 1),
      ], results: [.fixed(.int32)], attributes: window),
    OperatorRule(
      "QLinearMatMul", [10, 21], inputs: 8...8, operands: factors, results: [.sameAs(7)]),
    OperatorRule(
      "QLinearConv", [10], inputs: 8...9, operands: factors + [OperandRule([.int32])],
      results: [.sameAs(7)], attributes: window),
  ]
}
