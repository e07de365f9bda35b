internal import EphemeralModel
internal import KernelInterface

extension GraphRewriter {
  /// x/2 · (1 + erf(x/√2)) in the orders in which exporters write it.
  mutating func fuseErf(_ index: Int) {
    guard case .plain(let erf)? = nodes[index]?.operation, erf.operation == "Erf",
      let inner = maker(of: erf.inputs[0], "Div", "Mul"), isUsedOnce(erf.inputs[0]),
      let argument = scaled(inner.node)
    else { return }
    let root: Float = 1.414_213_6
    let expected = inner.node.operation == "Div" ? root : 1 / root
    guard abs(argument.factor - expected) < 1e-4,
      let sum = onlyUser(of: erf.outputs[0], "Add"), let one = scaled(sum.node), one.factor == 1,
      let product = onlyUser(of: sum.node.outputs[0], "Mul"),
      let other = Self.other(product.node, than: sum.node.outputs[0])
    else { return }
    let x = argument.value
    var indices = [inner.index, index, sum.index, product.index]
    var output = product.node.outputs[0]
    if constants.scalar(other) == 0.5 {
      guard let last = onlyUser(of: output, "Mul"), Self.other(last.node, than: output) == x
      else { return }
      indices.append(last.index)
      output = last.node.outputs[0]
    } else if other == x {
      guard let last = onlyUser(of: output, "Mul"), let half = scaled(last.node),
        half.factor == 0.5
      else { return }
      indices.append(last.index)
      output = last.node.outputs[0]
    } else {
      guard let half = maker(of: other, "Mul"), isUsedOnce(other), let value = scaled(half.node),
        value.factor == 0.5, value.value == x
      else { return }
      indices.append(half.index)
    }
    replace(
      indices,
      with: PlannedNode(operation: .map(Function(.gelu)), inputs: [x], outputs: [output]))
  }

  /// The function that a plain node applies to each element of its first input, if it is one.
  func function(of node: Node) -> Function? {
    Self.function(of: node) { constants.scalar($0) }
  }

  /// The same, where `scalar` gives the values of known numbers.
  static func function(of node: Node, scalar: (ValueID) -> Float?) -> Function? {
    switch node.operation {
    case "Relu": return Function(.relu)
    case "LeakyRelu": return Function(.leakyRelu, alpha: node.float("alpha") ?? 0.01)
    case "Gelu":
      let form = node.string("approximate") ?? "none"
      return form == "tanh" ? Function(.geluTanh) : form == "none" ? Function(.gelu) : nil
    case "Sigmoid": return Function(.sigmoid)
    case "Tanh": return Function(.tanh)
    case "Erf": return Function(.erf)
    case "Exp": return Function(.exponential)
    case "Sqrt": return Function(.squareRoot)
    case "Reciprocal": return Function(.reciprocal)
    case "Neg": return Function(.negation)
    case "Abs": return Function(.magnitude)
    case "HardSwish": return Function(.hardSwish)
    case "Swish": return Function(.swish, alpha: node.float("alpha") ?? 1)
    case "HardSigmoid":
      return Function(
        .hardSigmoid, alpha: node.float("alpha") ?? 0.2, beta: node.float("beta") ?? 0.5)
    case "Clip":
      if node.inputs.count == 1 {
        return Function(
          .clip, alpha: node.float("min") ?? -Float.greatestFiniteMagnitude,
          beta: node.float("max") ?? Float.greatestFiniteMagnitude)
      }
      var bounds: [Float] = [-.infinity, .infinity]
      for (at, id) in node.inputs.dropFirst().enumerated() where id != 0 {
        guard at < 2, let bound = scalar(id) else { return nil }
        bounds[at] = bound
      }
      return Function(.clip, alpha: bounds[0], beta: bounds[1])
    default: return nil
    }
  }

  /// Layer normalization, as one operator or written out.
  mutating func fuseNormalization(_ index: Int) {
    guard case .plain(let node)? = nodes[index]?.operation else { return }
    switch node.operation {
    case "LayerNormalization", "RMSNormalization":
      guard node.outputs.dropFirst().allSatisfy({ $0 == 0 }), constants[node.inputs[1]] != nil,
        node.inputs.count < 3 || node.inputs[2] == 0 || constants[node.inputs[2]] != nil
      else { return }
      let shift = node.inputs.count > 2 && node.inputs[2] != 0 ? node.inputs[2] : nil
      let normalized = PlannedNode.Normalized(
        scale: node.inputs[1], shift: shift, epsilon: node.float("epsilon") ?? 1e-5,
        centers: node.operation == "LayerNormalization", axis: node.int("axis") ?? -1)
      replace(
        [index],
        with: PlannedNode(
          operation: .normalization(normalized), inputs: [node.inputs[0]],
          outputs: [node.outputs[0]]))
    case "Sqrt": fuseWrittenNormalization(index, node)
    default: return
    }
  }

  private func isMeanOfLastAxis(_ node: Node) -> Bool {
    let axes =
      node.ints("axes") ?? (node.inputs.count > 1 ? constants.integers(node.inputs[1]) : nil)
    return axes == [-1] && node.int("keepdims") ?? 1 == 1
  }

  /// (x − mean) / √(mean((x − mean)²) + ε), then perhaps · scale + shift.
  private mutating func fuseWrittenNormalization(_ index: Int, _ root: Node) {
    guard let sum = maker(of: root.inputs[0], "Add"), isUsedOnce(root.inputs[0]),
      let epsilon = scaled(sum.node), isUsedOnce(epsilon.value),
      let variance = maker(of: epsilon.value, "ReduceMean"), isMeanOfLastAxis(variance.node),
      let square = maker(of: variance.node.inputs[0], "Pow", "Mul"),
      isUsedOnce(variance.node.inputs[0])
    else { return }
    let centred = square.node.inputs[0]
    if square.node.operation == "Pow" {
      guard constants.scalar(square.node.inputs[1]) == 2 else { return }
    } else {
      guard square.node.inputs[1] == centred else { return }
    }
    guard let difference = maker(of: centred, "Sub"),
      let mean = maker(of: difference.node.inputs[1], "ReduceMean"), isMeanOfLastAxis(mean.node),
      isUsedOnce(difference.node.inputs[1]), mean.node.inputs[0] == difference.node.inputs[0],
      let quotient = onlyUser(of: root.outputs[0], "Div"), quotient.node.inputs[0] == centred,
      quotient.node.inputs[1] == root.outputs[0],
      useCount(centred) == (square.node.operation == "Pow" ? 2 : 3)
    else { return }
    var indices = [
      index, sum.index, variance.index, square.index, difference.index, mean.index,
      quotient.index,
    ]
    var output = quotient.node.outputs[0]
    var normalized = PlannedNode.Normalized(
      scale: nil, shift: nil, epsilon: epsilon.factor, centers: true, axis: -1)
    if let scaling = onlyUser(of: output, "Mul"),
      let scale = Self.other(scaling.node, than: output), constants[scale]?.shape.rank == 1,
      constants[scale]?.type == .float32, constants[scale]?.count != 1
    {
      normalized.scale = scale
      indices.append(scaling.index)
      output = scaling.node.outputs[0]
      let count = constants[scale]?.count ?? 0
      if let shifting = onlyUser(of: output, "Add"),
        let shift = Self.other(shifting.node, than: output), constants.isVector(shift, count)
      {
        normalized.shift = shift
        indices.append(shifting.index)
        output = shifting.node.outputs[0]
      }
    }
    replace(
      indices,
      with: PlannedNode(
        operation: .normalization(normalized), inputs: [difference.node.inputs[0]],
        outputs: [output]))
  }

  /// softmax(s · Q·Kᵀ + mask) · V between the transposes that split and join heads.
  mutating func fuseAttention(_ index: Int) {
    guard case .plain(let softmax)? = nodes[index]?.operation, softmax.operation == "Softmax",
      softmax.sinceVersion >= 13
        ? [-1, 3].contains(softmax.int("axis") ?? -1)
        : softmax.int("axis") ?? 1 == 3,
      let product = onlyUser(of: softmax.outputs[0], "MatMul"),
      product.node.inputs[0] == softmax.outputs[0],
      let back = onlyUser(of: product.node.outputs[0], "Transpose"),
      back.node.ints("perm") == [0, 2, 1, 3],
      let v = maker(of: product.node.inputs[1], "Transpose"), isUsedOnce(product.node.inputs[1]),
      v.node.ints("perm") == [0, 2, 1, 3]
    else { return }
    var indices = [index, product.index, back.index, v.index]
    var scale: Float = 1
    var mask: ValueID?
    var scores = softmax.inputs[0]
    guard isUsedOnce(scores) else { return }
    if let sum = maker(of: scores, "Add") {
      let sides = sum.node.inputs
      let isFirst = isScores(sides[0])
      guard isFirst || isScores(sides[1]) else { return }
      mask = isFirst ? sides[1] : sides[0]
      scores = isFirst ? sides[0] : sides[1]
      indices.append(sum.index)
    }
    take(scaleOf: &scores, into: &scale, &indices)
    guard isUsedOnce(scores), let raw = maker(of: scores, "MatMul") else { return }
    indices.append(raw.index)
    var (q, k) = (raw.node.inputs[0], raw.node.inputs[1])
    take(scaleOf: &q, into: &scale, &indices)
    take(scaleOf: &k, into: &scale, &indices)
    guard let queries = maker(of: q, "Transpose"), isUsedOnce(q),
      queries.node.ints("perm") == [0, 2, 1, 3], let keys = maker(of: k, "Transpose"),
      isUsedOnce(k)
    else { return }
    indices += [queries.index, keys.index]
    var source = keys.node.inputs[0]
    if keys.node.ints("perm") != [0, 2, 3, 1] {
      guard keys.node.ints("perm") == [0, 1, 3, 2] else { return }
      take(scaleOf: &source, into: &scale, &indices)
      guard let split = maker(of: source, "Transpose"), isUsedOnce(source),
        split.node.ints("perm") == [0, 2, 1, 3]
      else { return }
      indices.append(split.index)
      source = split.node.inputs[0]
    }
    let inputs = [queries.node.inputs[0], source, v.node.inputs[0]] + (mask.map { [$0] } ?? [])
    replace(
      indices,
      with: PlannedNode(
        operation: .attention(scale: scale, hasMask: mask != nil), inputs: inputs,
        outputs: [back.node.outputs[0]]))
  }

  /// Whether a value is a product that may become the scores of an attention.
  private func isScores(_ id: ValueID) -> Bool {
    guard isUsedOnce(id) else { return false }
    if maker(of: id, "MatMul") != nil { return true }
    guard let node = maker(of: id, "Mul", "Div"), let value = scaled(node.node) else {
      return false
    }
    return maker(of: value.value, "MatMul") != nil
  }

  /// Steps over a multiplication by, or division through, one number.
  private func take(scaleOf id: inout ValueID, into scale: inout Float, _ indices: inout [Int]) {
    guard isUsedOnce(id), let node = maker(of: id, "Mul", "Div"), let value = scaled(node.node)
    else { return }
    scale = node.node.operation == "Div" ? scale / value.factor : scale * value.factor
    indices.append(node.index)
    id = value.value
  }
}
