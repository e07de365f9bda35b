/// The dispatch table: for each operator what makes its operation from a node.
enum OperatorTable {
  /// Runs a node that has been read.
  typealias Kernel = @Sendable (inout Call) throws(EngineError) -> Void
  /// Reads a node.
  typealias Factory = @Sendable (NodeReader) throws(EngineError) -> Kernel

  /// Every operator of ONNX's own domain that the engine runs, by its name.
  static let factories: [String: Factory] = elementwise.merging(structural) { first, _ in first }

  private static let elementwise: [String: Factory] = [
    "Abs": make(NumberMap<Magnitude>.self),
    "Add": make(PairOperation<Addition>.self),
    "And": make(LogicalOperation<Conjunction>.self),
    "Ceil": make(RealMap<Ceiling>.self),
    "Clip": make(Clip.self),
    "Cos": make(RealMap<Cosine>.self),
    "Div": make(PairOperation<Division>.self),
    "Elu": make(ActivationMap<Elu>.self),
    "Equal": make(EqualOperation.self),
    "Erf": make(RealMap<ErrorFunction>.self),
    "Exp": make(RealMap<Exponential>.self),
    "Floor": make(RealMap<Floor>.self),
    "Gelu": make(ActivationMap<Gelu>.self),
    "Greater": make(ComparisonOperation<Greater>.self),
    "GreaterOrEqual": make(ComparisonOperation<GreaterOrEqual>.self),
    "HardSigmoid": make(ActivationMap<HardSigmoid>.self),
    "HardSwish": make(RealMap<HardSwish>.self),
    "IsInf": make(IsInfinite.self),
    "IsNaN": make(IsNotANumber.self),
    "LeakyRelu": make(ActivationMap<LeakyRelu>.self),
    "Less": make(ComparisonOperation<Less>.self),
    "LessOrEqual": make(ComparisonOperation<LessOrEqual>.self),
    "Log": make(RealMap<Logarithm>.self),
    "Max": make(VariadicOperation<Maximum>.self),
    "Mean": make(MeanOperation.self),
    "Min": make(VariadicOperation<Minimum>.self),
    "Mish": make(RealMap<Mish>.self),
    "Mod": make(Modulus.self),
    "Mul": make(PairOperation<Multiplication>.self),
    "Neg": make(NumberMap<Negation>.self),
    "Not": make(LogicalNot.self),
    "Or": make(LogicalOperation<Disjunction>.self),
    "PRelu": make(ParametricRelu.self),
    "Pow": make(Power.self),
    "Reciprocal": make(RealMap<Reciprocal>.self),
    "Relu": make(NumberMap<Rectified>.self),
    "Round": make(RealMap<RoundedToEven>.self),
    "Selu": make(ActivationMap<Selu>.self),
    "Sigmoid": make(RealMap<Logistic>.self),
    "Sign": make(NumberMap<Sign>.self),
    "Sin": make(RealMap<Sine>.self),
    "Softplus": make(RealMap<Softplus>.self),
    "Softsign": make(RealMap<Softsign>.self),
    "Sqrt": make(RealMap<SquareRoot>.self),
    "Sub": make(PairOperation<Subtraction>.self),
    "Sum": make(VariadicOperation<Addition>.self),
    "Swish": make(ActivationMap<Swish>.self),
    "Tanh": make(RealMap<HyperbolicTangent>.self),
    "ThresholdedRelu": make(ActivationMap<ThresholdedRelu>.self),
    "Where": make(Choice.self),
    "Xor": make(LogicalOperation<ExclusiveDisjunction>.self),
  ]

  private static let structural: [String: Factory] = [
    "ArgMax": make(ExtremeIndex<Greater>.self),
    "ArgMin": make(ExtremeIndex<Less>.self),
    "AveragePool": make(AveragePool.self),
    "BatchNormalization": make(BatchNormalization.self),
    "Cast": make(Cast.self),
    "CastLike": make(Cast.self),
    "Concat": make(Concatenation.self),
    "ConstantOfShape": make(ConstantOfShape.self),
    "Conv": make(Convolution.self),
    "CumSum": make(CumulativeSum.self),
    "Dropout": make(Dropout.self),
    "Expand": make(Expand.self),
    "Flatten": make(Flatten.self),
    "Gather": make(Gather.self),
    "GatherElements": make(GatherElements.self),
    "Gemm": make(GemmOperation.self),
    "GlobalAveragePool": make(GlobalPool<MeanReduction>.self),
    "GlobalMaxPool": make(GlobalPool<MaximumReduction>.self),
    "Identity": make(Identity.self),
    "InstanceNormalization": make(InstanceNormalization.self),
    "LayerNormalization": make(LayerNormalization<Centered>.self),
    "LogSoftmax": make(Softmax<Logarithmic>.self),
    "MatMul": make(MatMul.self),
    "MaxPool": make(MaxPool.self),
    "Pad": make(Pad.self),
    "RMSNormalization": make(LayerNormalization<Uncentered>.self),
    "Range": make(Span1D.self),
    "ReduceL1": make(ReduceOperation<AbsoluteReduction, SinceEighteen>.self),
    "ReduceL2": make(ReduceOperation<EuclideanReduction, SinceEighteen>.self),
    "ReduceLogSum": make(ReduceOperation<LogarithmicReduction, SinceEighteen>.self),
    "ReduceLogSumExp": make(
      ReduceOperation<LogarithmicExponentialReduction, SinceEighteen>.self),
    "ReduceMax": make(ReduceOperation<MaximumReduction, SinceEighteenWithBools>.self),
    "ReduceMean": make(ReduceOperation<MeanReduction, SinceEighteen>.self),
    "ReduceMin": make(ReduceOperation<MinimumReduction, SinceEighteenWithBools>.self),
    "ReduceProd": make(ReduceOperation<ProductReduction, SinceEighteen>.self),
    "ReduceSum": make(ReduceOperation<SumReduction, SinceThirteen>.self),
    "ReduceSumSquare": make(ReduceOperation<SquareReduction, SinceEighteen>.self),
    "Reshape": make(Reshape.self),
    "Shape": make(ShapeOf.self),
    "Size": make(SizeOf.self),
    "Slice": make(Slice.self),
    "Softmax": make(Softmax<Plain>.self),
    "Split": make(Split.self),
    "Squeeze": make(Squeeze.self),
    "Tile": make(Tile.self),
    "Transpose": make(Transpose.self),
    "Trilu": make(Triangle.self),
    "Unsqueeze": make(Unsqueeze.self),
  ]

  /// Inlined, so that each operation's kernel is compiled for its own concrete types: through an
  /// existential the generic ones would look their types up at every element.
  @inline(__always)
  private static func make<O: Operation>(_ type: O.Type) -> Factory {
    { (node) throws(EngineError) in
      let operation = try O(node)
      return { (call) throws(EngineError) in try operation.run(&call) }
    }
  }
}
