internal import EphemeralModel
internal import KernelInterface

extension GraphRewriter {
  /// Makes a product with a constant matrix, or a convolution with constant filters, of a node.
  mutating func startProduct(_ index: Int) {
    guard case .plain(let node)? = nodes[index]?.operation else { return }
    switch node.operation {
    case "MatMul": startMatMul(index, node)
    case "Gemm": startGemm(index, node)
    case "Conv": startConvolution(index, node)
    default: return
    }
  }

  private mutating func startMatMul(_ index: Int, _ node: Node) {
    guard node.inputs.count == 2, constants[node.inputs[0]] == nil else { return }
    var (id, isTransposed) = (node.inputs[1], false)
    var indices = [index]
    if constants[id] == nil, let turn = maker(of: id, "Transpose"), isUsedOnce(id),
      turn.node.ints("perm") ?? [1, 0] == [1, 0]
    {
      (id, isTransposed) = (turn.node.inputs[0], true)
      indices.append(turn.index)
    }
    guard let weight = constants[id], weight.type == .float32, weight.shape.rank == 2,
      weight.count > 0
    else { return }
    let (depth, columns) = (weight.shape[isTransposed ? 1 : 0], weight.shape[isTransposed ? 0 : 1])
    let linear = PlannedNode.Linear(
      weight: id, isTransposed: isTransposed, depth: depth, columns: columns,
      requiresMatrix: false)
    replace(
      indices,
      with: PlannedNode(
        operation: .linear(linear), inputs: [node.inputs[0]], outputs: node.outputs))
  }

  private mutating func startGemm(_ index: Int, _ node: Node) {
    guard node.inputs.count >= 2, constants[node.inputs[0]] == nil, node.int("transA") ?? 0 == 0,
      let weight = constants[node.inputs[1]], weight.type == .float32, weight.shape.rank == 2,
      weight.count > 0
    else { return }
    let isTransposed = node.int("transB") ?? 0 != 0
    let (depth, columns) = (weight.shape[isTransposed ? 1 : 0], weight.shape[isTransposed ? 0 : 1])
    var linear = PlannedNode.Linear(
      weight: node.inputs[1], isTransposed: isTransposed, depth: depth, columns: columns,
      requiresMatrix: true)
    linear.scale = node.float("alpha") ?? 1
    if node.inputs.count > 2, node.inputs[2] != 0 {
      guard constants.isVector(node.inputs[2], columns), node.float("beta") ?? 1 == 1 else {
        return
      }
      linear.bias = node.inputs[2]
    }
    replace(
      [index],
      with: PlannedNode(
        operation: .linear(linear), inputs: [node.inputs[0]], outputs: node.outputs))
  }

  private mutating func startConvolution(_ index: Int, _ node: Node) {
    guard let weight = constants[node.inputs[1]], weight.type == .float32, weight.shape.rank == 4,
      weight.count > 0, constants[node.inputs[0]] == nil
    else { return }
    let filters = weight.shape.dims
    let group = node.int("group") ?? 1
    guard group > 0, filters[0] % group == 0 else { return }
    var convolved = PlannedNode.Convolved(
      node: node, weight: node.inputs[1], filters: filters, group: group)
    if node.inputs.count > 2, node.inputs[2] != 0 {
      guard constants.isVector(node.inputs[2], filters[0]) else { return }
      convolved.bias = node.inputs[2]
    }
    replace(
      [index],
      with: PlannedNode(
        operation: .convolution(convolved), inputs: [node.inputs[0]], outputs: node.outputs))
  }

  /// Lets a product take in what follows it: normalization, bias, residual, function.
  mutating func extendProduct(_ index: Int) {
    var index = index
    while let planned = nodes[index], let next = extended(planned), next.index > index {
      replace([index, next.index], with: next.node)
      index = next.index
    }
  }

  private func extended(_ planned: PlannedNode) -> (index: Int, node: PlannedNode)? {
    let output = planned.outputs[0]
    guard let user = onlyUser(of: output) else { return nil }
    var merged = planned
    merged.outputs = user.node.outputs
    switch planned.operation {
    case .linear(var linear):
      guard linear.function == .identity else { return nil }
      if let function = function(ofUser: user.node) {
        linear.function = function
      } else if case .plain(let node) = user.node.operation, node.operation == "Add",
        let other = Self.other(node, than: output)
      {
        if linear.bias == nil, !linear.hasResidual, constants.isVector(other, linear.columns) {
          linear.bias = other
        } else if !linear.hasResidual, constants[other] == nil {
          linear.hasResidual = true
          merged.inputs.append(other)
        } else {
          return nil
        }
      } else {
        return nil
      }
      merged.operation = .linear(linear)
    case .convolution(var convolved):
      guard convolved.function == .identity else { return nil }
      if let function = function(ofUser: user.node) {
        convolved.function = function
      } else if case .plain(let node) = user.node.operation {
        if node.operation == "BatchNormalization", convolved.batchNormalization == nil,
          !convolved.hasResidual,
          let normalization = batchNormalization(node, channels: convolved.filters[0])
        {
          convolved.batchNormalization = normalization
          merged.outputs = [node.outputs[0]]
        } else if node.operation == "Add" || node.operation == "Sum", !convolved.hasResidual,
          let other = Self.other(node, than: output), constants[other] == nil, other != output
        {
          convolved.hasResidual = true
          merged.inputs.append(other)
        } else {
          return nil
        }
      } else {
        return nil
      }
      merged.operation = .convolution(convolved)
    default: return nil
    }
    return (user.index, merged)
  }

  private func function(ofUser node: PlannedNode) -> Function? {
    switch node.operation {
    case .map(let function): function
    case .plain(let node): function(of: node)
    default: nil
    }
  }

  /// The constants of a batch normalization in its inference form.
  func batchNormalization(_ node: Node, channels: Int) -> PlannedNode.BatchNormalized? {
    guard node.inputs.count == 5, node.int("training_mode") ?? 0 == 0,
      node.outputs.dropFirst().allSatisfy({ $0 == 0 }), node.int("spatial") ?? 1 == 1,
      node.inputs[1...].allSatisfy({ constants.isVector($0, channels) })
    else { return nil }
    return PlannedNode.BatchNormalized(
      scale: node.inputs[1], shift: node.inputs[2], mean: node.inputs[3],
      variance: node.inputs[4], epsilon: node.float("epsilon") ?? 1e-5)
  }
}

extension PlannedNode {
  /// The value whose product with a constant matrix this is and nothing else.
  var soleFactor: ValueID? {
    guard case .linear(let linear) = operation, !linear.hasResidual, linear.scale == 1,
      linear.function == .identity
    else { return nil }
    return inputs[0]
  }
}

extension GraphRewriter {
  /// Brings products of one value together behind the first of them: they need nothing else.
  static func gatherProducts(_ nodes: [PlannedNode]) -> [PlannedNode] {
    var followers: [ValueID: [PlannedNode]] = [:]
    var leaders: Set<ValueID> = []
    for node in nodes {
      guard let factor = node.soleFactor else { continue }
      if !leaders.insert(factor).inserted { followers[factor, default: []].append(node) }
    }
    var gathered: [PlannedNode] = []
    gathered.reserveCapacity(nodes.count)
    for node in nodes {
      guard let factor = node.soleFactor else {
        gathered.append(node)
        continue
      }
      // Only the first takes the others along; they were appended with it.
      if leaders.remove(factor) != nil {
        gathered.append(node)
        gathered += followers[factor] ?? []
      }
    }
    return gathered
  }
}
