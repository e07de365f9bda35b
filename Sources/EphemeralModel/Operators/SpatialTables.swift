/// The data of the catalogue, continued: operators that resample and rearrange images.
extension SupportedOperators {
  private static let steps: AttributeRule.Values = .intsIn(1...65_536)
  private static let strides = AttributeRule("strides", steps)
  private static let dilations = AttributeRule("dilations", steps)
  private static let pads = AttributeRule("pads", .intsIn(0...65_536))
  private static let scale = AttributeRule("spatial_scale", .float)
  private static let mode = AttributeRule("mode", .text(["nearest", "linear"]))

  private static func blocks(_ name: String, _ history: [Int], modeSince: Int) -> OperatorRule {
    OperatorRule(
      name, history, inputs: 1...1, operands: [.any],
      attributes: [
        AttributeRule("blocksize", .intIn(1...65_536), required: true),
        AttributeRule("mode", .text(["DCR", "CRD"]), versions: modeSince...28),
      ])
  }

  static let spatialRules: [OperatorRule] = [
    blocks("DepthToSpace", [1, 11, 13, 28], modeSince: 11),
    blocks("SpaceToDepth", [1, 13, 28], modeSince: 28),
    OperatorRule(
      "CenterCropPad", [18], inputs: 2...2, operands: [.any, .index],
      attributes: [AttributeRule("axes", .ints)]),
    OperatorRule(
      "Col2Im", [18], inputs: 3...3, operands: [.number, .shape],
      attributes: [strides, dilations, pads]),
    OperatorRule(
      "ConvTranspose", [1, 11, 22], inputs: 2...3, operands: [.real, .alike(.reals)],
      attributes: [
        strides, dilations, pads, AttributeRule("kernel_shape", steps),
        AttributeRule("group", .intIn(1...65_536)),
        AttributeRule("output_padding", .intsIn(0...65_536)),
        AttributeRule("output_shape", .intsIn(0...(1 << 40))),
        AttributeRule("auto_pad", .text(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])),
      ]),
    OperatorRule(
      "DeformConv", [19, 22], inputs: 3...5, operands: [.real, .alike(.reals)],
      attributes: [
        strides, dilations, pads, AttributeRule("kernel_shape", steps),
        AttributeRule("group", .intIn(1...65_536)),
        AttributeRule("offset_group", .intIn(1...65_536)),
      ]),
    OperatorRule(
      "GridSample", [16, 20, 22], inputs: 2...2, operands: [.real, .real],
      attributes: [
        AttributeRule("align_corners", .intIn(0...1)),
        AttributeRule("padding_mode", .text(["zeros", "border", "reflection"])),
        AttributeRule("mode", .text(["bilinear", "nearest", "bicubic"]), versions: 16...16),
        AttributeRule("mode", .text(["linear", "nearest", "cubic"]), versions: 20...22),
      ]),
    OperatorRule(
      "AffineGrid", [20], inputs: 2...2, operands: [.real, .shape],
      attributes: [AttributeRule("align_corners", .intIn(0...1))]),
    OperatorRule(
      "RoiAlign", [10, 16, 22], inputs: 3...3, operands: [.real, .alike(.reals), .shape],
      attributes: [
        scale, AttributeRule("mode", .text(["avg", "max"])),
        AttributeRule("output_height", .intIn(1...65_536)),
        AttributeRule("output_width", .intIn(1...65_536)),
        AttributeRule("sampling_ratio", .intIn(0...65_536)),
        AttributeRule(
          "coordinate_transformation_mode", .text(["half_pixel", "output_half_pixel"]),
          versions: 16...22),
      ]),
    OperatorRule(
      "MaxRoiPool", [1, 22], inputs: 2...2, operands: [.real, .alike(.reals)],
      attributes: [scale, AttributeRule("pooled_shape", .intPair(1...65_536), required: true)]),
    OperatorRule(
      "MaxUnpool", [9, 11, 22], inputs: 2...3, operands: [.real, .shape],
      attributes: [strides, pads, AttributeRule("kernel_shape", steps, required: true)]),
    OperatorRule(
      "NonMaxSuppression", [10, 11], inputs: 2...5,
      operands: [
        OperandRule([.float32]), OperandRule([.float32]), .shape, OperandRule([.float32]),
      ],
      results: [.fixed(.int64)], attributes: [AttributeRule("center_point_box", .intIn(0...1))]),
    OperatorRule(
      "Upsample", [7, 9, 10], supported: 7...9, inputs: 2...2, earlier: .before(9, 1...1),
      operands: [.any, OperandRule([.float32])],
      attributes: [mode, AttributeRule("scales", .floats, versions: 7...7, required: true)]),
    resize,
  ]

  private static let resize = OperatorRule(
    "Resize", [10, 11, 13, 18, 19], inputs: 1...4, earlier: .before(11, 2...2),
    operands: [
      .any, OperandRule([.float32, .float64, .float16]), OperandRule([.float32]), .shape,
    ],
    attributes: [
      AttributeRule("mode", .text(["nearest", "linear"]), versions: 10...10),
      AttributeRule("mode", .text(["nearest", "linear", "cubic"]), versions: 11...19),
      AttributeRule("extrapolation_value", .float, versions: 11...19),
      AttributeRule("exclude_outside", .intIn(0...1), versions: 11...19),
      AttributeRule("cubic_coeff_a", .float, versions: 11...19),
      AttributeRule(
        "nearest_mode", .text(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
        versions: 11...19),
      AttributeRule(
        "coordinate_transformation_mode",
        .text([
          "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric",
          "tf_crop_and_resize",
        ]), versions: 11...18),
      AttributeRule(
        "coordinate_transformation_mode",
        .text([
          "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
          "asymmetric", "tf_crop_and_resize",
        ]), versions: 19...19),
      AttributeRule("antialias", .intIn(0...1), versions: 18...19),
      AttributeRule("axes", .ints, versions: 18...19),
      AttributeRule(
        "keep_aspect_ratio_policy", .text(["stretch", "not_larger", "not_smaller"]),
        versions: 18...19),
    ])

  private static let resultTypes = Set.numbers
  private static func window(_ name: String) -> OperatorRule {
    OperatorRule(
      name, [17], inputs: 1...1, operands: [.index],
      results: [.stated("output_datatype", orInput: -1, or: .float32)],
      attributes: [
        AttributeRule("periodic", .intIn(0...1)),
        AttributeRule("output_datatype", .elementType(resultTypes)),
      ])
  }

  static let signalRules: [OperatorRule] =
    ["HannWindow", "HammingWindow", "BlackmanWindow"].map { window($0) } + [
      OperatorRule(
        "MelWeightMatrix", [17], inputs: 5...5,
        operands: [.index, .index, .index, .real, .real],
        results: [.stated("output_datatype", orInput: -1, or: .float32)],
        attributes: [AttributeRule("output_datatype", .elementType(resultTypes))]),
      OperatorRule(
        "DFT", [17, 20], inputs: 1...3, earlier: .before(20, 1...2),
        operands: [.real, .index, .shape],
        attributes: [
          AttributeRule("inverse", .intIn(0...1)), AttributeRule("onesided", .intIn(0...1)),
          AttributeRule("axis", .int, versions: 17...17),
        ]),
      OperatorRule(
        "STFT", [17], inputs: 2...4, operands: [.real, .index, .alike(.reals), .index],
        attributes: [AttributeRule("onesided", .intIn(0...1))]),
      OperatorRule("Det", [11, 22], inputs: 1...1, operands: [.real]),
    ]
}
