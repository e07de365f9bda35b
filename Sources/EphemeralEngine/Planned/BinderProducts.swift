internal import EphemeralModel
internal import KernelInterface

// Products, convolutions, attention and normalizations.
extension Binder {
  mutating func visit(_ linear: PlannedNode.Linear, _ node: PlannedNode) throws(EngineError) {
    let input = try plain(node.inputs[0])
    guard input.type == .float32, input.shape.rank >= 1,
      !linear.requiresMatrix || input.shape.rank == 2, input.shape.dims.last == linear.depth,
      let panels = program.panels[.init(linear)]
    else { throw .shapeMismatch }
    let shape = try Shape(input.shape.dims.dropLast() + [linear.columns])
    let rows = shape.count / max(linear.columns, 1)
    var residual: BoundValue?
    if linear.hasResidual { residual = try plain(node.inputs[1]) }
    let isFused = residual.map { $0.shape == shape && $0.type == .float32 } ?? true
    var target: (place: Place, buffer: Int?)
    if isFused {
      target = (try make(node.outputs[0], .float32, shape), nil)
    } else {
      target = try room(shape.count * 4)
    }
    let part = ProductStep.Part(
      columns: linear.columns, panels: panels, bias: try linear.bias.map(placeOfConstant),
      output: target.place, step: linear.columns)
    needScratch(kernels.productScratch(taps: 1))
    try add(
      ProductStep(
        rows: rows, depth: linear.depth, input: input.place, rowStep: linear.depth,
        window: nil, zeros: nil, parts: [part],
        residual: isFused ? residual?.place : nil, scale: linear.scale,
        function: isFused ? linear.function : .identity, kernels: kernels, width: width),
      visits: 1, products: [rows, linear.columns, linear.depth])
    guard !isFused, let residual, let buffer = target.buffer else { return }
    // The residual has another shape, so the sum is a step of its own.
    let sum = BoundValue(type: .float32, shape: shape, place: target.place, buffer: buffer)
    try combine(.add, sum, residual, node.outputs[0])
    free(buffer)
    guard linear.function != .identity else { return }
    let made = try value(node.outputs[0])
    try add(
      MapStep(
        linear.function, count: made.shape.count, input: made.place, output: made.place),
      visits: made.shape.count)
  }

  /// Products of one value with several matrices, as one step: the queries, keys and values of an
  /// attention.
  mutating func visit(joined nodes: ArraySlice<PlannedNode>) throws(EngineError) {
    guard let first = nodes.first else { return }
    let input = try plain(first.inputs[0])
    var parts: [ProductStep.Part] = []
    var (rows, depth, columns) = (0, 0, 0)
    for node in nodes {
      guard case .linear(let linear) = node.operation, input.type == .float32,
        input.shape.rank >= 1, !linear.requiresMatrix || input.shape.rank == 2,
        input.shape.dims.last == linear.depth, let panels = program.panels[.init(linear)]
      else { throw .shapeMismatch }
      let shape = try Shape(input.shape.dims.dropLast() + [linear.columns])
      (rows, depth) = (shape.count / max(linear.columns, 1), linear.depth)
      columns += linear.columns
      parts.append(
        ProductStep.Part(
          columns: linear.columns, panels: panels, bias: try linear.bias.map(placeOfConstant),
          output: try make(node.outputs[0], .float32, shape), step: linear.columns))
    }
    needScratch(kernels.productScratch(taps: 1))
    try add(
      ProductStep(
        rows: rows, depth: depth, input: input.place, rowStep: depth, window: nil, zeros: nil,
        parts: parts, residual: nil, scale: 1, function: .identity, kernels: kernels, width: width
      ), visits: 1, products: [rows, columns, depth])
  }

  func placeOfConstant(_ id: ValueID) throws(EngineError) -> Place {
    guard let constant = program.constants[id] else { throw .topologyInvalid }
    return constant.place
  }

  mutating func visitAttention(_ scale: Float, _ hasMask: Bool, _ node: PlannedNode)
    throws(EngineError)
  {
    let (q, k, v) = (
      try plain(node.inputs[0]), try plain(node.inputs[1]), try plain(node.inputs[2])
    )
    guard q.shape.rank == 4, k.shape.rank == 4, v.shape.rank == 4,
      q.type == .float32, k.type == .float32, v.type == .float32, k.shape[0] == q.shape[0],
      v.shape[0] == q.shape[0], k.shape[2] == q.shape[2], v.shape[2] == q.shape[2],
      k.shape[3] == q.shape[3], k.shape[1] == v.shape[1]
    else { throw .shapeMismatch }
    let shape = AttentionStep.Shape(
      batch: q.shape[0], heads: q.shape[2], queries: q.shape[1], keys: k.shape[1],
      width: q.shape[3], valueWidth: v.shape[3], scale: scale)
    var mask: AttentionStep.Mask?
    if hasMask {
      let value = try plain(node.inputs[3])
      let scores = try Shape([shape.batch, shape.heads, shape.queries, shape.keys])
      guard value.type == .float32, value.shape.rank <= 4,
        try value.shape.broadcast(with: scores) == scores
      else { throw .shapeMismatch }
      let steps = value.shape.strides(broadcastTo: scores)
      mask = AttentionStep.Mask(
        place: value.place, batchStep: steps[0], headStep: steps[1], queryStep: steps[2],
        keyStep: steps[3])
    }
    guard shape.keys > 0 else { throw .shapeMismatch }
    let out = try make(
      node.outputs[0], .float32,
      Shape([shape.batch, shape.queries, shape.heads, shape.valueWidth]))
    // The products below are bounded by those that are charged.
    try add(
      AttentionStep(
        shape: shape, q: q.place, k: k.place, v: v.place, out: out, mask: mask,
        kernels: kernels, width: width),
      visits: Shape([shape.batch, shape.heads, shape.queries, shape.keys]).count,
      products: [
        shape.batch, shape.heads, shape.queries, shape.keys, shape.width + shape.valueWidth,
      ])
    needScratch(
      kernels.attentionScratch(
        keys: shape.keys, width: shape.width, valueWidth: shape.valueWidth))
  }

  mutating func visit(_ normalized: PlannedNode.Normalized, _ node: PlannedNode)
    throws(EngineError)
  {
    let input = try plain(node.inputs[0])
    guard input.type == .float32, input.shape.rank > 0 else { throw .shapeMismatch }
    let axis = try input.shape.axis(normalized.axis)
    let columns = input.shape.product(axis..<input.shape.rank)
    guard columns > 0 else { throw .shapeMismatch }
    var scale: Place?
    if let id = normalized.scale { scale = try vector(id, columns) }
    var shift: Place?
    if let id = normalized.shift { shift = try vector(id, columns) }
    let out = try make(node.outputs[0], .float32, input.shape)
    try add(
      NormalizeStep(
        rows: input.shape.count / columns, columns: columns, input: input.place, output: out,
        scale: scale, shift: shift, epsilon: normalized.epsilon, centers: normalized.centers),
      visits: input.shape.count)
  }

  /// The place of a constant of so many floats.
  private func vector(_ id: ValueID, _ count: Int) throws(EngineError) -> Place {
    guard let constant = program.constants[id], constant.type == .float32,
      constant.shape.count == count
    else { throw .shapeMismatch }
    return constant.place
  }

  mutating func visit(_ function: Function, _ node: PlannedNode) throws(EngineError) {
    let input = try floats(node.inputs[0])
    let out = try make(
      node.outputs[0], .float32, input.shape, isChannelsLast: input.isChannelsLast)
    try add(
      MapStep(function, count: input.shape.count, input: input.place, output: out),
      visits: input.shape.count)
  }

  /// A product of activations: MatMul of numpy, batch by batch.
  mutating func matMul(_ node: Node) throws(EngineError) {
    let (left, right) = (try plain(node.inputs[0]), try plain(node.inputs[1]))
    guard left.type == .float32, right.type == .float32, left.shape.rank >= 2,
      right.shape.rank >= 2
    else { throw .unsupportedOperator }
    let (a, b) = (left.shape.dims, right.shape.dims)
    let (rows, depth, columns) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
    guard b[b.count - 2] == depth, depth > 0 else { throw .shapeMismatch }
    let (outerA, outerB) = (try Shape(a.dropLast(2)), try Shape(b.dropLast(2)))
    let outer = try outerA.broadcast(with: outerB)
    let shape = try Shape(outer.dims + [rows, columns])
    guard outer.count <= Self.maximumKnown * 16 else { throw .unsupportedOperator }
    let out = try make(node.outputs[0], .float32, shape)
    let (stepsA, stepsB) = (
      outerA.strides(broadcastTo: outer), outerB.strides(broadcastTo: outer)
    )
    var batches: [BatchProductStep.Batch] = []
    for index in 0..<outer.count {
      var (rest, at, bt) = (index, 0, 0)
      for axis in (0..<outer.rank).reversed() {
        let place = rest % outer[axis]
        rest /= outer[axis]
        at += place * stepsA[axis]
        bt += place * stepsB[axis]
      }
      batches.append(
        BatchProductStep.Batch(
          left: left.place.advanced(by: at * rows * depth * 4),
          right: right.place.advanced(by: bt * depth * columns * 4),
          output: out.advanced(by: index * rows * columns * 4)))
    }
    let packed = kernels.packedCount(depth: depth, columns: columns)
    needScratch(packed + 16 + kernels.productScratch(taps: 1))
    try charge(packed)
    try add(
      BatchProductStep(rows: rows, columns: columns, depth: depth, batches: batches),
      visits: shape.count, products: [outer.count, rows, columns, depth])
  }
}
