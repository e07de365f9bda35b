internal import EphemeralModel
internal import KernelInterface

// Arithmetic, reductions and layers over images.
extension Binder {
  mutating func arithmetic(_ node: Node) throws(EngineError) {
    guard node.inputs.count == 2 else { throw .unsupportedOperator }
    let ids = node.inputs
    let (left, right) = (try floats(ids[0]), try floats(ids[1]))
    // One number on a side makes a function of the other.
    if let factor = scalar(ids[1]), right.shape.rank <= left.shape.rank {
      let function: Function?
      switch node.operation {
      case "Add", "Sum": function = Function(.linear, alpha: 1, beta: factor)
      case "Sub": function = Function(.linear, alpha: 1, beta: -factor)
      case "Mul": function = Function(.linear, alpha: factor, beta: 0)
      case "Pow":
        function = factor == 2 ? Function(.square) : factor == 0.5 ? Function(.squareRoot) : nil
      default: function = nil
      }
      if let function {
        try map(function, left, node.outputs[0])
        return
      }
    }
    let pair: Pairing
    switch node.operation {
    case "Add", "Sum": pair = .add
    case "Sub": pair = .subtract
    case "Mul": pair = .multiply
    case "Div": pair = .divide
    default: throw .unsupportedOperator
    }
    if left.isChannelsLast || right.isChannelsLast {
      if left.shape == right.shape {
        try combine(pair, try channelsLast(ids[0]), try channelsLast(ids[1]), node.outputs[0])
        return
      }
      if right.shape.count == 1 || left.shape.count == 1 {
        try combine(pair, left, right, node.outputs[0])
        return
      }
    }
    try combine(pair, try plain(ids[0]), try plain(ids[1]), node.outputs[0])
  }

  private mutating func map(_ function: Function, _ input: BoundValue, _ id: ValueID)
    throws(EngineError)
  {
    let out = try make(id, .float32, input.shape, isChannelsLast: input.isChannelsLast)
    try add(
      MapStep(function, count: input.shape.count, input: input.place, output: out),
      visits: input.shape.count)
  }

  /// f of pairs, numpy's way. Both sides lie alike, or one is a single element.
  mutating func combine(
    _ function: Pairing, _ left: BoundValue, _ right: BoundValue, _ id: ValueID
  ) throws(EngineError) {
    guard left.type == .float32, right.type == .float32 else { throw .unsupportedElementType }
    let shape = try left.shape.broadcast(with: right.shape)
    let isChannelsLast = shape.rank == 4 && (left.isChannelsLast || right.isChannelsLast)
    let out = try make(id, .float32, shape, isChannelsLast: isChannelsLast)
    guard shape.count > 0 else { return }
    var axes: [(size: Int, left: Int, right: Int)] = []
    if left.shape == right.shape {
      axes = [(shape.count, 1, 1)]
    } else if left.shape.count == 1 || right.shape.count == 1 {
      axes = [(shape.count, left.shape.count == 1 ? 0 : 1, right.shape.count == 1 ? 0 : 1)]
    } else {
      let (a, b) = (
        left.shape.strides(broadcastTo: shape), right.shape.strides(broadcastTo: shape)
      )
      for axis in 0..<shape.rank where shape[axis] != 1 {
        if let last = axes.last, last.left == a[axis] * shape[axis],
          last.right == b[axis] * shape[axis]
        {
          axes[axes.count - 1] = (last.size * shape[axis], a[axis], b[axis])
        } else {
          axes.append((shape[axis], a[axis], b[axis]))
        }
      }
    }
    let inner = axes.popLast() ?? (1, 0, 0)
    let rows = axes.reduce(1) { $0 * $1.size }
    try add(
      CombineStep(
        function, rows: rows, columns: inner.size, left: left.place, leftStep: inner.left,
        right: right.place, rightStep: inner.right, output: out, outer: axes),
      visits: shape.count)
  }

  mutating func softmax(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    guard input.type == .float32 else { throw .unsupportedElementType }
    let isOld = node.sinceVersion < 13
    let axis = try input.shape.axis(node.int("axis") ?? (isOld ? 1 : -1))
    let columns = input.shape.product(axis..<input.shape.rank)
    // Old versions take all axes from the stated one on together.
    guard isOld || input.shape.product(axis + 1..<input.shape.rank) == 1, columns > 0 else {
      throw .unsupportedOperator
    }
    let out = try make(node.outputs[0], .float32, input.shape)
    try add(
      SoftmaxStep(
        rows: input.shape.count / columns, columns: columns, input: input.place, output: out),
      visits: input.shape.count)
  }

  mutating func reduce(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    guard input.type == .float32 else { throw .unsupportedElementType }
    var axes = node.ints("axes")
    if node.inputs.count > 1, node.inputs[1] != 0 { axes = try integers(node.inputs[1]) }
    let isNothing = axes?.isEmpty ?? true
    guard !(isNothing && node.int("noop_with_empty_axes") ?? 0 != 0) else {
      throw .unsupportedOperator
    }
    var reduced: Set<Int> = []
    if isNothing {
      reduced = Set(0..<input.shape.rank)
    } else {
      for axis in axes ?? [] { reduced.insert(try input.shape.axis(axis)) }
    }
    let rank = input.shape.rank
    guard let first = reduced.min(), let last = reduced.max(), reduced.count == last - first + 1
    else { throw .unsupportedOperator }
    let keeps = node.int("keepdims") ?? 1 != 0
    let dims = (0..<rank).compactMap { reduced.contains($0) ? (keeps ? 1 : nil) : input.shape[$0] }
    let kind: ReduceStep.Kind
    switch node.operation {
    case "ReduceMean": kind = .mean
    case "ReduceSum": kind = .sum
    default: kind = .maximum
    }
    let length = input.shape.product(first..<last + 1)
    guard length > 0 else { throw .unsupportedOperator }
    let out = try make(node.outputs[0], .float32, try Shape(dims))
    try add(
      ReduceStep(
        kind, outer: input.shape.product(0..<first), length: length,
        inner: input.shape.product(last + 1..<rank), input: input.place, output: out),
      visits: input.shape.count)
  }

  mutating func globalPool(_ node: Node) throws(EngineError) {
    let input = try floats(node.inputs[0])
    guard input.shape.rank == 4, input.shape.count > 0 else { throw .unsupportedOperator }
    let dims = input.shape.dims
    let pixels = dims[2] * dims[3]
    let out = try make(node.outputs[0], .float32, try Shape([dims[0], dims[1], 1, 1]))
    let kind: ReduceStep.Kind = node.operation == "GlobalAveragePool" ? .mean : .maximum
    let isLast = input.isChannelsLast
    try add(
      ReduceStep(
        kind, outer: isLast ? dims[0] : dims[0] * dims[1], length: pixels,
        inner: isLast ? dims[1] : 1, input: input.place, output: out), visits: input.shape.count)
  }

  mutating func normalizeBatch(_ node: Node) throws(EngineError) {
    guard let folding = program.foldings[node.outputs[0]] else { throw .unsupportedOperator }
    let input = try floats(node.inputs[0])
    guard input.shape.rank >= 2, node.int("training_mode") ?? 0 == 0,
      let channels = program.constants[node.inputs[1]]?.shape.dims.first,
      input.shape[1] == channels,
      node.outputs.dropFirst().allSatisfy({ $0 == 0 })
    else { throw .unsupportedOperator }
    let scaled = try room(input.byteCount)
    let out = try make(
      node.outputs[0], .float32, input.shape, isChannelsLast: input.isChannelsLast)
    guard input.shape.count > 0 else { return }
    let (batch, inner) = (input.shape[0], input.shape.product(2..<input.shape.rank))
    let steps: [(Pairing, Place, Place, Place)] = [
      (.multiply, input.place, folding.factors, scaled.0),
      (.add, scaled.0, folding.addends, out),
    ]
    for (function, from, vector, to) in steps {
      let step =
        input.isChannelsLast
        ? CombineStep(
          function, rows: batch * inner, columns: channels, left: from, leftStep: 1,
          right: vector, rightStep: 1, output: to, outer: [(batch * inner, channels, 0)])
        : CombineStep(
          function, rows: batch * channels, columns: inner, left: from, leftStep: 1,
          right: vector, rightStep: 0, output: to,
          outer: [(batch, channels * inner, 0), (channels, inner, 1)])
      try add(step, visits: input.shape.count)
    }
    free(scaled.1)
  }
}
