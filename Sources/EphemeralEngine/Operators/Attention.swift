internal import EphemeralModel

/// A tensor of attention heads: (batch, heads, length, size), or (batch, length, heads · size).
struct HeadLayout {
  let batches: Int
  let heads: Int
  let length: Int
  let size: Int
  private let batchStep: Int
  private let headStep: Int
  /// How far apart two positions of one head lie.
  let rowStep: Int

  /// - Parameter heads: how many heads a tensor of three dimensions packs.
  init(_ shape: Shape, heads packed: Int?) throws(EngineError) {
    if shape.rank == 4 {
      (batches, heads, length, size) = (shape[0], shape[1], shape[2], shape[3])
      (headStep, rowStep) = (length * size, size)
      batchStep = heads * length * size
    } else {
      guard shape.rank == 3, let packed, packed > 0, shape[2] % packed == 0 else {
        throw .shapeMismatch
      }
      (batches, heads, length, size) = (shape[0], packed, shape[1], shape[2] / packed)
      (headStep, rowStep) = (size, shape[2])
      batchStep = length * shape[2]
    }
  }

  /// The matrix of one head: a row for each position.
  func matrix<T>(_ cells: Cells<T>, _ batch: Int, _ head: Int) -> MatrixView<T> {
    MatrixView(
      cells, start: length * size == 0 ? 0 : batch * batchStep + head * headStep, rows: length,
      columns: size, rowStep: rowStep)
  }
}

/// `Attention`: softmax(Q · Kᵀ · scale + bias) · V, head by head.
struct Attention: RealOperation {
  private let scale: Float?
  private let softcap: Float
  private let queryHeads: Int?
  private let keyHeads: Int?
  private let exposed: Int
  private let bias: AttentionRule

  init(_ node: NodeReader) throws(EngineError) {
    scale = try node.float("scale")
    softcap = try node.float("softcap", 0)
    queryHeads = try node.int("q_num_heads")
    keyHeads = try node.int("kv_num_heads")
    exposed = try node.int("qk_matmul_output_mode", 0)
    bias = AttentionRule(
      isCausal: try node.flag("is_causal"),
      left: node.version >= 25 ? try node.int("left_window_size", -1) : -1,
      right: node.version >= 25 ? try node.int("right_window_size", -1) : -1)
    // The softmax is computed in f32 or wider whatever the inputs are.
    node.ignore("softmax_precision")
    guard (0...3).contains(exposed) else { throw .topologyInvalid }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let query = try HeadLayout(call.input(0).shape, heads: queryHeads)
    let (keys, key) = try present(&call, 1, past: 4, output: 1, type)
    let (values, value) = try present(&call, 2, past: 5, output: 2, type)
    guard key.batches == query.batches, value.batches == query.batches, key.heads > 0,
      key.heads == value.heads, query.heads % key.heads == 0, key.length == value.length,
      key.size == query.size
    else { throw .shapeMismatch }
    let bias = try AttentionBias<T>(call, rule: bias, query: query, total: key.length)
    let shape = try call.input(0).shape
    let wide = shape.rank == 4 ? value.size : query.heads * value.size
    let outShape = try shape.replacing(shape.rank - 1, with: wide)
    let out = try call.cells(output: 0, type, outShape)
    let target = try HeadLayout(outShape, heads: query.heads)
    let scoreCount = try Shape([query.length, key.length]).count
    let rows = try Shape([query.batches, query.heads, query.length, key.length])
    let shown = call.isWanted(3) ? try call.cells(output: 3, type, rows) : nil
    try call.charge(rows.count, query.size + value.size, cost: MatrixProduct.cost(type))
    try call.charge(rows.count)
    let scores = try call.scratch(type, scoreCount)
    let scores2D = MatrixView(
      scores, rows: query.length, columns: key.length, rowStep: key.length)
    let factor = T(scale ?? Float(1 / Double(query.size).squareRoot()))
    let queries = try call.cells(0, type)
    let group = query.heads / key.heads
    for batch in 0..<query.batches {
      for head in 0..<query.heads {
        var inner = call.nested()
        try MatrixProduct.run(
          query.matrix(queries, batch, head), key.matrix(keys, batch, head / group).transposed,
          into: scores2D, call: &inner)
        let place = (batch * query.heads + head) * scoreCount
        for row in 0..<query.length {
          finish(
            scores.window(row * key.length, key.length),
            shown?.window(place + row * key.length, key.length), factor: factor
          ) { bias.value(batch, head, row, $0) }
        }
        var product = call.nested()
        try MatrixProduct.run(
          scores2D, value.matrix(values, batch, head / group),
          into: target.matrix(out, batch, head), call: &product)
      }
    }
  }

  /// Scale, cap, bias and softmax of one row of scores; what a mode exposes is copied on the way.
  @inline(__always)
  private func finish<T: Real>(
    _ row: Cells<T>, _ shown: Cells<T>?, factor: T, _ bias: (Int) -> T
  ) {
    func show(_ mode: Int) {
      if mode == exposed { shown?.copy(row, from: 0, length: row.count, at: 0) }
    }
    for at in 0..<row.count { row[at] *= factor }
    show(0)
    if softcap > 0 {
      let cap = T(softcap)
      for at in 0..<row.count { row[at] = (row[at] / cap).hyperbolicTangent * cap }
    }
    show(1)
    var (greatest, isMasked) = (-T.infinity, true)
    for at in 0..<row.count {
      let addend = bias(at)
      if addend != -T.infinity { isMasked = false }
      row[at] += addend
      greatest = greatest.greater(row[at])
    }
    show(2)
    // A row that may attend to nothing is zero, not undefined.
    if isMasked || greatest == -T.infinity {
      row.fill(0)
    } else {
      var sum = 0.0
      for at in 0..<row.count {
        row[at] = (row[at] - greatest).exponential
        sum += row[at].real
      }
      let inverse = T(clamping: 1 / sum)
      for at in 0..<row.count { row[at] *= inverse }
    }
    show(3)
  }

  /// Keys or values with those of the past before them.
  private func present<T: Real>(
    _ call: inout Call, _ input: Int, past: Int, output: Int, _ type: T.Type
  ) throws(EngineError) -> (Cells<T>, HeadLayout) {
    let own = try HeadLayout(call.input(input).shape, heads: keyHeads)
    let cells = try call.cells(input, type)
    if call.optional(past) == nil, !call.isWanted(output) { return (cells, own) }
    var before: HeadLayout?
    if let tensor = call.optional(past) {
      let layout = try HeadLayout(tensor.shape, heads: nil)
      guard layout.batches == own.batches, layout.heads == own.heads, layout.size == own.size
      else { throw .shapeMismatch }
      before = layout
    }
    let earlier = before?.length ?? 0
    let shape = try Shape([own.batches, own.heads, earlier + own.length, own.size])
    let all = try HeadLayout(shape, heads: nil)
    let target: Cells<T>
    if call.isWanted(output) {
      target = try call.cells(output: output, type, shape)
    } else {
      try call.charge(shape.count)
      target = try call.scratch(type, shape.count)
    }
    let old = before == nil ? nil : try call.cells(past, type)
    if shape.count == 0 { return (target, all) }
    for batch in 0..<own.batches {
      for head in 0..<own.heads {
        let start = (batch * own.heads + head) * all.length * own.size
        if let old {
          let from = (batch * own.heads + head) * earlier * own.size
          target.copy(old, from: from, length: earlier * own.size, at: start)
        }
        let fresh = own.matrix(cells, batch, head)
        for row in 0..<own.length {
          target.copy(
            fresh.cells, from: row * own.rowStep, length: own.size,
            at: start + (earlier + row) * own.size)
        }
      }
    }
    return (target, all)
  }
}
