internal import EphemeralModel

/// Which scale belongs to an element: one for all, one along an axis, or one for each block.
struct ScaleLayout {
  private let inner: Int
  private let dim: Int
  private let block: Int
  private let blocks: Int
  private let isShared: Bool

  init(_ scale: Shape, over shape: Shape, axis: Int, block: Int) throws(EngineError) {
    isShared = scale.count == 1
    if isShared || shape.rank == 0 {
      guard isShared else { throw .shapeMismatch }
      (inner, dim, blocks) = (1, 1, 1)
      self.block = 1
      return
    }
    let axis = try shape.axis(axis)
    inner = shape.product(axis + 1..<shape.rank)
    dim = shape[axis]
    if block > 0 {
      blocks = (dim + block - 1) / block
      guard try scale == shape.replacing(axis, with: blocks) else { throw .shapeMismatch }
      self.block = block
    } else {
      guard scale.rank == 1, scale.count == dim else { throw .shapeMismatch }
      (self.block, blocks) = (1, 0)
    }
  }

  /// The place of element `at`'s scale.
  @inline(__always)
  func place(_ at: Int) -> Int {
    if isShared { return 0 }
    let along = at / inner % dim
    if blocks == 0 { return along }
    return (at / inner / dim * blocks + along / block) * inner + at % inner
  }
}

/// `QuantizeLinear`: numbers over a scale, rounded to even, shifted and clamped.
struct QuantizeLinear: Operation {
  private let axis: Int
  private let block: Int
  private let target: ElementType?

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", 1)
    block = try node.int("block_size", 0)
    target = try node.optionalType("output_dtype")
    // Saturation speaks of 8-bit floats alone; the quotient is never narrower than asked.
    node.ignore("saturate", "precision")
    guard block >= 0 else { throw .topologyInvalid }
  }

  func run(_ call: inout Call) throws(EngineError) {
    let (x, scale, zero) = (try call.input(0), try call.input(1), call.optional(2))
    guard zero == nil || target == nil || zero?.type == target else {
      throw .unsupportedElementType
    }
    let quotients = try quotients(&call, x, scale)
    let out = try call.make(0, zero?.type ?? target ?? .uint8, x.shape)
    switch out.type {
    case .int8: try round(quotients, out.cells(Int8.self), out.shape, zero)
    case .uint8: try round(quotients, out.cells(UInt8.self), out.shape, zero)
    case .int16: try round(quotients, out.cells(Int16.self), out.shape, zero)
    case .uint16: try round(quotients, out.cells(UInt16.self), out.shape, zero)
    default: throw .unsupportedElementType
    }
  }

  /// The input over its scales, in the precision of f32; 32-bit integers in that of f64.
  private func quotients(_ call: inout Call, _ x: Tensor, _ scale: Tensor) throws(EngineError)
    -> Cells<Double>
  {
    let layout = try ScaleLayout(scale.shape, over: x.shape, axis: axis, block: block)
    let scales = try call.converted(scale, to: .float64).cells(Double.self)
    let quotients = try call.scratchTensor(.float64, x.shape)
    Conversion.run(x, into: quotients)
    let values = quotients.cells(Double.self)
    let isExact = x.type == .int32
    for at in 0..<values.count {
      let quotient = values[at] / scales[layout.place(at)]
      values[at] = isExact ? quotient : Double(Float(quotient))
    }
    return values
  }

  private func round<T: Number & FixedWidthInteger>(
    _ quotients: Cells<Double>, _ out: Cells<T>, _ shape: Shape, _ zero: Tensor?
  ) throws(EngineError) {
    guard let zero else {
      return transform(quotients, into: out) { T(clamping: $0.rounded(.toNearestOrEven)) }
    }
    let layout = try ScaleLayout(zero.shape, over: shape, axis: axis, block: block)
    let shifts = zero.cells(T.self)
    for at in 0..<out.count {
      let shifted = quotients[at].rounded(.toNearestOrEven) + Double(shifts[layout.place(at)])
      out[at] = T(clamping: shifted)
    }
  }
}

/// `DequantizeLinear`: integers, shifted, times a scale.
struct DequantizeLinear: Operation {
  private let axis: Int
  private let block: Int
  private let target: ElementType?

  init(_ node: NodeReader) throws(EngineError) {
    axis = try node.int("axis", 1)
    block = try node.int("block_size", 0)
    target = try node.optionalType("output_dtype")
    guard block >= 0 else { throw .topologyInvalid }
  }

  func run(_ call: inout Call) throws(EngineError) {
    let (x, scale, zero) = (try call.input(0), try call.input(1), call.optional(2))
    guard zero == nil || zero?.type == x.type else { throw .unsupportedElementType }
    let layout = try ScaleLayout(scale.shape, over: x.shape, axis: axis, block: block)
    let scales = try call.converted(scale, to: .float32).cells(Float.self)
    let values = try call.converted(x, to: .float64).cells(Double.self)
    let products = try call.scratchTensor(.float32, x.shape)
    let out = products.cells(Float.self)
    if let zero {
      let shifts = try call.converted(zero, to: .float64).cells(Double.self)
      let shiftLayout = try ScaleLayout(zero.shape, over: x.shape, axis: axis, block: block)
      for at in 0..<out.count {
        out[at] = Float(values[at] - shifts[shiftLayout.place(at)]) * scales[layout.place(at)]
      }
    } else {
      for at in 0..<out.count { out[at] = Float(values[at]) * scales[layout.place(at)] }
    }
    let type = target ?? scale.type
    if type == .float32 {
      try call.give(products)
    } else {
      Conversion.run(products, into: try call.make(0, type, x.shape))
    }
  }
}

/// `DynamicQuantizeLinear`: f32 to u8, by the range of its own elements and zero.
struct DynamicQuantizeLinear: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    let x = try call.cells(0, Float.self)
    let (scales, zeros) = (
      try call.cells(output: 1, Float.self, .scalar), try call.cells(output: 2, UInt8.self, .scalar)
    )
    let out = try call.cells(output: 0, UInt8.self, try call.input(0).shape)
    var (least, greatest): (Float, Float) = (0, 0)
    for at in 0..<x.count {
      least = least.lesser(x[at])
      greatest = greatest.greater(x[at])
    }
    let scale = (least == greatest ? 1 : greatest - least) / 255
    let zero = min(max((-least / scale).rounded(.toNearestOrEven), 0), 255)
    (scales[0], zeros[0]) = (scale, UInt8(clamping: Double(zero)))
    transform(x, into: out) {
      UInt8(clamping: Double(($0 / scale).rounded(.toNearestOrEven) + zero))
    }
  }
}
