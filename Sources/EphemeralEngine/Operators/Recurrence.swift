internal import EphemeralModel

/// One activation of a recurrent layer.
struct GateFunction: Sendable {
  enum Kind: String, Sendable {
    case relu, tanh, sigmoid, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu
    case softsign, softplus
  }
  private let kind: Kind
  private let alpha: Float
  private let beta: Float

  /// The activations of `texts`; those that have parameters take the next ones of the lists.
  static func read(_ texts: [[UInt8]], _ alphas: [Float], _ betas: [Float]) throws(EngineError)
    -> [GateFunction]
  {
    var (alphas, betas) = (alphas[...], betas[...])
    var functions: [GateFunction] = []
    for text in texts {
      let lower = text.map { $0 | 0x20 }
      guard let kind = Kind(rawValue: String(decoding: lower, as: UTF8.self)) else {
        throw .topologyInvalid
      }
      let (alpha, beta): (Float?, Float?) =
        switch kind {
        case .relu, .tanh, .sigmoid, .softsign, .softplus: (nil, nil)
        case .leakyrelu: (0.01, nil)
        case .thresholdedrelu, .elu: (1, nil)
        case .affine, .scaledtanh: (1, kind == .affine ? 0 : 1)
        case .hardsigmoid: (0.2, 0.5)
        }
      functions.append(
        GateFunction(
          kind: kind, alpha: alpha.map { alphas.popFirst() ?? $0 } ?? 0,
          beta: beta.map { betas.popFirst() ?? $0 } ?? 0))
    }
    return functions
  }

  @inline(__always)
  func apply<T: Real>(_ x: T) -> T {
    let (alpha, beta) = (T(alpha), T(beta))
    switch kind {
    case .relu: return max(x, 0)
    case .tanh: return x.hyperbolicTangent
    case .sigmoid: return Logistic.apply(x)
    case .affine: return alpha * x + beta
    case .leakyrelu: return x < 0 ? alpha * x : x
    case .thresholdedrelu: return x > alpha ? x : 0
    case .scaledtanh: return alpha * (beta * x).hyperbolicTangent
    case .hardsigmoid: return min(max(alpha * x + beta, 0), 1)
    case .elu: return x < 0 ? alpha * (x.exponential - 1) : x
    case .softsign: return Softsign.apply(x)
    case .softplus: return Softplus.apply(x)
    }
  }
}

/// What a node says of a recurrent layer.
struct RecurrenceRule: Sendable {
  /// For each direction, whether it goes backwards, and its activations.
  let directions: [(isReverse: Bool, functions: [GateFunction])]
  let clip: Float
  let batchFirst: Bool
  let linearBeforeReset: Bool
  let couplesGates: Bool
  private let hidden: Int?

  init(_ node: NodeReader, standard: [String]) throws(EngineError) {
    let ways: [Bool]
    switch String(decoding: try node.string("direction", "forward"), as: UTF8.self) {
    case "forward": ways = [false]
    case "reverse": ways = [true]
    case "bidirectional": ways = [false, true]
    default: throw .topologyInvalid
    }
    let usual = ways.flatMap { _ in standard.map { Array($0.utf8) } }
    let functions = try GateFunction.read(
      try node.strings("activations") ?? usual, try node.floats("activation_alpha") ?? [],
      try node.floats("activation_beta") ?? [])
    guard functions.count >= ways.count * standard.count else { throw .topologyInvalid }
    directions = ways.enumerated().map { index, way in
      let first = index * standard.count
      return (way, Array(functions[first..<first + standard.count]))
    }
    clip = try node.float("clip", 0)
    batchFirst = node.version >= 14 ? try node.flag("layout") : false
    linearBeforeReset = try node.flag("linear_before_reset")
    couplesGates = try node.flag("input_forget")
    hidden = try node.int("hidden_size")
  }

  /// A gate's value before its activation, clipped where the node says so.
  @inline(__always)
  func clipped<T: Real>(_ x: T) -> T {
    clip > 0 ? min(max(x, -T(clip)), T(clip)) : x
  }

  /// Sizes of one run, checked against all of its inputs.
  func sizes(_ call: borrowing Call, gates: Int) throws(EngineError) -> RecurrenceSizes {
    let (x, w, r) = (try call.input(0).shape, try call.input(1).shape, try call.input(2).shape)
    guard x.rank == 3, w.rank == 3, r.rank == 3 else { throw .shapeMismatch }
    let size = RecurrenceSizes(
      steps: x[batchFirst ? 1 : 0], batch: x[batchFirst ? 0 : 1], input: x[2], hidden: r[2],
      directions: directions.count, batchFirst: batchFirst)
    let rows = gates * size.hidden
    guard hidden == nil || hidden == size.hidden, w.dims == [size.directions, rows, size.input],
      r.dims == [size.directions, rows, size.hidden]
    else { throw .shapeMismatch }
    return size
  }
}

/// Sizes of a recurrent layer, and where its elements lie.
struct RecurrenceSizes {
  let steps: Int
  let batch: Int
  let input: Int
  let hidden: Int
  let directions: Int
  let batchFirst: Bool

  /// The number of the row of one step and batch entry in the input.
  @inline(__always)
  func row(_ step: Int, _ entry: Int) -> Int {
    batchFirst ? entry * steps + step : step * batch + entry
  }

  /// Where the outputs of one step lie.
  @inline(__always)
  func output(_ step: Int, _ direction: Int, _ entry: Int) -> Int {
    let place =
      batchFirst
      ? (entry * steps + step) * directions + direction
      : (step * directions + direction) * batch + entry
    return place * hidden
  }

  /// Where a state lies.
  @inline(__always)
  func state(_ direction: Int, _ entry: Int) -> Int {
    (batchFirst ? entry * directions + direction : direction * batch + entry) * hidden
  }

  /// The shapes of all outputs and of a state.
  func shapes() throws(EngineError) -> (outputs: Shape, state: Shape) {
    batchFirst
      ? (try Shape([batch, steps, directions, hidden]), try Shape([batch, directions, hidden]))
      : (try Shape([steps, directions, batch, hidden]), try Shape([directions, batch, hidden]))
  }
}
