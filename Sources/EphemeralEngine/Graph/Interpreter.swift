internal import EphemeralModel

/// Runs a prepared graph once, from input tensors to output tensors.
struct Interpreter {
  let graph: PreparedGraph
  /// The opened weights, the whole plaintext of the blob.
  let weights: ArenaBlock
  let arena: SecretArena
  let limits: EngineLimits
  let cancellation: Cancellation

  /// What a run over these weights may use.
  var context: RunContext {
    RunContext(arena: arena, limits: limits, cancelled: cancellation) {
      [weights, topology = graph.topology] (index) throws(EngineError) in
      try Self.weight(index, topology, weights)
    }
  }

  /// Runs every step.
  ///
  /// - Parameter inputs: one tensor for each input of the graph, in its order.
  /// - Returns: one tensor for each output of the graph, in its order.
  func run(_ inputs: [Tensor]) throws(EngineError) -> [Tensor] {
    let topology = graph.topology
    var frame = Frame(
      values: [Tensor?](repeating: nil, count: topology.valueCount + 1), context: context)
    return try frame.run(graph.body, inputs)
  }

  /// A tensor of the blob in its place.
  private static func weight(_ index: Int, _ topology: Topology, _ block: ArenaBlock)
    throws(EngineError) -> Tensor
  {
    guard topology.tensors.indices.contains(index) else { throw .topologyInvalid }
    let entry = topology.tensors[index]
    let shape = try Shape(entry.shape)
    guard entry.offset >= 0, entry.byteCount == shape.count * entry.elementType.byteCount,
      entry.byteCount <= block.byteCount - entry.offset
    else { throw .topologyInvalid }
    return Tensor(type: entry.elementType, shape: shape, block: block, offset: entry.offset)
  }
}

/// The values of one inference, those of running subgraphs included: ids are unique in a topology.
struct Frame {
  private var values: [Tensor?]
  private let context: RunContext

  /// What an iteration of a loop costs beside its kernels, in multiply-adds of the vector kernels:
  /// some microseconds, so that an empty loop is bounded too.
  private static let iterationCost = 1 << 15
  /// What a node costs beside its kernel, in the same units: it is looked up, and its outputs are
  /// given memory.
  private static let stepCost = 1 << 15

  init(values: [Tensor?], context: RunContext) {
    self.values = values
    self.context = context
  }

  /// Runs a block from its inputs to its outputs.
  mutating func run(_ block: PreparedBlock, _ inputs: [Tensor]) throws(EngineError) -> [Tensor] {
    guard inputs.count == block.inputs.count else { throw .topologyInvalid }
    for (value, tensor) in zip(block.inputs, inputs) { values[value.id] = tensor }
    for constant in block.constants { values[constant.id] = try context.weight(constant.tensor) }
    for step in block.steps {
      try run(step)
      for id in step.finished { values[id] = nil }
    }
    var results: [Tensor] = []
    for output in block.outputs {
      guard let tensor = values[output.id] else { throw .topologyInvalid }
      results.append(tensor)
    }
    return results
  }

  private mutating func run(_ step: PreparedBlock.Step) throws(EngineError) {
    var operands: [Tensor?] = []
    operands.reserveCapacity(step.inputs.count)
    for id in step.inputs {
      guard id == 0 || values[id] != nil else { throw .topologyInvalid }
      operands.append(id == 0 ? nil : values[id])
    }
    // Rows of nothing are walked through by some kernels all the same.
    let empty = operands.reduce(0) { $0 + ($1.map { $0.count == 0 ? $0.shape.extent : 0 } ?? 0) }
    try context.charge([Self.stepCost + empty])
    var call = Call(inputs: operands, wanted: step.outputs.map { $0 != 0 }, context: context)
    switch step.work {
    case .kernel(let kernel): try kernel(&call)
    case .control(let flow): try run(flow, &call)
    }
    for (index, id) in step.outputs.enumerated() where id != 0 {
      guard let made = call.outputs[index] else { throw .unsupportedOperator }
      values[id] = made
    }
  }

  private mutating func run(_ flow: ControlFlow, _ call: inout Call) throws(EngineError) {
    let results: [Tensor]
    switch flow {
    case .branch(let then, let otherwise):
      let condition = try truth(call.input(0))
      results = try run(condition ? then : otherwise, [])
    case .loop(let body): results = try loop(body, &call)
    case .scan(let body, let rule): results = try scan(body, rule, &call)
    }
    guard results.count >= call.outputCount else { throw .topologyInvalid }
    for index in 0..<call.outputCount { try call.give(results[index], at: index) }
  }

  /// A tensor of one truth value.
  private func truth(_ tensor: Tensor) throws(EngineError) -> Bool {
    guard tensor.type == .bool else { throw .unsupportedElementType }
    guard tensor.count == 1 else { throw .shapeMismatch }
    return tensor.bytes[0] != 0
  }

  // MARK: Loop

  private mutating func loop(_ body: PreparedBlock, _ call: inout Call) throws(EngineError)
    -> [Tensor]
  {
    let stateCount = body.inputs.count - 2
    guard stateCount >= 0, body.outputs.count > stateCount else { throw .topologyInvalid }
    let limit = try call.integer(0) ?? Int.max
    // Without a condition to begin with, what the body says of it does not count.
    let isConditional = call.optional(1) != nil
    var goesOn = try isConditional ? truth(call.input(1)) : true
    var states: [Tensor] = []
    for index in 0..<stateCount { states.append(try call.input(index + 2)) }
    var stacks = body.outputs[(1 + stateCount)...].map { StackedTensor($0) }
    var iteration = 0
    while goesOn, iteration < limit {
      try context.charge([Self.iterationCost])
      let number = try call.fresh(.int64, .scalar)
      number.cells(Int64.self)[0] = Int64(iteration)
      let flag = try call.fresh(.bool, .scalar)
      flag.bytes[0] = 1
      let results = try run(body, [number, flag] + states)
      goesOn = try isConditional ? truth(results[0]) : true
      states = Array(results[1..<(1 + stateCount)])
      for index in stacks.indices {
        try stacks[index].append(results[1 + stateCount + index], call)
      }
      iteration += 1
    }
    return try states + joined(stacks, stacks.map { _ in .init(axis: 0, isReversed: false) }, &call)
  }

  private func joined(
    _ stacks: [StackedTensor], _ lines: [ScanRule.Line], _ call: inout Call
  ) throws(EngineError) -> [Tensor] {
    var tensors: [Tensor] = []
    for (stack, line) in zip(stacks, lines) { tensors.append(try stack.joined(line, &call)) }
    return tensors
  }

  // MARK: Scan

  private mutating func scan(
    _ body: PreparedBlock, _ rule: ScanRule, _ call: inout Call
  ) throws(EngineError) -> [Tensor] {
    var states: [Tensor] = []
    for index in 0..<rule.stateCount { states.append(try call.input(index)) }
    var scanned: [(tensor: Tensor, axis: Int)] = []
    for (index, line) in rule.inputs.enumerated() {
      let tensor = try call.input(rule.stateCount + index)
      scanned.append((tensor, try tensor.shape.axis(line.axis)))
    }
    guard let first = scanned.first else { throw .topologyInvalid }
    let length = first.tensor.shape[first.axis]
    for (tensor, axis) in scanned where tensor.shape[axis] != length { throw .shapeMismatch }
    var stacks = body.outputs[rule.stateCount...].map { StackedTensor($0) }
    for step in 0..<length {
      try context.charge([Self.iterationCost])
      var slices: [Tensor] = []
      for ((tensor, axis), line) in zip(scanned, rule.inputs) {
        slices.append(try tensor.slice(axis, line.isReversed ? length - 1 - step : step, call))
      }
      let results = try run(body, states + slices)
      states = Array(results[..<rule.stateCount])
      for index in stacks.indices {
        try stacks[index].append(results[rule.stateCount + index], call)
      }
    }
    return try states + joined(stacks, rule.outputs, &call)
  }
}
