internal import EphemeralModel
internal import KernelInterface

// Nodes that stay as the topology has them.
extension Binder {
  mutating func visit(plain node: Node) throws(EngineError) {
    switch node.operation {
    case "Shape":
      let shape = try value(node.inputs[0]).shape
      let rank = shape.rank
      let bounds = [node.int("start") ?? 0, node.int("end") ?? rank].map {
        min(max($0 < 0 ? $0 + rank : $0, 0), rank)
      }
      let dims = Array(shape.dims[bounds[0]..<max(bounds[0], bounds[1])])
      give(node.outputs[0], known: try integers(dims, try Shape([dims.count])))
      return
    case "Size":
      let count = try value(node.inputs[0]).shape.count
      give(node.outputs[0], known: try integers([count], .scalar))
      return
    default: break
    }
    if try evaluate(node) { return }
    switch node.operation {
    case "Identity", "Dropout":
      guard node.outputs.dropFirst().allSatisfy({ $0 == 0 }) else { throw .unsupportedOperator }
      let input = try value(node.inputs[0])
      try alias(node.outputs[0], of: input, input.shape)
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze": try reshape(node)
    case "Cast": try cast(node)
    case "Transpose": try transpose(node)
    case "Slice": try slice(node)
    case "Concat": try concatenate(node)
    case "Split": try split(node)
    case "Expand": try expand(node)
    case "Gather": try gather(node)
    case "Add", "Sub", "Mul", "Div", "Sum", "Pow": try arithmetic(node)
    case "MatMul": try matMul(node)
    case "Softmax": try softmax(node)
    case "ReduceMean", "ReduceSum", "ReduceMax": try reduce(node)
    case "GlobalAveragePool", "GlobalMaxPool": try globalPool(node)
    case "MaxPool", "AveragePool": try pool(node)
    case "BatchNormalization": try normalizeBatch(node)
    default:
      guard let function = GraphRewriter.function(of: node, scalar: { scalar($0) }) else {
        throw .unsupportedOperator
      }
      try visit(
        function,
        PlannedNode(operation: .plain(node), inputs: node.inputs, outputs: node.outputs))
    }
  }

  /// The value of a known f32 of one element.
  func scalar(_ id: ValueID) -> Float? {
    guard let known = values(known: id), known.type == .float32, known.count == 1 else {
      return nil
    }
    return known.cells(Float.self)[0]
  }

  private mutating func cast(_ node: Node) throws(EngineError) {
    let input = try value(node.inputs[0])
    guard let result = program.types[node.outputs[0]] else { throw .unsupportedOperator }
    if result == input.type {
      try alias(node.outputs[0], of: input, input.shape)
      return
    }
    let origin: ToFloatStep.Origin
    switch (input.type, result) {
    case (.int64, .float32): origin = .int64
    case (.int32, .float32): origin = .int32
    case (.bool, .float32): origin = .bool
    default: throw .unsupportedElementType
    }
    let out = try make(
      node.outputs[0], .float32, input.shape, isChannelsLast: input.isChannelsLast)
    try add(
      ToFloatStep(origin, count: input.shape.count, input: input.place, output: out),
      visits: input.shape.count)
  }

  private mutating func transpose(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    let rank = input.shape.rank
    let order = node.ints("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else { throw .shapeMismatch }
    let shape = try Shape(order.map { input.shape[$0] })
    let out = try make(node.outputs[0], input.type, shape)
    let (from, to) = (input.shape.strides, shape.strides)
    try add(
      MoveStep(
        input: input.place, output: out, elementBytes: input.type.byteCount,
        axes: (0..<rank).map { (shape[$0], from[order[$0]], to[$0]) }), visits: shape.count)
  }

  private mutating func slice(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    var lists: [[Int]?] = [
      node.ints("starts"), node.ints("ends"), node.ints("axes"), nil,
    ]
    for (at, id) in node.inputs.dropFirst().enumerated() where id != 0 && at < 4 {
      lists[at] = try integers(id)
    }
    guard let starts = lists[0], let ends = lists[1], starts.count == ends.count else {
      throw .shapeMismatch
    }
    let axes = lists[2] ?? Array(0..<starts.count)
    let strides = lists[3] ?? starts.map { _ in 1 }
    guard axes.count == starts.count, strides.count == starts.count else { throw .shapeMismatch }
    var dims = input.shape.dims
    let source = input.shape.strides
    var from = source
    var offset = 0
    var seen: Set<Int> = []
    for at in axes.indices {
      let axis = try input.shape.axis(axes[at])
      guard seen.insert(axis).inserted, strides[at] > 0 else { throw .unsupportedOperator }
      let size = input.shape[axis]
      func place(_ index: Int) -> Int {
        index < 0 ? max(index <= -size ? 0 : index + size, 0) : min(index, size)
      }
      let (first, last) = (place(starts[at]), place(ends[at]))
      let step = min(strides[at], max(size, 1))
      dims[axis] = last > first ? (last - first + step - 1) / step : 0
      if dims[axis] > 0 { offset += first * source[axis] }
      from[axis] = source[axis] * step
    }
    let shape = try Shape(dims)
    let bytes = input.type.byteCount
    // The whole of the inner axes from one place on is a part of the same bytes.
    let cut = dims.indices.filter { dims[$0] != input.shape[$0] }
    if cut.allSatisfy({ axis in
      from[axis] == source[axis] && dims[..<axis].allSatisfy { $0 == 1 }
    }) || shape.count == 0 {
      try alias(
        node.outputs[0], of: input, shape, byteOffset: shape.count == 0 ? 0 : offset * bytes)
      return
    }
    let out = try make(node.outputs[0], input.type, shape)
    let to = shape.strides
    try add(
      MoveStep(
        input: input.place.advanced(by: offset * bytes), output: out, elementBytes: bytes,
        axes: dims.indices.map { (dims[$0], from[$0], to[$0]) }), visits: shape.count)
  }

  private mutating func concatenate(_ node: Node) throws(EngineError) {
    guard let stated = node.int("axis") else { throw .topologyInvalid }
    var parts: [BoundValue] = []
    for id in node.inputs { parts.append(try value(id)) }
    let lastChannels = parts.allSatisfy { $0.isChannelsLast }
    if !lastChannels {
      parts = []
      for id in node.inputs { parts.append(try plain(id)) }
    }
    guard let first = parts.first else { throw .topologyInvalid }
    let axis = try first.shape.axis(stated)
    var total = 0
    for part in parts {
      guard part.shape.rank == first.shape.rank, part.type == first.type,
        try part.shape.replacing(axis, with: 1) == first.shape.replacing(axis, with: 1)
      else { throw .shapeMismatch }
      total += part.shape[axis]
    }
    let shape = try first.shape.replacing(axis, with: total)
    let out = try make(node.outputs[0], first.type, shape, isChannelsLast: lastChannels)
    // The axes as they lie in memory.
    let order = lastChannels ? [0, 2, 3, 1] : Array(0..<shape.rank)
    let place = order.firstIndex(of: axis) ?? 0
    let inner = order[(place + 1)...].reduce(1) { $0 * shape[$1] }
    let outer = order[..<place].reduce(1) { $0 * shape[$1] }
    var at = 0
    for part in parts where part.shape.count > 0 {
      let run = part.shape[axis] * inner
      try add(
        MoveStep(
          input: part.place, output: out.advanced(by: at * first.type.byteCount),
          elementBytes: first.type.byteCount,
          axes: [(outer, run, total * inner), (run, 1, 1)]), visits: part.shape.count)
      at += run
    }
  }

  private mutating func split(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    let axis = try input.shape.axis(node.int("axis") ?? 0)
    let (size, count) = (input.shape[axis], node.outputs.count)
    var parts = node.ints("split")
    if node.inputs.count > 1, node.inputs[1] != 0 { parts = try integers(node.inputs[1]) }
    if parts == nil {
      let part = (size + count - 1) / max(count, 1)
      parts = (0..<count).map { min(part, max(size - $0 * part, 0)) }
    }
    guard let parts, parts.count == count, parts.allSatisfy({ $0 >= 0 && $0 <= size }),
      parts.reduce(0, +) == size
    else { throw .shapeMismatch }
    let inner = input.shape.product(axis + 1..<input.shape.rank)
    let outer = input.shape.product(0..<axis)
    let bytes = input.type.byteCount
    var at = 0
    for (id, part) in zip(node.outputs, parts) {
      defer { at += part * inner }
      if id == 0 { continue }
      let shape = try input.shape.replacing(axis, with: part)
      if outer == 1 || shape.count == 0 {
        try alias(id, of: input, shape, byteOffset: shape.count == 0 ? 0 : at * bytes)
        continue
      }
      let out = try make(id, input.type, shape)
      try add(
        MoveStep(
          input: input.place.advanced(by: at * bytes), output: out, elementBytes: bytes,
          axes: [(outer, size * inner, part * inner), (part * inner, 1, 1)]),
        visits: shape.count)
    }
  }

  private mutating func expand(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    let shape = try input.shape.broadcast(with: Shape(integers(node.inputs[1])))
    let from = input.shape.strides(broadcastTo: shape)
    let to = shape.strides
    let out = try make(node.outputs[0], input.type, shape)
    guard shape.count > 0 else { return }
    try add(
      MoveStep(
        input: input.place, output: out, elementBytes: input.type.byteCount,
        axes: shape.dims.indices.map { (shape[$0], from[$0], to[$0]) }), visits: shape.count)
  }

  private mutating func gather(_ node: Node) throws(EngineError) {
    let (table, indices) = (try plain(node.inputs[0]), try plain(node.inputs[1]))
    guard indices.type == .int64 || indices.type == .int32 else { throw .unsupportedElementType }
    let axis = try table.shape.axis(node.int("axis") ?? 0)
    let rank = table.shape.rank
    let shape = try Shape(
      Array(table.shape.dims[..<axis]) + indices.shape.dims
        + Array(table.shape.dims[(axis + 1)...]))
    let out = try make(node.outputs[0], table.type, shape)
    guard shape.count > 0 else { return }
    try add(
      GatherStep(
        table: table.place, indices: indices.place, output: out,
        outerCount: table.shape.product(0..<axis), rowCount: table.shape[axis],
        rowBytes: table.shape.product(axis + 1..<rank) * table.type.byteCount,
        indexCount: indices.shape.count, indexIsWide: indices.type == .int64),
      visits: shape.count)
  }
}
