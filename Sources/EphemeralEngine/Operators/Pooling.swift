internal import EphemeralModel

/// `MaxPool`, with the indices of the maxima where they are asked for.
struct MaxPool: NumberOperation {
  private let reader: WindowReader
  private let columnMajor: Bool

  init(_ node: NodeReader) throws(EngineError) {
    reader = try WindowReader(node)
    columnMajor = try node.flag("storage_order")
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard (3...5).contains(shape.rank) else { throw .shapeMismatch }
    let window = try reader.window(over: Array(shape.dims[2...]))
    let result = try Shape([shape[0], shape[1]] + window.axes.map(\.count))
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, result)
    let indices = call.isWanted(1) ? try call.cells(output: 1, Int64.self, result) : nil
    try call.charge(out.count, window.kernelCount)
    if out.count == 0 { return }
    let (places, size) = (window.count, window.inputCount)
    for plane in 0..<(out.count / places) {
      let source = x.window(plane * size, size)
      for place in 0..<places {
        try call.checkpoint()
        var best: (value: T, at: Int)?
        window.visit(place) { at in
          let value = source[at]
          if let found = best {
            if value > found.value || (value != value && found.value == found.value) {
              best = (value, at)
            }
          } else {
            best = (value, at)
          }
        }
        // A window that lies in the padding altogether has the least value and no place.
        out[plane * places + place] = best?.value ?? T.least
        let at = best.map { columnMajor ? window.columnMajor($0.at) : $0.at } ?? 0
        indices?[plane * places + place] = Int64(plane * size + at)
      }
    }
  }
}

/// The p-norm of the elements under a window, or of whole channels.
struct PowerNorm: Sendable {
  private let order: Double

  init(_ node: NodeReader) throws(EngineError) { order = Double(try node.int("p", 2)) }

  /// The norm of the elements that `visit` hands over.
  @inline(__always)
  func apply(_ visit: ((Double) -> Void) -> Void) -> Double {
    var sum = 0.0
    if order == 2 {
      visit { sum += $0 * $0 }
      return sum.squareRoot()
    }
    visit { sum += $0.magnitude.power(order) }
    return sum.power(1 / order)
  }
}

/// `LpPool`; padding counts as zeros.
struct LpPool: RealOperation {
  private let reader: WindowReader
  private let norm: PowerNorm

  init(_ node: NodeReader) throws(EngineError) {
    reader = try WindowReader(node)
    norm = try PowerNorm(node)
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try reader.pool(&call, type) { (source: Cells<T>, window, place) in
      T(norm.apply { body in window.visit(place) { body(source[$0].real) } })
    }
  }
}

/// `GlobalLpPool`: all spatial axes at once.
struct GlobalLpPool: RealOperation {
  private let norm: PowerNorm

  init(_ node: NodeReader) throws(EngineError) { norm = try PowerNorm(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 2 else { throw .shapeMismatch }
    let inner = shape.product(2..<shape.rank)
    let dims = [shape[0], shape[1]] + [Int](repeating: 1, count: shape.rank - 2)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, Shape(dims))
    try call.charge(out.count, inner)
    for plane in 0..<out.count {
      let source = x.window(plane * inner, inner)
      out[plane] = T(norm.apply { body in for i in 0..<inner { body(source[i].real) } })
    }
  }
}

extension WindowReader {
  /// Makes output 0 by one value for each place of the window over input 0.
  @inline(__always)
  func pool<T: Number>(
    _ call: inout Call, _ type: T.Type, _ value: (Cells<T>, Window, Int) -> T
  ) throws(EngineError) {
    let shape = try call.input(0).shape
    guard (3...5).contains(shape.rank) else { throw .shapeMismatch }
    let window = try window(over: Array(shape.dims[2...]))
    let result = try Shape([shape[0], shape[1]] + window.axes.map(\.count))
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, result)
    try call.charge(out.count, window.kernelCount)
    if out.count == 0 { return }
    let (places, size) = (window.count, window.inputCount)
    for plane in 0..<(out.count / places) {
      let source = x.window(plane * size, size)
      for place in 0..<places {
        try call.checkpoint()
        out[plane * places + place] = value(source, window, place)
      }
    }
  }
}

/// `AveragePool`; padding counts only where the node says so.
struct AveragePool: RealOperation {
  private let reader: WindowReader
  private let countsPads: Bool

  init(_ node: NodeReader) throws(EngineError) {
    reader = try WindowReader(node)
    countsPads = try node.flag("count_include_pad")
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let countsPads = countsPads
    try reader.pool(&call, type) { (source: Cells<T>, window, place) in
      var (sum, count) = (0.0, 0)
      window.visit(place) { at in
        sum += source[at].real
        count += 1
      }
      let divisor = countsPads ? window.paddedCount(place) : count
      return T(clamping: sum / Double(max(divisor, 1)))
    }
  }
}

extension Window {
  /// The window's place on each axis.
  @inline(__always)
  private func coordinates(_ place: Int) -> (Int, Int, Int) {
    let line = place / width.count
    return (line / height.count, line % height.count, place % width.count)
  }

  /// Visits the input places under the window in order, those in the padding left out.
  @inline(__always)
  func visit(_ place: Int, _ body: (Int) -> Void) {
    let (z, y, x) = coordinates(place)
    for kd in 0..<depth.kernel {
      let d = depth.place(z, kd)
      if d < 0 || d >= depth.size { continue }
      for kh in 0..<height.kernel {
        let h = height.place(y, kh)
        if h < 0 || h >= height.size { continue }
        for kw in 0..<width.kernel {
          let w = width.place(x, kw)
          if w >= 0 && w < width.size { body((d * height.size + h) * width.size + w) }
        }
      }
    }
  }

  /// How many kernel elements lie on the input or its padding.
  func paddedCount(_ place: Int) -> Int {
    func covered(_ axis: Axis, _ at: Int) -> Int {
      (0..<axis.kernel).count {
        let place = axis.place(at, $0)
        return place >= -axis.head && place < axis.size + axis.tail
      }
    }
    let (z, y, x) = coordinates(place)
    return covered(depth, z) * covered(height, y) * covered(width, x)
  }

  /// A row-major input place as a column-major one.
  func columnMajor(_ at: Int) -> Int {
    let (w, line) = (at % width.size, at / width.size)
    let (h, d) = (line % height.size, line / height.size)
    return (w * height.size + h) * depth.size + d
  }
}

/// `GlobalAveragePool` and `GlobalMaxPool`: all spatial axes at once.
struct GlobalPool<Meaning: Reduction>: RealOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 2 else { throw .shapeMismatch }
    let inner = shape.product(2..<shape.rank)
    let dims = [shape[0], shape[1]] + [Int](repeating: 1, count: shape.rank - 2)
    let x = try call.cells(0, type)
    let out = try call.cells(output: 0, type, Shape(dims))
    try call.charge(out.count, inner)
    for plane in 0..<out.count {
      let source = x.window(plane * inner, inner)
      out[plane] = try Meaning.reduce(type, count: inner) { body in
        for i in 0..<inner { body(source[i]) }
      }
    }
  }
}
