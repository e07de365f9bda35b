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
    let context = context
    var values = [Tensor?](repeating: nil, count: topology.valueCount + 1)
    for (value, tensor) in zip(topology.graph.inputs, inputs) { values[value.id] = tensor }
    for constant in topology.graph.constants {
      values[constant.id] = try Self.weight(constant.tensor, topology, weights)
    }
    for step in graph.steps {
      var operands: [Tensor?] = []
      operands.reserveCapacity(step.inputs.count)
      for id in step.inputs {
        guard id == 0 || values[id] != nil else { throw .topologyInvalid }
        operands.append(id == 0 ? nil : values[id])
      }
      try context.charge([1])
      var call = Call(inputs: operands, wanted: step.outputs.map { $0 != 0 }, context: context)
      try step.kernel(&call)
      for (index, id) in step.outputs.enumerated() where id != 0 {
        guard let made = call.outputs[index] else { throw .unsupportedOperator }
        values[id] = made
      }
      for id in step.finished { values[id] = nil }
    }
    var results: [Tensor] = []
    for output in topology.graph.outputs {
      guard let tensor = values[output.id] else { throw .topologyInvalid }
      results.append(tensor)
    }
    return results
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
