/// The data of the catalogue, continued: attention, recurrent layers, caches of positions.
extension SupportedOperators {
  private static let heads: AttributeRule.Values = .intIn(1...65_536)
  private static let activations = [
    "relu", "tanh", "sigmoid", "affine", "leakyrelu", "thresholdedrelu", "scaledtanh",
    "hardsigmoid", "elu", "softsign", "softplus",
  ]

  private static func recurrent(
    _ name: String, inputs: ClosedRange<Int>, outputs: ClosedRange<Int>,
    _ attributes: [AttributeRule]
  ) -> OperatorRule {
    let reals = OperandRule.alike(.reals)
    return OperatorRule(
      name, [7, 14, 22], inputs: inputs,
      operands: [.real, reals, reals, reals, OperandRule([.int32]), reals], outputs: outputs,
      attributes: attributes + [
        AttributeRule("activations", .texts(activations)),
        AttributeRule("activation_alpha", .floats), AttributeRule("activation_beta", .floats),
        AttributeRule("clip", .float), AttributeRule("hidden_size", .intIn(1...(1 << 24))),
        AttributeRule("direction", .text(["forward", "reverse", "bidirectional"])),
        AttributeRule("layout", .intIn(0...1), versions: 14...22),
      ])
  }

  static let sequenceRules: [OperatorRule] = [
    recurrent("RNN", inputs: 3...6, outputs: 1...2, []),
    recurrent(
      "GRU", inputs: 3...6, outputs: 1...2,
      [AttributeRule("linear_before_reset", .intIn(0...1))]),
    recurrent(
      "LSTM", inputs: 3...8, outputs: 1...3, [AttributeRule("input_forget", .intIn(0...1))]),
    OperatorRule(
      "Attention", [23, 24, 25], inputs: 3...7, earlier: .before(24, 3...6),
      operands: [
        .real, .alike(.reals), .alike(.reals), OperandRule(Set.reals.union([.bool])),
        .alike(.reals), .alike(.reals), .shape,
      ], outputs: 1...4,
      attributes: [
        AttributeRule("is_causal", .intIn(0...1)), AttributeRule("scale", .float),
        AttributeRule("softcap", .float), AttributeRule("q_num_heads", heads),
        AttributeRule("kv_num_heads", heads),
        AttributeRule("qk_matmul_output_mode", .intIn(0...3)),
        // The softmax is never narrower than this.
        AttributeRule("softmax_precision", .elementType([.float32, .float64])),
        AttributeRule("left_window_size", .intIn(-1...(1 << 40)), versions: 25...25),
        AttributeRule("right_window_size", .intIn(-1...(1 << 40)), versions: 25...25),
      ]),
    OperatorRule(
      "LinearAttention", [27], inputs: 3...6, operands: [.real, .alike(.reals)], outputs: 2...2,
      attributes: [
        AttributeRule("q_num_heads", heads, required: true),
        AttributeRule("kv_num_heads", heads, required: true),
        AttributeRule("scale", .float), AttributeRule("chunk_size", .int),
        AttributeRule("update_rule", .text(["linear", "gated", "delta", "gated_delta"])),
      ]),
    OperatorRule(
      "CausalConvWithState", [27], inputs: 2...4, operands: [.real, .alike(.reals)],
      outputs: 2...2,
      attributes: [AttributeRule("activation", .text(["none", "silu", "swish"]))]),
    OperatorRule(
      "RotaryEmbedding", [23], inputs: 3...4,
      operands: [.real, .alike(.reals), .alike(.reals), .shape],
      attributes: [
        AttributeRule("interleaved", .intIn(0...1)), AttributeRule("num_heads", heads),
        AttributeRule("rotary_embedding_dim", .intIn(0...65_536)),
      ]),
  ]
}
