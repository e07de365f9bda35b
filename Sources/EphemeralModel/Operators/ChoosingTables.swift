/// The data of the catalogue, continued: operators that choose, sort and place elements.
extension SupportedOperators {
  private static let axis = AttributeRule("axis", .int)

  private static func scatter(_ name: String, _ history: [Int], _ attributes: [AttributeRule])
    -> OperatorRule
  {
    let reductions: [AttributeRule] = [
      AttributeRule("reduction", .text(["none", "add", "mul"]), versions: 16...16),
      AttributeRule("reduction", .text(["none", "add", "mul", "max", "min"]), versions: 18...18),
    ]
    return OperatorRule(
      name, history, inputs: 3...3, operands: [.any, .index, .alike(.all)],
      attributes: attributes + (history.contains(18) ? reductions : []))
  }

  static let choosingRules: [OperatorRule] = [
    OperatorRule(
      "GatherND", [11, 12, 13], inputs: 2...2, operands: [.any, .shape],
      attributes: [AttributeRule("batch_dims", .intIn(0...7), versions: 12...13)]),
    scatter("ScatterElements", [11, 13, 16, 18], [axis]),
    scatter("ScatterND", [11, 13, 16, 18], []),
    OperatorRule(
      "Scatter", [9, 11], supported: 9...9, inputs: 3...3,
      operands: [.any, .index, .alike(.all)], attributes: [axis]),
    OperatorRule(
      "TensorScatter", [24], inputs: 2...3, operands: [.any, .alike(.all), .shape],
      attributes: [axis, AttributeRule("mode", .text(["linear", "circular"]))]),
    OperatorRule(
      "OneHot", [9, 11, 28], inputs: 3...3, operands: [.number, .number, .any],
      results: [.sameAs(2)], attributes: [axis]),
    OperatorRule(
      "EyeLike", [9, 22], inputs: 1...1, operands: [.any],
      results: [.stated("dtype", orInput: 0, or: .float32)],
      attributes: [AttributeRule("dtype", .elementType(.all)), AttributeRule("k", .int)]),
    OperatorRule(
      "TopK", [1, 10, 11, 24], inputs: 2...2, earlier: .before(10, 1...1),
      operands: [.number, .shape], results: [.sameAs(0), .fixed(.int64)], outputs: 1...2,
      attributes: [
        axis, AttributeRule("k", .int, versions: 1...1, required: true),
        AttributeRule("largest", .intIn(0...1), versions: 11...24),
        AttributeRule("sorted", .intIn(0...1), versions: 11...24),
      ]),
    OperatorRule(
      "NonZero", [9, 13], inputs: 1...1, operands: [.any], results: [.fixed(.int64)]),
    OperatorRule(
      "Unique", [11, 28], inputs: 1...1, operands: [.any],
      results: [.sameAs(0), .fixed(.int64)], outputs: 1...4,
      attributes: [axis, AttributeRule("sorted", .intIn(0...1))]),
    OperatorRule(
      "Compress", [9, 11, 28], inputs: 2...2, operands: [.any, .bool], attributes: [axis]),
    OperatorRule(
      "ReverseSequence", [10, 28], inputs: 2...2, operands: [.any, .shape],
      attributes: [
        AttributeRule("batch_axis", .intIn(0...1)), AttributeRule("time_axis", .intIn(0...1)),
      ]),
  ]
}
