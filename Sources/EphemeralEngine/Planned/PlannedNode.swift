internal import EphemeralModel
internal import KernelInterface

/// One operation of a rewritten graph: a node of the topology, or several as one.
struct PlannedNode {
  /// What it does.
  enum Operation {
    /// A node as it stands.
    case plain(Node)
    /// f(s · (x · W) + bias + residual): inputs are x and, if there is one, the residual.
    case linear(Linear)
    /// The same over windows of images.
    case convolution(Convolved)
    /// softmax(s · Q·Kᵀ + mask) · V with (batch, position, head, element) on both sides.
    case attention(scale: Float, hasMask: Bool)
    /// Layer normalization of the last axis.
    case normalization(Normalized)
    /// A function of each element.
    case map(Function)
  }

  /// A product with a constant matrix.
  struct Linear {
    var weight: ValueID
    var isTransposed: Bool
    var depth: Int
    var columns: Int
    var scale: Float = 1
    var bias: ValueID?
    var function = Function.identity
    var hasResidual = false
    /// Gemm requires a matrix; MatMul takes any rank.
    var requiresMatrix: Bool
  }

  /// A convolution with constant filters.
  struct Convolved {
    var node: Node
    var weight: ValueID
    /// The filters' dimensions.
    var filters: [Int]
    var group: Int
    var bias: ValueID?
    /// scale, shift, mean, variance of a batch normalization after it.
    var batchNormalization: BatchNormalized?
    var function = Function.identity
    var hasResidual = false
  }

  /// The constants of a batch normalization.
  struct BatchNormalized {
    var scale: ValueID
    var shift: ValueID
    var mean: ValueID
    var variance: ValueID
    var epsilon: Float
  }

  /// A layer normalization.
  struct Normalized {
    var scale: ValueID?
    var shift: ValueID?
    var epsilon: Float
    var centers: Bool
    /// The axis from which on it normalizes; −1 is the last.
    var axis: Int
  }

  var operation: Operation
  var inputs: [ValueID]
  var outputs: [ValueID]
}

extension Node {
  /// The first output that is wanted: what a node is known by.
  var firstOutput: ValueID? { outputs.first { $0 != 0 } }
}

/// What the rewriting knows of the constants: which values they are and a few small values.
struct ConstantTable {
  /// For each value that is a constant its tensor.
  private(set) var tensors: [ValueID: Tensor]

  init(_ tensors: [ValueID: Tensor]) { self.tensors = tensors }

  /// The constant's tensor, or nil for other values.
  subscript(id: ValueID) -> Tensor? { tensors[id] }

  /// The value of a constant of one f32 element.
  func scalar(_ id: ValueID) -> Float? {
    guard let tensor = tensors[id], tensor.type == .float32, tensor.count == 1 else { return nil }
    return tensor.cells(Float.self)[0]
  }

  /// The values of a short list of i64.
  func integers(_ id: ValueID) -> [Int]? {
    guard let tensor = tensors[id], tensor.type == .int64, tensor.shape.rank <= 1,
      tensor.count <= EngineLimits.maximumRank
    else { return nil }
    let cells = tensor.cells(Int64.self)
    return (0..<tensor.count).map { Int(cells[$0]) }
  }

  /// Whether the value is a constant vector of f32 with `count` elements.
  func isVector(_ id: ValueID, _ count: Int) -> Bool {
    guard let tensor = tensors[id], tensor.type == .float32 else { return false }
    return tensor.shape.dims == [count]
  }
}
