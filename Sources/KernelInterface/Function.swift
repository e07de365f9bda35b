/// A function of one number, with up to two parameters, that kernels apply to whole vectors.
public struct Function: Equatable, Sendable {
  /// Which function; α and β are the parameters.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// x
    case identity
    /// max(x, 0); a NaN stays one.
    case relu
    /// x for x ≥ 0, else α·x.
    case leakyRelu
    /// x limited to α…β.
    case clip
    /// x/2·(1 + erf(x/√2)).
    case gelu
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
    case geluTanh
    /// 1/(1 + exp(−x)).
    case sigmoid
    /// x/(1 + exp(−α·x)).
    case swish
    /// x·max(0, min(1, x/6 + 1/2)).
    case hardSwish
    /// max(0, min(1, α·x + β)).
    case hardSigmoid
    case tanh
    case erf
    case exponential
    case squareRoot
    /// 1/x
    case reciprocal
    case negation
    case magnitude
    /// α·x + β
    case linear
    /// x·x
    case square
    /// α/x
    case quotientOf
  }

  /// Which function.
  public let kind: Kind
  /// The first parameter.
  public let alpha: Float
  /// The second parameter.
  public let beta: Float

  /// A function and its parameters.
  public init(_ kind: Kind, alpha: Float = 0, beta: Float = 0) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
  }

  /// Nothing.
  public static let identity = Function(.identity)
}

/// A function of two numbers that kernels apply to whole vectors.
public enum Pairing: UInt8, Sendable, CaseIterable {
  case add, subtract, multiply, divide, minimum, maximum
}
