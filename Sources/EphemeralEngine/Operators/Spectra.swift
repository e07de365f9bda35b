internal import EphemeralModel
internal import Glibc

/// Sums of complex exponentials, by their definition: exact sizes, no padding to powers of two.
struct FourierSum {
  private let length: Int
  private let isInverse: Bool
  private let cosines: Cells<Double>
  private let sines: Cells<Double>

  /// The roots of unity for a length.
  init(_ call: inout Call, length: Int, isInverse: Bool) throws(EngineError) {
    self.length = length
    self.isInverse = isInverse
    try call.charge(length)
    cosines = try call.scratch(Double.self, length)
    sines = try call.scratch(Double.self, length)
    for at in 0..<length {
      let angle = 2 * Double.pi * Double(at) / Double(length)
      (cosines[at], sines[at]) = (cos(angle), isInverse ? sin(angle) : -sin(angle))
    }
  }

  /// The sum at frequency `k` of `count` elements, those behind the length left out.
  @inline(__always)
  func at(_ k: Int, count: Int, _ element: (Int) -> (Double, Double)) -> (Double, Double) {
    var (real, imaginary, phase) = (0.0, 0.0, 0)
    for n in 0..<min(count, length) {
      let (a, b) = element(n)
      let (c, s) = (cosines[phase], sines[phase])
      real += a * c - b * s
      imaginary += a * s + b * c
      phase += k
      if phase >= length { phase -= length }
    }
    let scale = isInverse ? 1 / Double(length) : 1
    return (real * scale, imaginary * scale)
  }
}

/// `DFT` along one axis; the last dimension holds real and imaginary part.
struct FourierTransform: RealOperation {
  private let fixedAxis: Int?
  private let isInverse: Bool
  private let isOneSided: Bool

  init(_ node: NodeReader) throws(EngineError) {
    fixedAxis = node.version < 20 ? try node.int("axis", 1) : nil
    isInverse = try node.flag("inverse")
    isOneSided = try node.flag("onesided")
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    let rank = shape.rank
    guard rank >= 2, (1...2).contains(shape[rank - 1]) else { throw .shapeMismatch }
    let stated = try call.integer(2)
    let axis = try shape.axis(fixedAxis ?? stated ?? -2)
    guard axis != rank - 1 else { throw .shapeMismatch }
    let makesReal = isInverse && isOneSided
    let usual = makesReal ? 2 * (shape[axis] - 1) : shape[axis]
    let length = try call.integer(1) ?? usual
    guard length > 0, length <= EngineLimits.maximumElements else { throw .shapeMismatch }
    let isComplex = shape[rank - 1] == 2
    // A one-sided spectrum belongs to a real signal.
    guard !isOneSided || isComplex == isInverse else { throw .shapeMismatch }
    let frequencies = isOneSided && !isInverse ? length / 2 + 1 : length
    let result = try shape.replacing(axis, with: frequencies)
      .replacing(rank - 1, with: makesReal ? 1 : 2)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, result)
    try call.charge(out.count, length)
    let sums = try FourierSum(&call, length: length, isInverse: isInverse)
    let outer = try Shape(Array(shape.dims.dropLast()))
    let lines = AxisLines(outer, axis: axis)
    let targets = AxisLines(try Shape(Array(result.dims.dropLast())), axis: axis)
    let (parts, made) = (shape[rank - 1], makesReal ? 1 : 2)
    for line in 0..<targets.count {
      let (from, to) = (lines.start(line), targets.start(line))
      func element(_ n: Int) -> (Double, Double) {
        // The missing half of a one-sided spectrum is the conjugate of the other.
        let isMirrored = makesReal && n > length / 2
        let index = isMirrored ? length - n : n
        guard index < lines.length else { return (0, 0) }
        let at = (from + index * lines.step) * parts
        let imaginary = isComplex ? x[at + 1].real : 0
        return (x[at].real, isMirrored ? -imaginary : imaginary)
      }
      let count = makesReal ? length : lines.length
      for k in 0..<frequencies {
        try call.checkpoint()
        let (real, imaginary) = sums.at(k, count: count, element)
        let at = (to + k * targets.step) * made
        out[at] = T(clamping: real)
        if made == 2 { out[at + 1] = T(clamping: imaginary) }
      }
    }
    if lines.count == 0 { out.fill(0) }
  }
}

/// `STFT`: spectra of windows that step along a signal.
struct ShortTimeTransform: RealOperation {
  private let isOneSided: Bool

  init(_ node: NodeReader) throws(EngineError) { isOneSided = try node.flag("onesided", true) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank == 3, (1...2).contains(shape[2]) else { throw .shapeMismatch }
    let window = call.optional(2) == nil ? nil : try call.cells(2, type)
    let step = try call.wideInteger(1)
    let length = try call.integer(3) ?? window?.count ?? shape[1]
    guard step > 0, length > 0, length <= shape[1], window == nil || window?.count == length,
      !isOneSided || shape[2] == 1
    else { throw .shapeMismatch }
    let frames = (shape[1] - length) / step + 1
    let frequencies = isOneSided ? length / 2 + 1 : length
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, Shape([shape[0], frames, frequencies, 2]))
    try call.charge(out.count, length)
    let sums = try FourierSum(&call, length: length, isInverse: false)
    for frame in 0..<shape[0] * frames {
      let start = frame / frames * shape[1] + frame % frames * step
      for k in 0..<frequencies {
        try call.checkpoint()
        let (real, imaginary) = sums.at(k, count: length) { n in
          let weight = window?[n].real ?? 1
          let at = (start + n) * shape[2]
          return (x[at].real * weight, shape[2] == 2 ? x[at + 1].real * weight : 0)
        }
        let at = (frame * frequencies + k) * 2
        (out[at], out[at + 1]) = (T(clamping: real), T(clamping: imaginary))
      }
    }
  }
}

/// The weights of a window as a sum of cosines.
protocol CosineWindow: Sendable {
  /// Weights of the constant, of one period, and of two.
  static var weights: (Double, Double, Double) { get }
}
enum HannWindow: CosineWindow {
  static let weights = (0.5, -0.5, 0.0)
}
enum HammingWindow: CosineWindow {
  static let weights = (25.0 / 46, -21.0 / 46, 0.0)
}
enum BlackmanWindow: CosineWindow {
  static let weights = (0.42, -0.5, 0.08)
}

/// `HannWindow`, `HammingWindow`, `BlackmanWindow`.
struct WindowFunction<Kind: CosineWindow>: Operation {
  private let isPeriodic: Bool
  private let target: ElementType

  init(_ node: NodeReader) throws(EngineError) {
    isPeriodic = try node.flag("periodic", true)
    target = try node.elementType("output_datatype") ?? .float32
  }

  func run(_ call: inout Call) throws(EngineError) {
    let size = try call.wideInteger(0)
    guard size >= 0 else { throw .shapeMismatch }
    let window = try call.scratchTensor(.float64, Shape([size]))
    let cells = window.cells(Double.self)
    let period = Double(isPeriodic ? size : size - 1)
    for at in 0..<size {
      let angle = 2 * Double.pi * Double(at) / period
      let (a, b, c) = Kind.weights
      cells[at] = a + b * cos(angle) + c * cos(2 * angle)
    }
    Conversion.run(window, into: try call.make(0, target, window.shape))
  }
}

/// `MelWeightMatrix`: triangles over frequencies, evenly spaced on the mel scale.
struct MelWeightMatrix: Operation {
  private let target: ElementType

  init(_ node: NodeReader) throws(EngineError) {
    target = try node.elementType("output_datatype") ?? .float32
  }

  func run(_ call: inout Call) throws(EngineError) {
    let (bins, length, rate) =
      (try call.wideInteger(0), try call.wideInteger(1), try call.wideInteger(2))
    let (low, high) = (try edge(&call, 3), try edge(&call, 4))
    guard bins >= 0, length >= 0, length <= EngineLimits.maximumElements, rate > 0 else {
      throw .shapeMismatch
    }
    let rows = length / 2 + 1
    let weights = try call.scratchTensor(.float64, Shape([rows, bins]))
    let cells = weights.cells(Double.self)
    cells.fill(0)
    func mel(_ hertz: Double) -> Double { 2595 * log1p(hertz / 700) / log(10) }
    let (first, last) = (mel(low), mel(high))
    let step = (last - first) / Double(bins + 2)
    /// The row at which a triangle begins, peaks or ends.
    func row(_ at: Int) throws(EngineError) -> Int {
      let hertz = 700 * expm1((Double(at) * step + first) / 2595 * log(10))
      let place = (Double(length + 1) * hertz / Double(rate)).rounded(.down)
      guard place >= 0, place < Double(rows) else { throw .indexOutOfRange }
      return Int(Int64(clamping: place))
    }
    for bin in 0..<bins {
      let (left, peak, right) = (try row(bin), try row(bin + 1), try row(bin + 2))
      if peak <= left {
        cells[peak * bins + bin] = 1
      } else {
        for at in left...peak {
          cells[at * bins + bin] = Double(at - left) / Double(peak - left)
        }
      }
      for at in peak..<max(right, peak) {
        cells[at * bins + bin] = Double(right - at) / Double(right - peak)
      }
    }
    Conversion.run(weights, into: try call.make(0, target, weights.shape))
  }

  private func edge(_ call: inout Call, _ index: Int) throws(EngineError) -> Double {
    let given = try call.input(index)
    guard given.count == 1 else { throw .shapeMismatch }
    return try call.converted(given, to: .float64).cells(Double.self)[0]
  }
}

/// `Det`: determinants of the innermost matrices, by elimination with the greatest pivots.
struct Determinant: RealOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 2, shape[shape.rank - 1] == shape[shape.rank - 2] else {
      throw .shapeMismatch
    }
    let size = shape[shape.rank - 1]
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, Shape(Array(shape.dims.dropLast(2))))
    try call.charge(out.count, size, size * size)
    let work = try call.scratch(Double.self, size * size)
    for item in 0..<out.count {
      try call.checkpoint()
      for at in 0..<size * size { work[at] = x[item * size * size + at].real }
      var product = 1.0
      for step in 0..<size {
        var pivot = step
        for row in step..<size
        where work[row * size + step].magnitude > work[pivot * size + step].magnitude {
          pivot = row
        }
        if pivot != step {
          product = -product
          for column in 0..<size {
            let held = work[step * size + column]
            work[step * size + column] = work[pivot * size + column]
            work[pivot * size + column] = held
          }
        }
        product *= work[step * size + step]
        if work[step * size + step] == 0 { break }
        for row in step + 1..<max(size, step + 1) {
          let factor = work[row * size + step] / work[step * size + step]
          for column in step..<size {
            work[row * size + column] -= factor * work[step * size + column]
          }
        }
      }
      out[item] = T(clamping: product)
    }
  }
}
