internal import EphemeralModel

// Operators that give the same elements other dimensions.
extension Binder {
  mutating func reshape(_ node: Node) throws(EngineError) {
    let input = try plain(node.inputs[0])
    let dims = input.shape.dims
    switch node.operation {
    case "Flatten":
      // The axis may be the rank itself; a negative one counts from there.
      let stated = node.int("axis") ?? 1
      let axis = stated < 0 ? stated + dims.count : stated
      guard (0...dims.count).contains(axis) else { throw .shapeMismatch }
      let shape = try Shape([
        input.shape.product(0..<axis), input.shape.product(axis..<dims.count),
      ])
      try alias(node.outputs[0], of: input, shape)
    case "Squeeze":
      var axes: [Int]? = node.ints("axes")
      if node.inputs.count > 1, node.inputs[1] != 0 { axes = try integers(node.inputs[1]) }
      var dropped: Set<Int> = []
      if let axes {
        for axis in axes { dropped.insert(try input.shape.axis(axis)) }
      } else {
        dropped = Set(dims.indices.filter { dims[$0] == 1 })
      }
      guard dropped.allSatisfy({ dims[$0] == 1 }) else { throw .shapeMismatch }
      let kept = dims.indices.filter { !dropped.contains($0) }.map { dims[$0] }
      try alias(node.outputs[0], of: input, try Shape(kept))
    case "Unsqueeze":
      var axes = node.ints("axes") ?? []
      if node.inputs.count > 1 { axes = try integers(node.inputs[1]) }
      var places: Set<Int> = []
      for axis in axes {
        places.insert(try input.shape.axis(axis, extra: axes.count))
      }
      guard places.count == axes.count, dims.count + axes.count <= EngineLimits.maximumRank else {
        throw .shapeMismatch
      }
      var rest = dims.makeIterator()
      let shape = (0..<dims.count + axes.count).map { places.contains($0) ? 1 : rest.next() ?? 1 }
      try alias(node.outputs[0], of: input, try Shape(shape))
    default:
      let wanted = try integers(node.inputs[1])
      guard wanted.count <= EngineLimits.maximumRank else { throw .shapeMismatch }
      let keepsZeros = node.int("allowzero") ?? 0 != 0
      var shape: [Int] = []
      var open: Int?
      for (at, size) in wanted.enumerated() {
        if size == 0 && !keepsZeros {
          guard at < dims.count else { throw .shapeMismatch }
          shape.append(dims[at])
        } else if size == -1 {
          guard open == nil else { throw .shapeMismatch }
          open = at
          shape.append(1)
        } else {
          shape.append(size)
        }
      }
      if let open {
        let rest = try Shape(shape).count
        guard rest > 0, input.shape.count % rest == 0 else { throw .shapeMismatch }
        shape[open] = input.shape.count / rest
      }
      let result = try Shape(shape)
      guard result.count == input.shape.count else { throw .shapeMismatch }
      try alias(node.outputs[0], of: input, result)
    }
  }
}
