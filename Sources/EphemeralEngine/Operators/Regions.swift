internal import EphemeralModel

/// `RoiAlign`: regions of images, averaged or maximised over sampling points.
struct RegionAlign: RealOperation {
  private let isAverage: Bool
  private let isHalfPixel: Bool
  private let size: (height: Int, width: Int)
  private let sampling: Int
  private let scale: Double
  /// The most sampling points along one axis of one bin.
  private static let maximumSamples = 1 << 16

  init(_ node: NodeReader) throws(EngineError) {
    switch String(decoding: try node.string("mode", "avg"), as: UTF8.self) {
    case "avg": isAverage = true
    case "max": isAverage = false
    default: throw .topologyInvalid
    }
    let transformation =
      node.version < 16
      ? Array("output_half_pixel".utf8)
      : try node.string("coordinate_transformation_mode", "half_pixel")
    isHalfPixel = String(decoding: transformation, as: UTF8.self) == "half_pixel"
    size = (try node.int("output_height", 1), try node.int("output_width", 1))
    sampling = try node.int("sampling_ratio", 0)
    scale = Double(try node.float("spatial_scale", 1))
    guard size.height > 0, size.width > 0, sampling >= 0, sampling <= Self.maximumSamples else {
      throw .topologyInvalid
    }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (shape, given, batches) = (try call.input(0).shape, try call.input(1), try call.input(2))
    guard shape.rank == 4, given.shape.rank == 2, given.shape[1] == 4, batches.shape.rank == 1,
      batches.count == given.shape[0]
    else { throw .shapeMismatch }
    let x = try call.cells(0, type)
    let regions = try call.converted(given, to: .float64).cells(Double.self)
    let out = try call.cells(
      output: 0, type, Shape([batches.count, shape[1], size.height, size.width]))
    if out.count == 0 { return }
    let plane = shape[2] * shape[3]
    guard plane > 0 else { throw .shapeMismatch }
    let bins = size.height * size.width
    for region in 0..<batches.count {
      let image = try batches.integer(region)
      guard image >= 0, image < shape[0] else { throw .indexOutOfRange }
      let rows = try line(regions[region * 4 + 1], regions[region * 4 + 3], size.height)
      let columns = try line(regions[region * 4], regions[region * 4 + 2], size.width)
      try call.charge(shape[1] * bins, max(rows.samples, 1), max(columns.samples, 1))
      for channel in 0..<shape[1] {
        try call.checkpoint()
        let source = x.window((image * shape[1] + channel) * plane, plane)
        for bin in 0..<bins {
          var (total, count) = (0.0, 0)
          for iy in 0..<rows.samples {
            let y = Self.tap(rows.place(bin / size.width, iy), shape[2])
            for ix in 0..<columns.samples {
              let x = Self.tap(columns.place(bin % size.width, ix), shape[3])
              let value = sample(source, shape[3], y, x)
              total = isAverage || count == 0 ? total + value : max(total, value)
              count += 1
            }
          }
          let divisor = isAverage ? Double(max(count, 1)) : 1
          out[((region * shape[1]) + channel) * bins + bin] = T(clamping: total / divisor)
        }
      }
    }
  }

  /// The sampling points of one axis of a region.
  private struct Line {
    let start: Double
    let bin: Double
    let samples: Int

    func place(_ at: Int, _ sample: Int) -> Double {
      start + Double(at) * bin + (Double(sample) + 0.5) * bin / Double(samples)
    }
  }

  private func line(_ start: Double, _ end: Double, _ bins: Int) throws(EngineError) -> Line {
    let offset = isHalfPixel ? 0.5 : 0
    let first = start * scale - offset
    var extent = end * scale - offset - first
    if !isHalfPixel { extent = max(extent, 1) }
    let bin = extent / Double(bins)
    let samples = sampling > 0 ? sampling : Int(Int64(clamping: bin.rounded(.up)))
    guard samples <= Self.maximumSamples else { throw .workExceeded }
    return Line(start: first, bin: bin, samples: max(samples, 0))
  }

  /// Two neighbours of a place and the weight of the second; nil off the image.
  private typealias Tap = (low: Int, high: Int, weight: Double)

  private static func tap(_ place: Double, _ length: Int) -> Tap? {
    guard place >= -1, place <= Double(length) else { return nil }
    let inside = max(place, 0)
    let low = Int(Int64(clamping: inside))
    if low >= length - 1 { return (length - 1, length - 1, 0) }
    return (low, low + 1, inside - Double(low))
  }

  private func sample<T: Real>(_ source: Cells<T>, _ width: Int, _ y: Tap?, _ x: Tap?) -> Double {
    guard let y, let x else { return 0 }
    let first = (1 - y.weight) * (1 - x.weight) * source[y.low * width + x.low].real
    let second = (1 - y.weight) * x.weight * source[y.low * width + x.high].real
    let third = y.weight * (1 - x.weight) * source[y.high * width + x.low].real
    let fourth = y.weight * x.weight * source[y.high * width + x.high].real
    // The greatest is taken of the weighted corners, as the operator's definition does.
    return isAverage
      ? first + second + third + fourth
      : first.greater(second).greater(third.greater(fourth))
  }
}

/// `MaxUnpool`: puts pooled elements back to the places that they came from.
struct MaxUnpool: RealOperation {
  private let kernel: [Int]
  private let strides: [Int]
  private let pads: [Int]
  private static let bound = 1 << 16

  init(_ node: NodeReader) throws(EngineError) {
    guard let kernel = try node.ints("kernel_shape") else { throw .topologyInvalid }
    self.kernel = kernel
    strides = try node.ints("strides") ?? kernel.map { _ in 1 }
    pads = try node.ints("pads") ?? [Int](repeating: 0, count: 2 * kernel.count)
    guard (kernel + strides).allSatisfy((1...Self.bound).contains),
      pads.allSatisfy((0...Self.bound).contains)
    else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard (3...5).contains(shape.rank), kernel.count == shape.rank - 2,
      strides.count == kernel.count, pads.count == 2 * kernel.count,
      try call.input(1).shape == shape, try call.input(1).type == .int64
    else { throw .shapeMismatch }
    var dims = [shape[0], shape[1]]
    for axis in kernel.indices {
      let size = (shape[axis + 2] - 1) * strides[axis] + kernel[axis]
      dims.append(size - pads[axis] - pads[axis + kernel.count])
    }
    let inferred = try Shape(dims)
    let whole = try call.integers(2).map { (dims) throws(EngineError) in try Shape(dims) }
    let result = whole ?? inferred
    guard result.rank == inferred.rank, zip(result.dims, inferred.dims).allSatisfy({ $0 >= $1 })
    else { throw .shapeMismatch }
    let (x, indices) = (try call.cells(0, type), try call.cells(1, Int64.self))
    let out = try call.cells(output: 0, type, result)
    out.fill(0)
    for at in 0..<x.count {
      guard indices[at] >= 0, indices[at] < Int64(inferred.count) else { throw .indexOutOfRange }
      // Indices count in the inferred shape; a larger result has it in its first corner.
      var (rest, to) = (Int(indices[at]), 0)
      for (axis, step) in result.strides.enumerated().reversed() {
        to += rest % inferred[axis] * step
        rest /= inferred[axis]
      }
      out[to] = x[at]
    }
  }
}

/// `MaxRoiPool`: the greatest element of each bin of a region.
struct RegionMaxPool: RealOperation {
  private let size: [Int]
  private let scale: Double

  init(_ node: NodeReader) throws(EngineError) {
    size = try node.ints("pooled_shape") ?? []
    scale = Double(try node.float("spatial_scale", 1))
    guard size.count == 2, size.allSatisfy((1...65_536).contains) else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (shape, regions) = (try call.input(0).shape, try call.input(1).shape)
    guard shape.rank == 4, regions.rank == 2, regions[1] == 5 else { throw .shapeMismatch }
    let (x, rois) = (try call.cells(0, type), try call.cells(1, type))
    let out = try call.cells(output: 0, type, Shape([regions[0], shape[1], size[0], size[1]]))
    let (plane, bins) = (shape[2] * shape[3], size[0] * size[1])
    try call.charge(regions[0] * shape[1], plane + bins, 4)
    for region in 0..<regions[0] {
      let image = Int64(clamping: rois[region * 5].real)
      guard image >= 0, image < Int64(shape[0]) else { throw .indexOutOfRange }
      func corner(_ at: Int) -> Double {
        let place = (rois[region * 5 + at].real * scale).rounded(.toNearestOrAwayFromZero)
        return min(max(place.isNaN ? 0 : place, -0x1p40), 0x1p40)
      }
      for bin in 0..<bins {
        let rows = range(bin / size[1], size[0], corner(2), corner(4), shape[2])
        let columns = range(bin % size[1], size[1], corner(1), corner(3), shape[3])
        // Bins may overlap, so their areas have no other bound.
        try call.charge(shape[1], rows.count, columns.count)
        for channel in 0..<shape[1] {
          try call.checkpoint()
          let source = x.window((Int(image) * shape[1] + channel) * plane, plane)
          // An empty bin is zero.
          var best: T = rows.isEmpty || columns.isEmpty ? 0 : -T.infinity
          for row in rows {
            for column in columns { best = best.greater(source[row * shape[3] + column]) }
          }
          out[(region * shape[1] + channel) * bins + bin] = best
        }
      }
    }
  }

  /// The input places under one bin of one axis.
  private func range(
    _ bin: Int, _ bins: Int, _ start: Double, _ end: Double, _ length: Int
  ) -> Range<Int> {
    let extent = max(end - start + 1, 1) / Double(bins)
    let first = (Double(bin) * extent).rounded(.down) + start
    let last = (Double(bin + 1) * extent).rounded(.up) + start
    let lower = min(max(Int(Int64(clamping: first)), 0), length)
    let upper = min(max(Int(Int64(clamping: last)), 0), length)
    return lower..<max(lower, upper)
  }
}
