/// The data of the catalogue, continued: operators that move elements without looking at them.
extension SupportedOperators {
  private static let axis = AttributeRule("axis", .int)

  private static func moving(
    _ name: String, _ history: [Int], inputs: ClosedRange<Int> = 1...1,
    earlier: EarlierInputs? = nil, _ others: [OperandRule] = [],
    _ attributes: [AttributeRule] = []
  ) -> OperatorRule {
    OperatorRule(
      name, history, inputs: inputs, earlier: earlier, operands: [.any] + others,
      attributes: attributes)
  }

  static let layoutRules: [OperatorRule] = [
    moving("Identity", [1, 13, 14, 16, 19, 21, 23, 24, 25]),
    moving(
      "Reshape", [5, 13, 14, 19, 21, 23, 24, 25], inputs: 2...2, [.shape],
      [AttributeRule("allowzero", .intIn(0...1), versions: 14...25)]),
    moving("Flatten", [1, 9, 11, 13, 21, 23, 24, 25], [], [axis]),
    moving("Transpose", [1, 13, 21, 23, 24, 25], [], [AttributeRule("perm", .ints)]),
    moving(
      "Squeeze", [1, 11, 13, 21, 23, 24, 25], inputs: 1...2, earlier: .before(13, 1...1), [.shape],
      [AttributeRule("axes", .ints, versions: 1...11)]),
    moving(
      "Unsqueeze", [1, 11, 13, 21, 23, 24, 25], inputs: 2...2, earlier: .before(13, 1...1),
      [.shape],
      [AttributeRule("axes", .ints, versions: 1...11, required: true)]),
    moving(
      "Concat", [4, 11, 13], inputs: 1...1_024, [.alike(.all)],
      [
        AttributeRule("axis", .int, required: true)
      ]),
    OperatorRule(
      "Split", [2, 11, 13, 18], inputs: 1...2, earlier: .before(13, 1...1),
      operands: [.any, .shape], outputs: 1...1_024,
      attributes: [
        axis, AttributeRule("split", .ints, versions: 2...11),
        AttributeRule("num_outputs", .outputCount, versions: 18...18),
      ]),
    moving(
      "Slice", [1, 10, 11, 13], inputs: 3...5, earlier: .before(10, 1...1), [.index],
      [
        AttributeRule("axes", .ints, versions: 1...1),
        AttributeRule("starts", .ints, versions: 1...1, required: true),
        AttributeRule("ends", .ints, versions: 1...1, required: true),
      ]),
    moving("Gather", [1, 11, 13], inputs: 2...2, [.index], [axis]),
    moving("GatherElements", [11, 13], inputs: 2...2, [.index], [axis]),
    moving("Expand", [8, 13], inputs: 2...2, [.shape]),
    moving("Tile", [6, 13], inputs: 2...2, [.shape]),
    moving(
      "Trilu", [14], inputs: 1...2, [.shape], [AttributeRule("upper", .intIn(0...1))]),
    moving(
      "Pad", [2, 11, 13, 18, 19, 21, 23, 24, 25], inputs: 2...4,
      earlier: .before(11, 1...1), [.shape, .alike(.all), .index],
      [
        AttributeRule("mode", .text(["constant", "reflect", "edge"]), versions: 2...18),
        AttributeRule("mode", .text(["constant", "reflect", "edge", "wrap"]), versions: 19...25),
        AttributeRule("pads", .ints, versions: 2...2, required: true),
        AttributeRule("value", .float, versions: 2...2),
      ]),
    OperatorRule(
      "Cast", [6, 9, 13, 19, 21, 23, 24, 25, 28], inputs: 1...1, operands: [.any],
      results: [.attribute("to")],
      attributes: [
        AttributeRule("to", .elementType(.all), required: true),
        AttributeRule("saturate", .int, versions: 19...28),
        AttributeRule("round_mode", .text(["up", "down", "nearest"]), versions: 24...28),
      ]),
    OperatorRule(
      "CastLike", [15, 19, 21, 23, 24, 25], inputs: 2...2, operands: [.any, .any],
      results: [.sameAs(1)],
      attributes: [
        AttributeRule("saturate", .int, versions: 19...25),
        AttributeRule("round_mode", .text(["up", "down", "nearest"]), versions: 24...25),
      ]),
    OperatorRule(
      "Shape", [1, 13, 15, 19, 21, 23, 24, 25], inputs: 1...1, operands: [.any],
      results: [.fixed(.int64)],
      attributes: [
        AttributeRule("start", .int, versions: 15...25),
        AttributeRule("end", .int, versions: 15...25),
      ]),
    OperatorRule(
      "Size", [1, 13, 19, 21, 23, 24, 25], inputs: 1...1, operands: [.any],
      results: [.fixed(.int64)]),
    OperatorRule(
      "ConstantOfShape", [9, 20, 21, 23, 24, 25], inputs: 1...1, operands: [.shape],
      results: [.tensorAttribute("value")],
      attributes: [AttributeRule("value", .element(.all))]),
    OperatorRule(
      "Range", [11, 27], inputs: 3...3,
      operands: [
        OperandRule(Set.reals.union([.int16, .int32, .int64])),
        .alike(Set.reals.union([.int16, .int32, .int64])),
      ],
      attributes: [AttributeRule("stash_type", .intIn(1...1), versions: 27...27)]),
  ]
}
