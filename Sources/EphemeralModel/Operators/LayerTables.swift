/// The data of the catalogue, continued: operators that move, multiply, pool and reduce.
extension SupportedOperators {
  private static let floats: Set<ElementType> = [.float32]
  private static let numbers: Set<ElementType> = [.float32, .int32, .int64]
  private static let shapes: Set<ElementType> = [.int64]
  private static let indices: Set<ElementType> = [.int32, .int64]
  private static let movable: Set<ElementType> = [.float32, .int32, .int64, .bool, .uint8, .int8]

  private static let any = OperandRule(movable)
  private static let shape = OperandRule(shapes)
  private static let index = OperandRule(indices)
  private static let real = OperandRule(floats)

  static let layoutRules: [OperatorRule] = [
    OperatorRule(
      "Identity", [1, 13, 14, 16, 19, 21, 23, 24, 25], inputs: 1...1, operands: [any]),
    OperatorRule(
      "Cast", [6, 9, 13, 19, 21, 23, 24, 25, 28], inputs: 1...1, operands: [any],
      results: [.attribute("to")],
      attributes: [
        AttributeRule("to", .elementType(movable)), AttributeRule("saturate", .int),
        AttributeRule("round_mode", .text(["up"])),
      ]),
    OperatorRule(
      "Shape", [1, 13, 15, 19, 21, 23, 24, 25], inputs: 1...1, operands: [any],
      results: [.fixed(.int64)],
      attributes: [AttributeRule("start", .int), AttributeRule("end", .int)]),
    OperatorRule(
      "Size", [1, 13, 19, 21, 23, 24, 25], inputs: 1...1, operands: [any],
      results: [.fixed(.int64)]),
    OperatorRule(
      "Reshape", [5, 13, 14, 19, 21, 23, 24, 25], inputs: 2...2, operands: [any, shape],
      attributes: [AttributeRule("allowzero", .intIn(0...1))]),
    OperatorRule(
      "Flatten", [1, 9, 11, 13, 21, 23, 24, 25], inputs: 1...1, operands: [any],
      attributes: [AttributeRule("axis", .int)]),
    OperatorRule(
      "Transpose", [1, 13, 21, 23, 24, 25], inputs: 1...1, operands: [any],
      attributes: [AttributeRule("perm", .ints)]),
    OperatorRule(
      "Squeeze", [1, 11, 13, 21, 23, 24, 25], inputs: 1...2, operands: [any, shape],
      attributes: [AttributeRule("axes", .ints)]),
    OperatorRule(
      "Unsqueeze", [1, 11, 13, 21, 23, 24, 25], inputs: 1...2, operands: [any, shape],
      attributes: [AttributeRule("axes", .ints)]),
    OperatorRule(
      "Concat", [4, 11, 13], inputs: 1...1_024,
      operands: [any, OperandRule(movable, matches: 0)],
      attributes: [AttributeRule("axis", .int)]),
    OperatorRule(
      "Split", [2, 11, 13, 18], inputs: 1...2, operands: [any, shape], outputs: 1...1_024,
      attributes: [
        AttributeRule("axis", .int), AttributeRule("split", .ints),
        AttributeRule("num_outputs", .int),
      ]),
    OperatorRule(
      "Slice", [1, 10, 11, 13], inputs: 1...5, operands: [any, index],
      attributes: [
        AttributeRule("axes", .ints), AttributeRule("starts", .ints), AttributeRule("ends", .ints),
      ]),
    OperatorRule(
      "Gather", [1, 11, 13], inputs: 2...2, operands: [any, index],
      attributes: [AttributeRule("axis", .int)]),
    OperatorRule("Expand", [8, 13], inputs: 2...2, operands: [any, shape]),
    OperatorRule("Tile", [6, 13], inputs: 2...2, operands: [any, shape]),
    OperatorRule(
      "ConstantOfShape", [9, 20, 21, 23, 24, 25], inputs: 1...1, operands: [shape],
      results: [.tensorAttribute("value")],
      attributes: [AttributeRule("value", .tensor(movable))]),
    OperatorRule(
      "Range", [11, 27], inputs: 3...3,
      operands: [OperandRule(numbers), OperandRule(numbers, matches: 0)]),
  ]

  private static let window: [AttributeRule] = [
    AttributeRule("kernel_shape", .intsIn(1...65_536)),
    AttributeRule("strides", .intsIn(1...65_536)),
    AttributeRule("pads", .intsIn(0...65_536)),
    AttributeRule("dilations", .intsIn(1...65_536)),
    AttributeRule("auto_pad", .text(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])),
  ]

  static let layerRules: [OperatorRule] = [
    OperatorRule("MatMul", [1, 9, 13], inputs: 2...2, operands: [real]),
    OperatorRule(
      "Gemm", [7, 9, 11, 13], inputs: 2...3, operands: [real],
      attributes: [
        AttributeRule("alpha", .float), AttributeRule("beta", .float),
        AttributeRule("transA", .int), AttributeRule("transB", .int),
      ]),
    OperatorRule(
      "Conv", [1, 11, 22], inputs: 2...3, operands: [real],
      attributes: window + [AttributeRule("group", .intIn(1...65_536))]),
    OperatorRule(
      "MaxPool", [1, 8, 10, 11, 12, 22], inputs: 1...1, operands: [real],
      attributes: window + [
        AttributeRule("ceil_mode", .intIn(0...1)), AttributeRule("storage_order", .intIn(0...0)),
      ]),
    OperatorRule(
      "AveragePool", [7, 10, 11, 19, 22], inputs: 1...1, operands: [real],
      attributes: window + [
        AttributeRule("ceil_mode", .intIn(0...1)),
        AttributeRule("count_include_pad", .intIn(0...1)),
      ]),
    OperatorRule("GlobalAveragePool", [1, 22], inputs: 1...1, operands: [real]),
    OperatorRule("GlobalMaxPool", [1, 22], inputs: 1...1, operands: [real]),
    OperatorRule(
      "BatchNormalization", [7, 9, 14, 15], inputs: 5...5, operands: [real],
      attributes: [
        AttributeRule("epsilon", .float), AttributeRule("momentum", .float),
        AttributeRule("spatial", .intIn(1...1)), AttributeRule("training_mode", .intIn(0...0)),
      ]),
    OperatorRule(
      "LayerNormalization", [17], inputs: 2...3, operands: [real],
      attributes: [
        AttributeRule("axis", .int), AttributeRule("epsilon", .float),
        AttributeRule("stash_type", .intIn(1...1)),
      ]),
  ]

  static let reductionRules: [OperatorRule] =
    [
      ("ReduceMean", [1, 11, 13, 18]), ("ReduceSum", [1, 11, 13]),
      ("ReduceMax", [1, 11, 12, 13, 18, 20]), ("ReduceMin", [1, 11, 12, 13, 18, 20]),
      ("ReduceProd", [1, 11, 13, 18]), ("ReduceSumSquare", [1, 11, 13, 18]),
      ("ReduceL2", [1, 11, 13, 18]),
    ].map { name, history in
      OperatorRule(
        name, history, inputs: 1...2, operands: [real, shape],
        attributes: [
          AttributeRule("axes", .ints), AttributeRule("keepdims", .intIn(0...1)),
          AttributeRule("noop_with_empty_axes", .intIn(0...1)),
        ])
    }
    + ["ArgMax", "ArgMin"].map {
      OperatorRule(
        $0, [1, 11, 12, 13], inputs: 1...1, operands: [real], results: [.fixed(.int64)],
        attributes: [
          AttributeRule("axis", .int), AttributeRule("keepdims", .intIn(0...1)),
          AttributeRule("select_last_index", .intIn(0...1)),
        ])
    }
}
