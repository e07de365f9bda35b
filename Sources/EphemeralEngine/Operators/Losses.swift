internal import EphemeralModel

/// How the losses of all places become the result.
struct LossRule: Sendable {
  enum Reduction { case none, sum, mean }
  let reduction: Reduction
  let ignored: Int?

  init(_ node: NodeReader) throws(EngineError) {
    ignored = try node.int("ignore_index")
    switch String(decoding: try node.string("reduction", "mean"), as: UTF8.self) {
    case "none": reduction = .none
    case "sum": reduction = .sum
    case "mean": reduction = .mean
    default: throw .topologyInvalid
    }
  }

  /// Makes output 0 from log-probabilities of the shape (batch, classes, places…).
  func apply<T: Real>(_ call: inout Call, _ logarithms: Cells<T>, _ shape: Shape)
    throws(EngineError)
  {
    let target = try call.input(1)
    guard shape.rank >= 2, target.shape.dims == [shape[0]] + shape.dims[2...] else {
      throw .shapeMismatch
    }
    let (classes, places) = (shape[1], shape.product(2..<shape.rank))
    var weights: Cells<T>?
    if call.optional(2) != nil { weights = try call.cells(2, T.self) }
    guard weights == nil || weights?.count == classes else { throw .shapeMismatch }
    let isReduced = reduction != .none
    let out = try call.cells(output: 0, T.self, isReduced ? .scalar : target.shape)
    try call.charge(target.count)
    var (sum, weight) = (0.0, 0.0)
    for at in 0..<target.count {
      let chosen = try target.integer(at)
      var (loss, share) = (0.0, 0.0)
      if chosen != ignored {
        guard chosen >= 0, chosen < classes else { throw .indexOutOfRange }
        share = weights?[chosen].real ?? 1
        loss = -logarithms[(at / places * classes + chosen) * places + at % places].real * share
      }
      if !isReduced { out[at] = T(loss) }
      sum += loss
      weight += share
    }
    if reduction == .sum { out[0] = T(sum) }
    if reduction == .mean { out[0] = T(sum / weight) }
  }
}

/// `NegativeLogLikelihoodLoss`.
struct LikelihoodLoss: RealOperation {
  private let rule: LossRule

  init(_ node: NodeReader) throws(EngineError) { rule = try LossRule(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    try rule.apply(&call, call.cells(0, type), call.input(0).shape)
  }
}

/// `SoftmaxCrossEntropyLoss`, with the log-probabilities where they are asked for.
struct CrossEntropyLoss: RealOperation {
  private let rule: LossRule

  init(_ node: NodeReader) throws(EngineError) { rule = try LossRule(node) }

  func run<T: Real>(_ call: inout Call, _ type: T.Type) throws(EngineError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 2 else { throw .shapeMismatch }
    let logarithms: Cells<T>
    if call.isWanted(1) {
      logarithms = try call.cells(output: 1, type, shape)
    } else {
      try call.charge(shape.count)
      logarithms = try call.scratch(type, shape.count)
    }
    try Softmax<Logarithmic>.run(
      call, call.cells(0, type), AxisLines(shape, axis: 1), into: logarithms)
    try rule.apply(&call, logarithms, shape)
  }
}
