internal import EphemeralModel

/// Where an output place of a resized axis lies on the input.
struct ResizeCoordinates: Sendable {
  enum Mode: String, Sendable {
    case halfPixel = "half_pixel"
    case halfPixelSymmetric = "half_pixel_symmetric"
    case pytorchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric
    case cropAndResize = "tf_crop_and_resize"
  }
  let mode: Mode

  /// The input place under output place `at`.
  ///
  /// - Parameters:
  ///   - scale: output over input.
  ///   - region: start and end of the part that is resized, of 1.
  func place(
    _ at: Int, input: Int, output: Int, scale: Double, region: (start: Double, end: Double)
  ) -> Double {
    let (x, wide, length) = (Double(at), Double(input), scale * Double(input))
    switch mode {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .asymmetric: return x / scale
    case .pytorchHalfPixel: return length == 1 ? -0.5 : (x + 0.5) / scale - 0.5
    case .alignCorners: return length == 1 ? 0 : x * (wide - 1) / (length - 1)
    case .halfPixelSymmetric:
      let offset = wide / 2 * (1 - Double(output) / length)
      return offset + (x + 0.5) / scale - 0.5
    case .cropAndResize:
      let extent = (region.end - region.start) * (wide - 1)
      return region.start * (wide - 1) + (length == 1 ? extent / 2 : x * extent / (length - 1))
    }
  }
}

/// Which input places make an output place of one axis, and how much each counts.
struct ResizeFilter: Sendable {
  enum Mode: String, Sendable { case nearest, linear, cubic }
  enum Rounding: String, Sendable {
    /// Versions before 11: up where the image shrinks, else down.
    case older
    case preferFloor = "round_prefer_floor"
    case preferCeiling = "round_prefer_ceil"
    case floor
    case ceiling = "ceil"
  }
  let mode: Mode
  let rounding: Rounding
  let cubicCoefficient: Double
  let excludesOutside: Bool
  let isAntialiased: Bool

  /// How many input places an output place takes at most, at a scale.
  func width(_ scale: Double) -> Int {
    let reach = mode == .cubic ? 2.0 : 1.0
    guard mode != .nearest else { return 1 }
    guard isAntialiased, scale < 1 else { return 2 * Int(reach) }
    // Bounded before it becomes an integer: a tiny scale reaches anywhere.
    let first = max((-reach / scale).rounded(.down), -0x1p40)
    return -2 * Int(first)
  }

  /// The first input place, before it is clamped; the weights go to `weights`.
  func fill(_ weights: Cells<Double>, place: Double, scale: Double, input: Int) -> Int {
    if mode == .nearest {
      weights[0] = 1
      let nearest =
        switch rounding {
        case .older: place.rounded(scale < 1 ? .up : .down)
        case .preferFloor: (place - 0.5).rounded(.up)
        case .preferCeiling: (place + 0.5).rounded(.down)
        case .floor: place.rounded(.down)
        case .ceiling: place.rounded(.up)
        }
      return Int(Int64(clamping: min(max(nearest, -0x1p40), 0x1p41)))
    }
    let whole = place.rounded(.down)
    let ratio = place - whole
    let first = 1 - weights.count / 2
    let step = isAntialiased ? min(scale, 1) : 1
    var sum = 0.0
    // Far off the input every place is the edge; bounded, so that the sums below stay small.
    let base = Int(Int64(clamping: min(max(whole, -0x1p40), 0x1p41)))
    for at in 0..<weights.count {
      var weight = kernel((Double(first + at) - ratio) * step)
      let index = base + first + at
      if excludesOutside && (index < 0 || index >= input) { weight = 0 }
      weights[at] = weight
      sum += weight
    }
    for at in 0..<weights.count where sum != 0 { weights[at] /= sum }
    return base + first
  }

  /// The weight at a distance.
  private func kernel(_ distance: Double) -> Double {
    let x = distance.magnitude
    if mode == .linear { return max(1 - x, 0) }
    let a = cubicCoefficient
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}

/// The input places and weights of every output place of one axis.
struct ResizeTable {
  /// The first input place of an output place that lies off the input.
  static let outside = Int.min
  let width: Int
  let firsts: Cells<Int>
  let weights: Cells<Double>

  init(
    _ call: inout Call, _ filter: ResizeFilter, _ coordinates: ResizeCoordinates, input: Int,
    output: Int, scale: Double, region: (start: Double, end: Double)
  ) throws(EngineError) {
    width = filter.width(scale)
    let size = try Shape([output, width]).count
    try call.charge(size)
    firsts = try call.scratch(Int.self, output)
    weights = try call.scratch(Double.self, size)
    for at in 0..<output {
      let place = coordinates.place(
        at, input: input, output: output, scale: scale, region: region)
      let isInside =
        coordinates.mode != .cropAndResize || (place >= 0 && place <= Double(input - 1))
      firsts[at] =
        isInside
        ? filter.fill(
          weights.window(at * width, width), place: place, scale: scale, input: input)
        : Self.outside
    }
  }
}
