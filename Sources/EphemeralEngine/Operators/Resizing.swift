internal import EphemeralModel

/// `Resize` and its older form `Upsample`: axis by axis.
struct Resize: Operation {
  private let version: Int
  private let isUpsample: Bool
  private let coordinates: ResizeCoordinates
  private let filter: ResizeFilter
  private let axes: [Int]?
  private let policy: [UInt8]
  private let extrapolation: Double
  private let fixedScales: [Float]?

  init(_ node: NodeReader) throws(EngineError) {
    version = node.version
    isUpsample = node.operation == "Upsample"
    let isOld = isUpsample || version < 11
    func text(_ name: String, _ standard: StaticString) throws(EngineError) -> String {
      String(decoding: try node.string(name, standard), as: UTF8.self)
    }
    let mode = try text("mode", "nearest")
    guard let kind = ResizeFilter.Mode(rawValue: mode == "bilinear" ? "linear" : mode),
      let rounding = ResizeFilter.Rounding(
        rawValue: isOld ? "older" : try text("nearest_mode", "round_prefer_floor")),
      let transformation = ResizeCoordinates.Mode(
        rawValue: isOld
          ? "asymmetric" : try text("coordinate_transformation_mode", "half_pixel"))
    else { throw .topologyInvalid }
    coordinates = ResizeCoordinates(mode: transformation)
    filter = ResizeFilter(
      mode: kind, rounding: rounding,
      cubicCoefficient: Double(try node.float("cubic_coeff_a", -0.75)),
      excludesOutside: try node.flag("exclude_outside"),
      isAntialiased: try node.flag("antialias"))
    axes = try node.ints("axes")
    policy = try node.string("keep_aspect_ratio_policy", "stretch")
    extrapolation = Double(try node.float("extrapolation_value", 0))
    fixedScales = isUpsample && version < 9 ? try node.floats("scales") : nil
  }

  /// One axis to resize.
  private struct Axis {
    let axis: Int
    let scale: Double
    let output: Int
    let region: (start: Double, end: Double)
  }

  func run(_ call: inout Call) throws(EngineError) {
    let type = try call.input(0).type
    let plan = try plan(&call, try call.input(0).shape)
    guard filter.mode == .nearest else {
      switch type {
      case .float32: try blend(&call, plan, Float.self)
      case .float64: try blend(&call, plan, Double.self)
      case .float16, .bfloat16:
        try call.inSingle { (inner) throws(EngineError) in try blend(&inner, plan, Float.self) }
      default: throw .unsupportedElementType
      }
      return
    }
    switch type.byteCount {
    case 1: try pick(&call, plan, UInt8.self)
    case 2: try pick(&call, plan, UInt16.self)
    case 4: try pick(&call, plan, UInt32.self)
    default: try pick(&call, plan, UInt64.self)
    }
  }

  // MARK: Sizes

  private func plan(_ call: inout Call, _ shape: Shape) throws(EngineError) -> [Axis] {
    var chosen: [Int] = []
    for axis in axes ?? Array(0..<shape.rank) { chosen.append(try shape.axis(axis)) }
    guard Set(chosen).count == chosen.count else { throw .shapeMismatch }
    let (scaleInput, sizeInput) = isUpsample || version < 11 ? (1, Int.max) : (2, 3)
    var scales: [Double] = (fixedScales ?? []).map { Double($0) }
    if fixedScales == nil { scales = try reals(&call, scaleInput) ?? [] }
    var outputs: [Int] = []
    if scales.isEmpty {
      guard let sizes = try call.integers(sizeInput), sizes.count == chosen.count else {
        throw .shapeMismatch
      }
      for (axis, size) in zip(chosen, sizes) {
        guard size >= 0, size <= EngineLimits.maximumElements, shape[axis] > 0 else {
          throw .shapeMismatch
        }
        scales.append(Double(size) / Double(shape[axis]))
      }
      outputs = sizes
      let keeps = String(decoding: policy, as: UTF8.self)
      if keeps != "stretch", let least = scales.min(), let most = scales.max() {
        let scale = keeps == "not_larger" ? least : most
        scales = scales.map { _ in scale }
        outputs = chosen.map { Int(Int64(clamping: scale * Double(shape[$0]) + 0.5)) }
      }
    } else {
      guard scales.count == chosen.count else { throw .shapeMismatch }
      for (axis, scale) in zip(chosen, scales) {
        guard scale.isFinite, scale > 0 else { throw .shapeMismatch }
        outputs.append(Int(Int64(clamping: scale * Double(shape[axis]))))
      }
    }
    let regions = try regions(&call, chosen.count)
    var plan: [Axis] = []
    for (index, axis) in chosen.enumerated() {
      _ = try Shape([outputs[index]])
      let isWhole = coordinates.mode != .cropAndResize || regions[index] == (0, 1)
      if outputs[index] == shape[axis], scales[index] == 1, isWhole { continue }
      guard scales[index] > 0 || outputs[index] == 0 else { throw .shapeMismatch }
      plan.append(
        Axis(axis: axis, scale: scales[index], output: outputs[index], region: regions[index]))
    }
    return plan
  }

  private func regions(_ call: inout Call, _ count: Int) throws(EngineError)
    -> [(start: Double, end: Double)]
  {
    guard coordinates.mode == .cropAndResize else {
      return [(start: Double, end: Double)](repeating: (0, 1), count: count)
    }
    guard let values = try reals(&call, 1), values.count == 2 * count else { throw .shapeMismatch }
    return (0..<count).map { (values[$0], values[$0 + count]) }
  }

  /// A short list of reals, or nil where the input is absent or empty.
  private func reals(_ call: inout Call, _ index: Int) throws(EngineError) -> [Double]? {
    guard let tensor = call.optional(index), tensor.count > 0 else { return nil }
    guard tensor.shape.rank == 1, tensor.count <= 2 * EngineLimits.maximumRank else {
      throw .shapeMismatch
    }
    let values = try call.converted(tensor, to: .float64).cells(Double.self)
    return (0..<values.count).map { values[$0] }
  }

  // MARK: Elements

  private func pick<T: Number & FixedWidthInteger>(
    _ call: inout Call, _ plan: [Axis], _ type: T.Type
  ) throws(EngineError) {
    let x = try call.input(0)
    let real = try call.scratchTensor(.float64, .scalar)
    real.cells(Double.self)[0] = extrapolation
    let filler = try call.converted(real, to: x.type).cells(type)[0]
    try stages(&call, plan, type) { source, lines, target, outs, table in
      for at in 0..<outs.length {
        let first = table.firsts[at]
        let nearest = min(max(first, 0), lines.length - 1)
        for line in 0..<outs.count {
          target[outs.start(line) + at * outs.step] =
            first == ResizeTable.outside
            ? filler : source[lines.start(line) + nearest * lines.step]
        }
      }
    }
  }

  private func blend<T: Real>(_ call: inout Call, _ plan: [Axis], _ type: T.Type)
    throws(EngineError)
  {
    try stages(&call, plan, type) { source, lines, target, outs, table in
      for at in 0..<outs.length {
        let first = table.firsts[at]
        let weights = table.weights.window(at * table.width, table.width)
        for line in 0..<outs.count {
          var sum = first == ResizeTable.outside ? extrapolation : 0
          if first != ResizeTable.outside {
            let start = lines.start(line)
            for tap in 0..<table.width {
              let place = min(max(first + tap, 0), lines.length - 1)
              sum += weights[tap] * source[start + place * lines.step].real
            }
          }
          target[outs.start(line) + at * outs.step] = T(clamping: sum)
        }
      }
    }
  }

  /// Resizes one axis after the other; the last one makes the output.
  private func stages<T: Number>(
    _ call: inout Call, _ plan: [Axis], _ type: T.Type,
    _ apply: (Cells<T>, AxisLines, Cells<T>, AxisLines, ResizeTable) -> Void
  ) throws(EngineError) {
    let x = try call.input(0)
    var (source, shape) = (x.cells(type), x.shape)
    for (index, axis) in plan.enumerated() {
      let result = try shape.replacing(axis.axis, with: axis.output)
      let isLast = index == plan.count - 1
      let table = try ResizeTable(
        &call, filter, coordinates, input: shape[axis.axis], output: axis.output,
        scale: axis.scale, region: axis.region)
      try call.charge(result.count, table.width)
      let target =
        isLast
        ? try call.make(0, x.type, result).cells(type) : try call.scratch(type, result.count)
      guard shape.count > 0 || result.count == 0 else { throw .shapeMismatch }
      apply(
        source, AxisLines(shape, axis: axis.axis), target, AxisLines(result, axis: axis.axis),
        table)
      try call.checkpoint()
      (source, shape) = (target, result)
    }
    if plan.isEmpty { try call.give(x) }
  }
}
