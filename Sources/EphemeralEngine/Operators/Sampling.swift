internal import EphemeralModel

/// What lies off the edges of an image that is sampled.
enum SamplePadding: String, Sendable {
  case zeros, border, reflection

  /// The place of a sample, moved onto the image where the padding does so before interpolation.
  func moved(_ place: Double, _ length: Int, alignsCorners: Bool) -> Double {
    let (low, high) = Self.edges(length, alignsCorners)
    if place >= low && place <= high || self == .zeros || place.isNaN { return place }
    if self == .border { return min(max(place, 0), Double(length - 1)) }
    return Self.reflected(place, low, high)
  }

  /// The element at a whole place, or nil where it is zero.
  func index(_ place: Double, _ length: Int, alignsCorners: Bool) -> Int? {
    if place >= 0 && place <= Double(length - 1) { return Int(Int64(clamping: place)) }
    switch self {
    case .zeros: return nil
    case .border: return place < 0 ? 0 : place > 0 ? length - 1 : nil
    case .reflection:
      let (low, high) = Self.edges(length, alignsCorners)
      let inside = Int(Int64(clamping: Self.reflected(place, low, high)))
      return min(max(inside, 0), length - 1)
    }
  }

  private static func edges(_ length: Int, _ alignsCorners: Bool) -> (Double, Double) {
    alignsCorners ? (0, Double(length - 1)) : (-0.5, Double(length) - 0.5)
  }

  private static func reflected(_ place: Double, _ low: Double, _ high: Double) -> Double {
    let range = high - low
    guard range > 0, place.isFinite else { return low }
    let distance = place < low ? low - place : place > high ? place - high : 0
    if distance == 0 { return place }
    let rest = distance.truncatingRemainder(dividingBy: range)
    let isEven = (distance / range).rounded(.down).truncatingRemainder(dividingBy: 2) == 0
    return (place < low) == isEven ? low + rest : high - rest
  }
}

/// `GridSample`: reads an image of any number of dimensions at places that a grid names.
struct GridSample: RealOperation {
  private enum Mode { case nearest, linear, cubic }
  private let mode: Mode
  private let padding: SamplePadding
  private let alignsCorners: Bool

  init(_ node: NodeReader) throws(EngineError) {
    switch String(decoding: try node.string("mode", "linear"), as: UTF8.self) {
    case "linear", "bilinear": mode = .linear
    case "nearest": mode = .nearest
    case "cubic", "bicubic": mode = .cubic
    default: throw .topologyInvalid
    }
    let padding = String(decoding: try node.string("padding_mode", "zeros"), as: UTF8.self)
    guard let padding = SamplePadding(rawValue: padding) else { throw .topologyInvalid }
    self.padding = padding
    alignsCorners = try node.flag("align_corners")
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (shape, given) = (try call.input(0).shape, try call.input(1))
    let rank = shape.rank - 2
    guard (1...3).contains(rank), given.shape.rank == rank + 2, given.shape[0] == shape[0],
      given.shape[rank + 1] == rank
    else { throw .shapeMismatch }
    let x = try call.cells(0, type)
    let grid = try call.converted(given, to: .float64).cells(Double.self)
    let out = try call.cells(
      output: 0, type, Shape([shape[0], shape[1]] + given.shape.dims[1...rank]))
    let taps = mode == .nearest ? 1 : mode == .linear ? 2 : 4
    var corners = 1
    for _ in 0..<rank { corners *= taps }
    try call.charge(out.count, corners)
    if out.count == 0 { return }
    let dims = Array(shape.dims[2...])
    guard !dims.contains(0) else { throw .shapeMismatch }
    let size = shape.product(2..<shape.rank)
    let places = given.shape.product(1..<rank + 1)
    // The taps follow from the request, so they lie in the arena like everything of it.
    let indices = try call.scratch(Int.self, rank * taps)
    let weights = try call.scratch(Double.self, rank * taps)
    for image in 0..<shape[0] {
      for place in 0..<places {
        try call.checkpoint()
        for axis in 0..<rank {
          // The grid names the innermost axis first.
          let normal = grid[(image * places + place) * rank + rank - 1 - axis]
          fill(
            indices.window(axis * taps, taps), weights.window(axis * taps, taps), normal, dims[axis]
          )
        }
        for channel in 0..<shape[1] {
          let source = x.window((image * shape[1] + channel) * size, size)
          var sum = 0.0
          for corner in 0..<corners {
            var (rest, at, weight) = (corner, 0, 1.0)
            for axis in (0..<rank).reversed() {
              weight *= weights[axis * taps + rest % taps]
              at += indices[axis * taps + rest % taps] * stride(axis, dims)
              rest /= taps
            }
            if weight != 0 { sum += weight * source[at].real }
          }
          out[(image * shape[1] + channel) * places + place] = T(clamping: sum)
        }
      }
    }
  }

  private func stride(_ axis: Int, _ dims: [Int]) -> Int { dims[(axis + 1)...].reduce(1, *) }

  /// The elements of an axis that a place is made of, with their weights; elements that are zero
  /// weigh nothing.
  private func fill(
    _ indices: Cells<Int>, _ weights: Cells<Double>, _ normal: Double, _ length: Int
  ) {
    indices.fill(0)
    weights.fill(0)
    let wide = Double(length)
    // Rounded to f32, as the places are where this operator was first defined.
    let place = Double(
      Float(alignsCorners ? (normal + 1) / 2 * (wide - 1) : ((normal + 1) * wide - 1) / 2))
    func put(_ at: Int, _ place: Double, _ weight: Double) {
      let index = padding.index(place, length, alignsCorners: alignsCorners)
      indices[at] = index ?? 0
      weights[at] = index == nil ? 0 : weight
    }
    if place.isNaN { return }
    if mode == .nearest {
      let rounded = place.rounded(.toNearestOrEven)
      put(0, padding.moved(rounded, length, alignsCorners: alignsCorners).rounded(.towardZero), 1)
      return
    }
    let moved = padding.moved(place, length, alignsCorners: alignsCorners)
    let whole = moved.rounded(.down)
    let rest = moved - whole
    if rest.isNaN { return }
    if mode == .linear {
      put(0, whole, 1 - rest)
      put(1, whole + 1, rest)
    } else {
      for tap in 0..<4 {
        put(tap, whole + Double(tap - 1), Self.cubic(rest - Double(tap - 1)))
      }
    }
  }

  /// The weight of cubic convolution at a distance, with the usual coefficient.
  private static func cubic(_ distance: Double) -> Double {
    let (x, a) = (distance.magnitude, -0.75)
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}

/// `AffineGrid`: the places of an image's elements under an affine map, for `GridSample`.
struct AffineGrid: RealOperation {
  private let alignsCorners: Bool

  init(_ node: NodeReader) throws(EngineError) { alignsCorners = try node.flag("align_corners") }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let maps = try call.input(0).shape
    guard let size = try call.integers(1), (4...5).contains(size.count) else {
      throw .shapeMismatch
    }
    let rank = size.count - 2
    guard maps.dims == [size[0], rank, rank + 1] else { throw .shapeMismatch }
    let shape = try Shape([size[0]] + size[2...] + [rank])
    let theta = try call.cells(0, type)
    let out = try call.cells(output: 0, type, shape)
    try call.charge(out.count, rank + 1)
    let places = shape.product(1..<rank + 1)
    if out.count == 0 { return }
    // The innermost axis is the first coordinate.
    var point = [Double](repeating: 1, count: rank + 1)
    for image in 0..<size[0] {
      for place in 0..<places {
        var rest = place
        for axis in (0..<rank).reversed() {
          let length = size[2 + axis]
          let at = Double(rest % length)
          rest /= length
          point[rank - 1 - axis] =
            alignsCorners
            ? (length == 1 ? -1 : -1 + 2 * at / Double(length - 1))
            : (2 * at + 1) / Double(length) - 1
        }
        for row in 0..<rank {
          var sum = 0.0
          for column in 0...rank {
            sum += theta[(image * rank + row) * (rank + 1) + column].real * point[column]
          }
          out[(image * places + place) * rank + row] = T(clamping: sum)
        }
      }
    }
  }
}
