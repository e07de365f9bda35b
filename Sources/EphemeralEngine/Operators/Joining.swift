internal import EphemeralModel

/// `Concat` along an axis.
struct Concatenation: MovingOperation {
  private let axis: Int

  init(_ node: NodeReader) throws(EngineError) {
    guard let axis = try node.int("axis") else { throw .topologyInvalid }
    self.axis = axis
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let first = try call.input(0)
    let axis = try first.shape.axis(axis)
    var total = 0
    for index in 0..<call.inputCount {
      let part = try call.input(index)
      guard part.type == first.type else { throw .unsupportedElementType }
      guard part.shape.rank == first.shape.rank,
        try part.shape.replacing(axis, with: 1) == first.shape.replacing(axis, with: 1)
      else { throw .shapeMismatch }
      // Each dimension is at most maximumElements and there are few inputs: no overflow.
      total += part.shape[axis]
    }
    let shape = try first.shape.replacing(axis, with: total)
    let out = try call.make(0, first.type, shape).cells(type)
    let outer = shape.product(0..<axis)
    let inner = shape.product(axis + 1..<shape.rank)
    var place = 0
    for index in 0..<call.inputCount {
      let part = try call.input(index)
      let length = part.shape[axis] * inner
      let source = part.cells(type)
      if out.count > 0, length > 0 {
        for row in 0..<outer {
          out.copy(source, from: row * length, length: length, at: row * total * inner + place)
        }
      }
      place += length
    }
  }
}

/// `Split` along an axis: sizes by attribute, by input since version 13, or equal parts.
struct Split: MovingOperation {
  private let axis: Int
  private let fixed: [Int]?
  private let parts: Int?
  private let version: Int

  init(_ node: NodeReader) throws(EngineError) {
    version = node.version
    axis = try node.int("axis", 0)
    fixed = version < 13 ? try node.ints("split") : nil
    parts = version >= 18 ? try node.int("num_outputs") : nil
    if let parts, parts != node.outputCount { throw .topologyInvalid }
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let axis = try x.shape.axis(axis)
    let sizes = try sizes(call, x.shape[axis])
    let outer = x.shape.product(0..<axis)
    let inner = x.shape.product(axis + 1..<x.shape.rank)
    let source = x.cells(type)
    var place = 0
    for (index, size) in sizes.enumerated() {
      let length = size * inner
      if call.isWanted(index) {
        let shape = try x.shape.replacing(axis, with: size)
        let out = try call.make(index, x.type, shape).cells(type)
        if out.count > 0 {
          for row in 0..<outer {
            let from = row * x.shape[axis] * inner + place
            out.copy(source, from: from, length: length, at: row * length)
          }
        }
      }
      place += length
    }
  }

  /// The sizes of the parts; they add up to `dim`.
  private func sizes(_ call: borrowing Call, _ dim: Int) throws(EngineError) -> [Int] {
    let count = call.outputCount
    if let given = try call.integers(1, unless: fixed) {
      guard given.count == count else { throw .shapeMismatch }
      var left = dim
      for size in given {
        guard size >= 0, size <= left else { throw .shapeMismatch }
        left -= size
      }
      guard left == 0 else { throw .shapeMismatch }
      return given
    }
    guard count > 0 else { throw .topologyInvalid }
    if dim % count == 0 { return [Int](repeating: dim / count, count: count) }
    // Since version 18 the last part may be smaller.
    guard version >= 18 else { throw .shapeMismatch }
    let part = (dim - 1) / count + 1
    let last = dim - part * (count - 1)
    guard last >= 0 else { throw .shapeMismatch }
    return [Int](repeating: part, count: count - 1) + [last]
  }
}

/// `Pad`: attributes in version 2, inputs since version 11, axes since version 18.
struct Pad: MovingOperation {
  private enum Mode { case constant, reflect, edge, wrap }
  private let mode: Mode
  private let fixed: (pads: [Int], value: Float)?

  init(_ node: NodeReader) throws(EngineError) {
    switch String(decoding: try node.string("mode", "constant"), as: UTF8.self) {
    case "constant": mode = .constant
    case "reflect": mode = .reflect
    case "edge": mode = .edge
    case "wrap" where node.version >= 19: mode = .wrap
    default: throw .topologyInvalid
    }
    guard node.version < 11 else {
      fixed = nil
      return
    }
    guard let pads = try node.ints("pads") else { throw .topologyInvalid }
    fixed = (pads, try node.float("value", 0))
  }

  func run<T: Number & FixedWidthInteger>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let x = try call.input(0)
    let rank = x.shape.rank
    let (heads, dims) = try extents(call, x.shape)
    let filler: T = try fillValue(call, x.type, type)
    let out = try call.make(0, x.type, Shape(dims)).cells(type)
    if out.count == 0 { return }
    if x.count == 0 {
      guard mode == .constant else { throw .shapeMismatch }
      return out.fill(filler)
    }
    let (source, strides) = (x.cells(type), x.shape.strides)
    if rank == 0 { return out.copy(source, from: 0, length: 1, at: 0) }
    let width = dims[rank - 1]
    var index = [Int](repeating: 0, count: rank)
    for row in 0..<(out.count / width) {
      var rest = row
      var origin: Int? = 0
      for axis in (0..<rank - 1).reversed() {
        index[axis] = rest % dims[axis]
        rest /= dims[axis]
        if let place = coordinate(index[axis] - heads[axis], x.shape[axis]), let sum = origin {
          origin = sum + place * strides[axis]
        } else {
          origin = nil
        }
      }
      for column in 0..<width {
        if let origin, let place = coordinate(column - heads[rank - 1], x.shape[rank - 1]) {
          out[row * width + column] = source[origin + place]
        } else {
          out[row * width + column] = filler
        }
      }
    }
  }

  /// Where an element comes from, or nil where the constant stands; `dim` is not zero.
  private func coordinate(_ place: Int, _ dim: Int) -> Int? {
    if place >= 0 && place < dim { return place }
    switch mode {
    case .constant: return nil
    case .edge: return place < 0 ? 0 : dim - 1
    case .wrap: return (place % dim + dim) % dim
    case .reflect:
      if dim == 1 { return 0 }
      let period = 2 * (dim - 1)
      let phase = (place % period + period) % period
      return phase < dim ? phase : period - phase
    }
  }

  /// The pad before each dimension, and the padded dimensions.
  private func extents(_ call: borrowing Call, _ shape: Shape) throws(EngineError)
    -> (heads: [Int], dims: [Int])
  {
    guard let pads = try call.integers(1, unless: fixed?.pads) else { throw .topologyInvalid }
    var axes = Array(0..<shape.rank)
    if fixed == nil, let given = try call.integers(3) {
      axes = []
      for axis in given { axes.append(try shape.axis(axis)) }
    }
    guard pads.count == 2 * axes.count, Set(axes).count == axes.count else { throw .shapeMismatch }
    var heads = [Int](repeating: 0, count: shape.rank)
    var dims = shape.dims
    for (entry, axis) in axes.enumerated() {
      let (head, tail) = (pads[entry], pads[entry + axes.count])
      let limit = EngineLimits.maximumElements
      guard head >= -limit, head <= limit, tail >= -limit, tail <= limit else {
        throw .workExceeded
      }
      // Cropping is defined with constant padding; the other modes would have to say where
      // they reflect.
      guard mode == .constant || (head >= 0 && tail >= 0) else { throw .unsupportedOperator }
      heads[axis] = head
      dims[axis] += head + tail
    }
    return (heads, dims)
  }

  private func fillValue<T: Number & FixedWidthInteger>(
    _ call: borrowing Call, _ element: ElementType, _ type: T.Type
  ) throws(EngineError) -> T {
    if let fixed {
      switch element {
      case .float32: return T(truncatingIfNeeded: fixed.value.bitPattern)
      case .float64: return T(truncatingIfNeeded: Double(fixed.value).bitPattern)
      case .float16: return T(truncatingIfNeeded: Float16(fixed.value).bitPattern)
      case .bfloat16: return T(truncatingIfNeeded: BrainFloat(real: Double(fixed.value)).bits)
      default:
        guard fixed.value == 0 else { throw .unsupportedElementType }
        return 0
      }
    }
    guard let value = call.optional(2), value.count > 0 else { return 0 }
    guard value.type == element, value.count == 1 else { throw .unsupportedElementType }
    return value.cells(type)[0]
  }
}
