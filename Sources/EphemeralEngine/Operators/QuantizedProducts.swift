internal import EphemeralModel

/// Bytes as i32 with their zero points taken off.
struct ShiftedBytes {
  let cells: Cells<Int32>
  let shape: Shape

  /// - Parameter zero: the input with the zero points, one for all or broadcast to the operand in
  ///   the way that `spread` makes of its shape.
  init(_ call: inout Call, _ operand: Int, zero: Int, spread: (Shape) throws(EngineError) -> Shape)
    throws(EngineError)
  {
    let tensor = try call.input(operand)
    guard tensor.type == .int8 || tensor.type == .uint8 else { throw .unsupportedElementType }
    shape = tensor.shape
    let copy = try call.scratchTensor(.int32, shape)
    Conversion.run(tensor, into: copy)
    cells = copy.cells(Int32.self)
    guard let zeros = call.optional(zero) else { return }
    guard zeros.type == tensor.type else { throw .unsupportedElementType }
    let wide = try spread(zeros.shape)
    guard wide.count == zeros.count, try wide.broadcast(with: shape) == shape else {
      throw .shapeMismatch
    }
    let shifts = try call.converted(zeros, to: .int32).cells(Int32.self)
    try BroadcastPlan([shape, wide], to: shape)
      .combine(cells, shifts, into: cells) { (x, y) throws(EngineError) in x &- y }
  }
}

/// How scales and zero points of the factors of a matrix product broadcast.
enum FactorSide {
  /// A value for each row of the left factor, or each column of the right one.
  case rows, columns

  /// The shape as one that broadcasts against the factor's.
  func spread(_ shape: Shape, over factor: Shape) throws(EngineError) -> Shape {
    guard shape.rank == 1, shape.count != 1, self == .rows, factor.rank >= 2 else {
      return shape.count == 1 ? .scalar : shape
    }
    return try Shape([shape.count, 1])
  }
}

/// `MatMulInteger`: bytes less their zero points, multiplied into i32.
struct MatMulInteger: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    let (a, b) = try Self.factors(&call, 0, zeroA: 2, 1, zeroB: 3)
    let plan = try MatrixStack(a.shape, b.shape)
    let out = try call.cells(output: 0, Int32.self, plan.shape)
    try plan.multiply(a.cells, b.cells, into: out, call: &call)
  }

  static func factors(
    _ call: inout Call, _ a: Int, zeroA: Int, _ b: Int, zeroB: Int
  ) throws(EngineError) -> (ShiftedBytes, ShiftedBytes) {
    let (left, right) = (try call.input(a).shape, try call.input(b).shape)
    let first = try ShiftedBytes(&call, a, zero: zeroA) { (shape) throws(EngineError) in
      try FactorSide.rows.spread(shape, over: left)
    }
    let second = try ShiftedBytes(&call, b, zero: zeroB) { (shape) throws(EngineError) in
      try FactorSide.columns.spread(shape, over: right)
    }
    return (first, second)
  }
}

/// Turns sums of products back into bytes.
struct Requantization {
  /// Scales of both factors and of the result, and the result's zero point.
  let left: Tensor
  let right: Tensor
  let result: Tensor
  let zero: Tensor

  /// Writes `sums` over the scales into output 0; `spread` makes a factor's scales broadcast.
  func run(
    _ call: inout Call, _ sums: Cells<Int32>, _ shape: Shape,
    _ leftShape: Shape, _ rightShape: Shape
  ) throws(EngineError) {
    guard result.count == 1, zero.count == 1 else { throw .shapeMismatch }
    let factors = try call.scratch(Double.self, sums.count)
    try call.charge(sums.count)
    let scale = try call.converted(result, to: .float64).cells(Double.self)[0]
    factors.fill(1)
    for (tensor, wide) in [(left, leftShape), (right, rightShape)] {
      guard wide.count == tensor.count, try wide.broadcast(with: shape) == shape else {
        throw .shapeMismatch
      }
      let scales = try call.converted(tensor, to: .float64).cells(Double.self)
      try BroadcastPlan([shape, wide], to: shape)
        .combine(factors, scales, into: factors) { (x, y) throws(EngineError) in x * y }
    }
    let out = try call.make(0, zero.type, shape)
    func finish<T: Number & FixedWidthInteger>(_ out: Cells<T>) {
      let shift = Double(zero.cells(T.self)[0])
      for at in 0..<out.count {
        let real = Double(sums[at]) * Double(Float(factors[at]) / Float(scale))
        out[at] = T(clamping: (real + shift).rounded(.toNearestOrEven))
      }
    }
    switch zero.type {
    case .int8: finish(out.cells(Int8.self))
    case .uint8: finish(out.cells(UInt8.self))
    default: throw .unsupportedElementType
    }
  }
}

/// `QLinearMatMul`: a product of quantized matrices, quantized again.
struct QuantizedMatMul: Operation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run(_ call: inout Call) throws(EngineError) {
    let (a, b) = try MatMulInteger.factors(&call, 0, zeroA: 2, 3, zeroB: 5)
    let plan = try MatrixStack(a.shape, b.shape)
    let sums = try call.scratch(Int32.self, plan.shape.count)
    try plan.multiply(a.cells, b.cells, into: sums, call: &call)
    let end = try Requantization(
      left: call.input(1), right: call.input(4), result: call.input(6), zero: call.input(7))
    try end.run(
      &call, sums, plan.shape, FactorSide.rows.spread(end.left.shape, over: plan.shape),
      FactorSide.columns.spread(end.right.shape, over: plan.shape))
  }
}

/// `ConvInteger`: a convolution of bytes less their zero points, into i32.
struct ConvInteger: Operation {
  private let layer: ConvolutionLayer

  init(_ node: NodeReader) throws(EngineError) { layer = try ConvolutionLayer(node) }

  func run(_ call: inout Call) throws(EngineError) {
    let (x, w) = try Self.factors(&call, 0, zeroX: 2, 1, zeroW: 3)
    let plan = try layer.plan(x.shape, w.shape)
    let out = try call.cells(output: 0, Int32.self, plan.shape)
    try plan.run(x.cells, w.cells, nil, into: out, call: &call)
  }

  /// Images have one zero point, kernels one for all or one for each filter.
  static func factors(
    _ call: inout Call, _ x: Int, zeroX: Int, _ w: Int, zeroW: Int
  ) throws(EngineError) -> (ShiftedBytes, ShiftedBytes) {
    let rank = try call.input(w).shape.rank
    let images = try ShiftedBytes(&call, x, zero: zeroX) { (shape) throws(EngineError) in
      guard shape.count == 1 else { throw .shapeMismatch }
      return .scalar
    }
    let kernels = try ShiftedBytes(&call, w, zero: zeroW) { (shape) throws(EngineError) in
      try perFilter(shape, rank: rank)
    }
    return (images, kernels)
  }

  /// One value for each filter as a shape that broadcasts against kernels.
  static func perFilter(_ shape: Shape, rank: Int) throws(EngineError) -> Shape {
    if shape.count == 1 { return .scalar }
    guard shape.rank == 1, rank >= 1 else { throw .shapeMismatch }
    return try Shape([shape.count] + [Int](repeating: 1, count: rank - 1))
  }
}

/// `QLinearConv`: a convolution of quantized images, quantized again.
struct QuantizedConvolution: Operation {
  private let layer: ConvolutionLayer

  init(_ node: NodeReader) throws(EngineError) { layer = try ConvolutionLayer(node) }

  func run(_ call: inout Call) throws(EngineError) {
    let (x, w) = try ConvInteger.factors(&call, 0, zeroX: 2, 3, zeroW: 5)
    let plan = try layer.plan(x.shape, w.shape)
    let bias = call.optional(8) == nil ? nil : try call.cells(8, Int32.self)
    let sums = try call.scratch(Int32.self, plan.shape.count)
    try plan.run(x.cells, w.cells, bias, into: sums, call: &call)
    let end = try Requantization(
      left: call.input(1), right: call.input(4), result: call.input(6), zero: call.input(7))
    guard end.left.count == 1 else { throw .shapeMismatch }
    // Scales of filters lie along the result's channels: one dimension further in.
    let perFilter = try ConvInteger.perFilter(end.right.shape, rank: plan.shape.rank - 1)
    try end.run(&call, sums, plan.shape, .scalar, perFilter)
  }
}
