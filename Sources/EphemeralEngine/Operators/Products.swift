internal import EphemeralModel

/// Shapes of a product numpy's way: vectors, matrices, and stacks of matrices broadcast together.
struct MatrixStack {
  /// The result's shape.
  let shape: Shape
  private let rows: Int
  private let depth: Int
  private let columns: Int
  private let sharesRight: Bool
  private let plan: BroadcastPlan

  init(_ first: Shape, _ second: Shape) throws(EngineError) {
    var (left, right) = (first.dims, second.dims)
    guard !left.isEmpty, !right.isEmpty else { throw .shapeMismatch }
    let (dropsRow, dropsColumn) = (left.count == 1, right.count == 1)
    if dropsRow { left.insert(1, at: 0) }
    if dropsColumn { right.append(1) }
    (rows, depth) = (left[left.count - 2], left[left.count - 1])
    columns = right[right.count - 1]
    guard right[right.count - 2] == depth else { throw .shapeMismatch }
    let (leftStack, rightStack) = (try Shape(left.dropLast(2)), try Shape(right.dropLast(2)))
    plan = try BroadcastPlan([leftStack, rightStack])
    shape = try Shape(
      plan.shape.dims + (dropsRow ? [] : [rows]) + (dropsColumn ? [] : [columns]))
    sharesRight = rightStack.count == 1
  }

  /// Multiplies every pair of matrices of the stacks.
  func multiply<T: Number>(
    _ a: Cells<T>, _ b: Cells<T>, into out: Cells<T>, call: inout Call
  ) throws(EngineError) {
    try call.charge(out.count, depth, cost: MatrixProduct.cost(T.self))
    if out.count == 0 { return }
    if sharesRight {
      // One matrix for all: the stack on the left is one tall matrix.
      let tall = plan.shape.count * rows
      let lhs = MatrixView(a, rows: tall, columns: depth, rowStep: depth)
      let rhs = MatrixView(b, rows: depth, columns: columns, rowStep: columns)
      let result = MatrixView(out, rows: tall, columns: columns, rowStep: columns)
      return try MatrixProduct.run(lhs, rhs, into: result, call: &call)
    }
    try plan.rows { at, starts, length, step throws(EngineError) in
      for i in 0..<length {
        let lhs = MatrixView(
          a, start: (starts[0] + i * step[0]) * rows * depth, rows: rows, columns: depth,
          rowStep: depth)
        let rhs = MatrixView(
          b, start: (starts[1] + i * step[1]) * depth * columns, rows: depth, columns: columns,
          rowStep: columns)
        let result = MatrixView(
          out, start: (at + i) * rows * columns, rows: rows, columns: columns, rowStep: columns)
        var inner = call.nested()
        try MatrixProduct.run(lhs, rhs, into: result, call: &inner)
      }
    }
  }
}

/// `MatMul`, numpy's way.
struct MatMul: NumberOperation {
  init(_ node: NodeReader) throws(EngineError) {}

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (a, b) = (try call.cells(0, type), try call.cells(1, type))
    let stack = try MatrixStack(call.input(0).shape, call.input(1).shape)
    let out = try call.cells(output: 0, type, stack.shape)
    try stack.multiply(a, b, into: out, call: &call)
  }
}

/// `Gemm`: alpha · A · B + beta · C, either factor transposed, C broadcast to the result.
struct GemmOperation: NumberOperation {
  private let alpha: Float
  private let beta: Float
  private let transposesA: Bool
  private let transposesB: Bool

  init(_ node: NodeReader) throws(EngineError) {
    alpha = try node.float("alpha", 1)
    beta = try node.float("beta", 1)
    transposesA = try node.flag("transA")
    transposesB = try node.flag("transB")
  }

  func run<T: Number>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    var a = try matrix(call, 0, type)
    var b = try matrix(call, 1, type)
    if transposesA { a = a.transposed }
    if transposesB { b = b.transposed }
    guard a.columns == b.rows else { throw .shapeMismatch }
    let shape = try Shape([a.rows, b.columns])
    let out = try call.cells(output: 0, type, shape)
    try call.charge(out.count, a.columns, cost: MatrixProduct.cost(type))
    let result = MatrixView(out, rows: a.rows, columns: b.columns, rowStep: b.columns)
    try MatrixProduct.run(a, b, into: result, call: &call)
    if alpha != 1 {
      let factor = Double(alpha)
      for index in 0..<out.count { out[index] = T(clamping: out[index].real * factor) }
    }
    guard let bias = call.optional(2), beta != 0 else { return }
    guard try bias.shape.broadcast(with: shape) == shape else { throw .shapeMismatch }
    let addend = try call.cells(2, type)
    let factor = Double(beta)
    let plan = BroadcastPlan([shape, bias.shape], to: shape)
    if beta == 1 {
      try plan.combine(out, addend, into: out) { (x, y) throws(EngineError) in x.plus(y) }
    } else {
      try plan.combine(out, addend, into: out) { (x, y) throws(EngineError) in
        x.plus(T(clamping: y.real * factor))
      }
    }
  }

  private func matrix<T: Number>(_ call: borrowing Call, _ index: Int, _ type: T.Type)
    throws(EngineError) -> MatrixView<T>
  {
    let shape = try call.input(index).shape
    guard shape.rank == 2 else { throw .shapeMismatch }
    return MatrixView(
      try call.cells(index, type), rows: shape[0], columns: shape[1], rowStep: shape[1])
  }
}
