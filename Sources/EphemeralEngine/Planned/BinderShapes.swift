internal import EphemeralModel

// Values that follow from shapes and small constants alone.
extension Binder {
  /// Works a node out now, where all its inputs are known; false where they are not.
  mutating func evaluate(_ node: Node) throws(EngineError) -> Bool {
    var inputs: [Tensor?] = []
    for id in node.inputs {
      if id == 0 {
        inputs.append(nil)
      } else {
        guard let known = try value(id).known else { return false }
        inputs.append(known)
      }
    }
    guard let first = node.firstOutput, let kernel = program.interpreted[first] else {
      return false
    }
    try need(entries: node.outputs.count)
    var call = Call(inputs: inputs, wanted: node.outputs.map { $0 != 0 }, context: context)
    try kernel(&call)
    for output in call.outputs {
      if let output, output.shape.extent > Self.maximumKnown { return false }
    }
    for (index, id) in node.outputs.enumerated() where id != 0 {
      guard let made = call.outputs[index] else { throw .unsupportedOperator }
      // A binding may outlive the weights' place, so it keeps no part of it.
      give(id, known: made.lies(in: weights) ? try made.copied(into: arena) : made)
    }
    return true
  }

  /// A new tensor of i64 in the arena.
  func integers(_ numbers: [Int], _ shape: Shape) throws(EngineError) -> Tensor {
    let block = try arena.allocate(numbers.count * 8)
    let tensor = Tensor(type: .int64, shape: shape, block: block)
    let cells = tensor.cells(Int64.self)
    for (at, number) in numbers.enumerated() { cells[at] = Int64(number) }
    return tensor
  }

  /// The elements of a known list of integers.
  func integers(_ id: ValueID) throws(EngineError) -> [Int] {
    guard let tensor = try value(id).known, tensor.shape.rank <= 1 else {
      throw .unsupportedOperator
    }
    var numbers: [Int] = []
    for at in 0..<tensor.count { numbers.append(try tensor.integer(at)) }
    return numbers
  }
}
