internal import EphemeralModel

/// `LinearAttention`: a recurrent state of keys times values, read by queries.
struct LinearAttention: RealOperation {
  private let queryHeads: Int
  private let keyHeads: Int
  private let scale: Float
  private let isGated: Bool
  private let corrects: Bool

  init(_ node: NodeReader) throws(EngineError) {
    queryHeads = try node.int("q_num_heads", 0)
    keyHeads = try node.int("kv_num_heads", 0)
    scale = try node.float("scale", 0)
    // How the work is divided says nothing of the result.
    node.ignore("chunk_size")
    guard queryHeads > 0, keyHeads > 0 else { throw .topologyInvalid }
    switch String(decoding: try node.string("update_rule", "gated_delta"), as: UTF8.self) {
    case "linear": (isGated, corrects) = (false, false)
    case "gated": (isGated, corrects) = (true, false)
    case "delta": (isGated, corrects) = (false, true)
    case "gated_delta": (isGated, corrects) = (true, true)
    default: throw .topologyInvalid
    }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let query = try HeadLayout(call.input(0).shape, heads: queryHeads)
    let key = try HeadLayout(call.input(1).shape, heads: keyHeads)
    let value = try HeadLayout(call.input(2).shape, heads: keyHeads)
    let inputs = [query, key, value]
    for index in 0...2 where try call.input(index).shape.rank != 3 { throw .shapeMismatch }
    guard queryHeads % keyHeads == 0,
      inputs.allSatisfy({ $0.batches == query.batches && $0.length == query.length }),
      key.size == query.size
    else { throw .shapeMismatch }
    let stateShape = try Shape([query.batches, keyHeads, key.size, value.size])
    let outShape = try Shape([query.batches, query.length, queryHeads * value.size])
    let gates = try Gates<T>(call, decays: isGated, corrects: corrects, key: key)
    let out = try call.cells(output: 0, type, outShape)
    let state = try call.cells(output: 1, type, stateShape)
    if let past = call.optional(3) {
      guard past.shape == stateShape else { throw .shapeMismatch }
      state.copy(try call.cells(3, type), from: 0, length: state.count, at: 0)
    } else {
      state.fill(0)
    }
    try call.charge(outShape.count, 4, key.size)
    try call.charge(query.batches * query.length, keyHeads, 4, key.size * value.size)
    if state.count == 0 { return out.fill(0) }
    let (queries, keys, values) =
      (try call.cells(0, type), try call.cells(1, type), try call.cells(2, type))
    let factor = scale == 0 ? T(1 / Double(key.size).squareRoot()) : T(scale)
    let delta = try call.scratch(type, value.size)
    let target = try HeadLayout(outShape, heads: queryHeads)
    let (depth, width) = (key.size, value.size)
    for batch in 0..<query.batches {
      for head in 0..<keyHeads {
        let memory = state.window((batch * keyHeads + head) * depth * width, depth * width)
        let k = key.matrix(keys, batch, head)
        let v = value.matrix(values, batch, head)
        for step in 0..<query.length {
          try call.checkpoint()
          for d in 0..<depth {
            guard let decay = gates.decay(batch, step, head, d) else { break }
            for m in 0..<width { memory[d * width + m] *= decay }
          }
          for m in 0..<width {
            var retrieved: T = 0
            if corrects {
              for d in 0..<depth {
                retrieved += memory[d * width + m] * k.cells[step * k.rowStep + d]
              }
            }
            delta[m] =
              (v.cells[step * v.rowStep + m] - retrieved) * gates.rate(batch, step, head)
          }
          for d in 0..<depth {
            let weight = k.cells[step * k.rowStep + d]
            for m in 0..<width { memory[d * width + m] += weight * delta[m] }
          }
          for reader in head * (queryHeads / keyHeads)..<(head + 1) * (queryHeads / keyHeads) {
            let q = query.matrix(queries, batch, reader)
            let row = target.matrix(out, batch, reader).cells
            for m in 0..<width {
              var sum: T = 0
              for d in 0..<depth { sum += q.cells[step * q.rowStep + d] * memory[d * width + m] }
              row[step * target.rowStep + m] = sum * factor
            }
          }
        }
      }
    }
  }

  /// Decay and update rate of each step and head.
  private struct Gates<T: Real> {
    private let decays: Cells<T>?
    private let rates: Cells<T>?
    private let key: HeadLayout
    private let isPerElement: Bool
    private let rateHeads: Int

    init(_ call: borrowing Call, decays: Bool, corrects: Bool, key: HeadLayout)
      throws(EngineError)
    {
      self.key = key
      self.decays = decays ? try call.cells(4, T.self) : nil
      rates = corrects ? try call.cells(5, T.self) : nil
      let steps = key.batches * key.length
      let count = self.decays?.count ?? 0
      isPerElement = key.size != 1 && count == steps * key.heads * key.size && count > 0
      guard !decays || isPerElement || count == steps * key.heads else { throw .shapeMismatch }
      rateHeads = rates?.count == steps * key.heads ? key.heads : 1
      guard rates == nil || rates?.count == steps * rateHeads else { throw .shapeMismatch }
    }

    /// What an element of the state is multiplied by, or nil without gates.
    func decay(_ batch: Int, _ step: Int, _ head: Int, _ d: Int) -> T? {
      guard let decays else { return nil }
      let place = (batch * key.length + step) * key.heads + head
      return decays[isPerElement ? place * key.size + d : place].exponential
    }

    /// How much of a difference is written.
    func rate(_ batch: Int, _ step: Int, _ head: Int) -> T {
      guard let rates else { return 1 }
      return rates[(batch * key.length + step) * rateHeads + (rateHeads == 1 ? 0 : head)]
    }
  }
}

/// `CausalConvWithState`: a depthwise convolution along time whose padding is the past.
struct CausalConvolution: RealOperation {
  private let isActivated: Bool

  init(_ node: NodeReader) throws(EngineError) {
    switch String(decoding: try node.string("activation", "none"), as: UTF8.self) {
    case "none": isActivated = false
    case "silu", "swish": isActivated = true
    default: throw .topologyInvalid
    }
  }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let (shape, kernels) = (try call.input(0).shape, try call.input(1).shape)
    guard shape.rank == 3, kernels.rank == 3, kernels[0] == shape[1], kernels[1] == 1,
      kernels[2] >= 1
    else { throw .shapeMismatch }
    let (length, width) = (shape[2], kernels[2])
    let stateShape = try Shape([shape[0], shape[1], width - 1])
    let (x, w) = (try call.cells(0, type), try call.cells(1, type))
    let bias = call.optional(2) == nil ? nil : try call.cells(2, type)
    guard bias == nil || bias?.count == shape[1] else { throw .shapeMismatch }
    if let past = call.optional(3), past.shape != stateShape { throw .shapeMismatch }
    let past = call.optional(3) == nil ? nil : try call.cells(3, type)
    let out = try call.cells(output: 0, type, shape)
    let state = try call.cells(output: 1, type, stateShape)
    try call.charge(shape[0] * shape[1], length + width, width)
    for line in 0..<shape[0] * shape[1] {
      try call.checkpoint()
      /// The sequence with the past before it.
      func element(_ at: Int) -> T {
        if at >= width - 1 { return x[line * length + at - width + 1] }
        return past?[line * (width - 1) + at] ?? 0
      }
      let channel = line % shape[1]
      for at in 0..<length {
        var sum = bias?[channel] ?? 0
        for k in 0..<width { sum += element(at + k) * w[channel * width + k] }
        out[line * length + at] = isActivated ? sum * Logistic.apply(sum) : sum
      }
      for at in 0..<width - 1 { state[line * (width - 1) + at] = element(length + at) }
    }
  }
}
