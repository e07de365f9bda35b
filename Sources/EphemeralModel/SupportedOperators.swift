/// The operators that the engine implements, and the versions of each.
///
/// Decomposition asks it to refuse a model by the names of all operators that it lacks; the engine
/// compares its dispatch table with it, so that the two cannot drift.
public enum SupportedOperators {
  /// The operator-set versions of ONNX's own domain in which the engine can read a model.
  public static let operatorSets = 7...28

  /// For each operator of ONNX's own domain the versions in effect within `operatorSets`, ascending.
  ///
  /// `Constant` is absent: decomposition moves its value to the weight blob.
  public static let versions: [String: [Int]] = [
    "Abs": [6, 13],
    "Add": [7, 13, 14],
    "And": [7],
    "ArgMax": [1, 11, 12, 13],
    "ArgMin": [1, 11, 12, 13],
    "AveragePool": [7, 10, 11, 19, 22],
    "BatchNormalization": [7, 9, 14, 15],
    "Cast": [6, 9, 13, 19, 21, 23, 24, 25, 28],
    "CastLike": [15, 19, 21, 23, 24, 25],
    "Ceil": [6, 13],
    "Clip": [6, 11, 12, 13],
    "Concat": [4, 11, 13],
    "ConstantOfShape": [9, 20, 21, 23, 24, 25],
    "Conv": [1, 11, 22],
    "Cos": [7, 22],
    "CumSum": [11, 14],
    "Div": [7, 13, 14],
    "Dropout": [7, 10, 12, 13, 22],
    "Elu": [6, 22],
    "Equal": [7, 11, 13, 19],
    "Erf": [9, 13],
    "Exp": [6, 13],
    "Expand": [8, 13],
    "Flatten": [1, 9, 11, 13, 21, 23, 24, 25],
    "Floor": [6, 13],
    "Gather": [1, 11, 13],
    "GatherElements": [11, 13],
    "Gelu": [20],
    "Gemm": [7, 9, 11, 13],
    "GlobalAveragePool": [1, 22],
    "GlobalMaxPool": [1, 22],
    "Greater": [7, 9, 13],
    "GreaterOrEqual": [12, 16],
    "HardSigmoid": [6, 22],
    "HardSwish": [14, 22],
    "Identity": [1, 13, 14, 16, 19, 21, 23, 24, 25],
    "InstanceNormalization": [6, 22],
    "IsInf": [10, 20],
    "IsNaN": [9, 13, 20],
    "LayerNormalization": [17],
    "LeakyRelu": [6, 16],
    "Less": [7, 9, 13],
    "LessOrEqual": [12, 16],
    "Log": [6, 13],
    "LogSoftmax": [1, 11, 13],
    "MatMul": [1, 9, 13],
    "Max": [6, 8, 12, 13],
    "MaxPool": [1, 8, 10, 11, 12, 22],
    "Mean": [6, 8, 13],
    "Min": [6, 8, 12, 13],
    "Mish": [18, 22],
    "Mod": [10, 13, 28],
    "Mul": [7, 13, 14],
    "Neg": [6, 13],
    "Not": [1],
    "Or": [7],
    "PRelu": [7, 9, 16],
    "Pad": [2, 11, 13, 18, 19, 21, 23, 24, 25],
    "Pow": [7, 12, 13, 15],
    "RMSNormalization": [23],
    "Range": [11, 27],
    "Reciprocal": [6, 13],
    "ReduceL1": [1, 11, 13, 18],
    "ReduceL2": [1, 11, 13, 18],
    "ReduceLogSum": [1, 11, 13, 18, 28],
    "ReduceLogSumExp": [1, 11, 13, 18, 28],
    "ReduceMax": [1, 11, 12, 13, 18, 20],
    "ReduceMean": [1, 11, 13, 18],
    "ReduceMin": [1, 11, 12, 13, 18, 20],
    "ReduceProd": [1, 11, 13, 18],
    "ReduceSum": [1, 11, 13],
    "ReduceSumSquare": [1, 11, 13, 18],
    "Relu": [6, 13, 14],
    "Reshape": [5, 13, 14, 19, 21, 23, 24, 25],
    "Round": [11, 22],
    "Selu": [6, 22],
    "Shape": [1, 13, 15, 19, 21, 23, 24, 25],
    "Sigmoid": [6, 13],
    "Sign": [9, 13],
    "Sin": [7, 22],
    "Size": [1, 13, 19, 21, 23, 24, 25],
    "Slice": [1, 10, 11, 13],
    "Softmax": [1, 11, 13],
    "Softplus": [1, 22],
    "Softsign": [1, 22],
    "Split": [2, 11, 13, 18],
    "Sqrt": [6, 13],
    "Squeeze": [1, 11, 13, 21, 23, 24, 25],
    "Sub": [7, 13, 14],
    "Sum": [6, 8, 13],
    "Swish": [24],
    "Tanh": [6, 13],
    "ThresholdedRelu": [10, 22],
    "Tile": [6, 13],
    "Transpose": [1, 13, 21, 23, 24, 25],
    "Trilu": [14],
    "Unsqueeze": [1, 11, 13, 21, 23, 24, 25],
    "Where": [9, 16],
    "Xor": [7],
  ]

  /// The version of an operator that is in effect under an operator set, or nil where the engine
  /// does not implement the operator or the set.
  public static func sinceVersion(operation: String, domain: String, operatorSet: Int) -> Int? {
    guard domain.isEmpty || domain == "ai.onnx", operatorSets.contains(operatorSet) else {
      return nil
    }
    return versions[operation]?.last { $0 <= operatorSet }
  }

  /// Whether the engine implements exactly this version of an operator.
  public static func supports(operation: String, domain: String, sinceVersion: Int) -> Bool {
    guard domain.isEmpty || domain == "ai.onnx" else { return false }
    return versions[operation]?.contains(sinceVersion) ?? false
  }
}
