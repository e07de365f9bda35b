/// The dispatch table: for each operator what makes its operation from a node.
enum OperatorTable {
  /// Runs a node that has been read.
  typealias Kernel = @Sendable (inout Call) throws(EngineError) -> Void
  /// Reads a node.
  typealias Factory = @Sendable (NodeReader) throws(EngineError) -> Kernel

  /// Every operator of ONNX's own domain that the engine runs, by its name.
  static let factories: [String: Factory] = [
    elementwise, structural, choosing, grouped, sequential, quantized, spatial,
  ].reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }

  private static let elementwise: [String: Factory] = [
    "Acos": make(RealMap<ArcCosine>.self),
    "Acosh": make(RealMap<AreaCosine>.self),
    "Asin": make(RealMap<ArcSine>.self),
    "Asinh": make(RealMap<AreaSine>.self),
    "Atan": make(RealMap<ArcTangent>.self),
    "Atanh": make(RealMap<AreaTangent>.self),
    "BitShift": make(BitShift.self),
    "BitwiseAnd": make(BitOperation<BitConjunction>.self),
    "BitwiseNot": make(BitComplement.self),
    "BitwiseOr": make(BitOperation<BitDisjunction>.self),
    "BitwiseXor": make(BitOperation<BitDifference>.self),
    "Celu": make(ActivationMap<Celu>.self),
    "Cosh": make(RealMap<HyperbolicCosine>.self),
    "Shrink": make(Shrink.self),
    "Sinh": make(RealMap<HyperbolicSine>.self),
    "SwiGLU": make(GatedLinear.self),
    "Tan": make(RealMap<Tangent>.self),
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
    "CumProd": make(Cumulation<RunningProduct>.self),
    "CumSum": make(Cumulation<RunningSum>.self),
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

  private static let choosing: [String: Factory] = [
    "BitCast": make(BitCast.self),
    "Compress": make(Compress.self),
    "EyeLike": make(EyeLike.self),
    "GatherND": make(GatherSlices.self),
    "NonZero": make(NonZero.self),
    "OneHot": make(OneHot.self),
    "ReverseSequence": make(ReverseSequence.self),
    "Scatter": make(ScatterElements.self),
    "ScatterElements": make(ScatterElements.self),
    "ScatterND": make(ScatterSlices.self),
    "TensorScatter": make(CacheUpdate.self),
    "TopK": make(TopK.self),
    "Unique": make(Unique.self),
  ]

  private static let grouped: [String: Factory] = [
    "Einsum": make(Einsum.self),
    "GlobalLpPool": make(GlobalLpPool.self),
    "GroupNormalization": make(GroupNormalization.self),
    "Hardmax": make(Hardmax.self),
    "LRN": make(LocalResponseNormalization.self),
    "LpNormalization": make(LpNormalization.self),
    "LpPool": make(LpPool.self),
    "MeanVarianceNormalization": make(MeanVarianceNormalization.self),
    "NegativeLogLikelihoodLoss": make(LikelihoodLoss.self),
    "SoftmaxCrossEntropyLoss": make(CrossEntropyLoss.self),
  ]

  private static let sequential: [String: Factory] = [
    "Attention": make(Attention.self),
    "CausalConvWithState": make(CausalConvolution.self),
    "GRU": make(RecurrentLayer<GatedCell>.self),
    "LSTM": make(RecurrentLayer<LongShortCell>.self),
    "LinearAttention": make(LinearAttention.self),
    "RNN": make(RecurrentLayer<PlainCell>.self),
    "RotaryEmbedding": make(RotaryEmbedding.self),
  ]

  private static let quantized: [String: Factory] = [
    "ConvInteger": make(ConvInteger.self),
    "DequantizeLinear": make(DequantizeLinear.self),
    "DynamicQuantizeLinear": make(DynamicQuantizeLinear.self),
    "MatMulInteger": make(MatMulInteger.self),
    "QLinearConv": make(QuantizedConvolution.self),
    "QLinearMatMul": make(QuantizedMatMul.self),
    "QuantizeLinear": make(QuantizeLinear.self),
  ]

  private static let spatial: [String: Factory] = [
    "AffineGrid": make(AffineGrid.self),
    "BlackmanWindow": make(WindowFunction<BlackmanWindow>.self),
    "CenterCropPad": make(CenterCropPad.self),
    "Col2Im": make(ColumnsToImage.self),
    "ConvTranspose": make(TransposedConvolution.self),
    "DFT": make(FourierTransform.self),
    "DeformConv": make(DeformableConvolution.self),
    "DepthToSpace": make(DepthToSpace.self),
    "Det": make(Determinant.self),
    "GridSample": make(GridSample.self),
    "HammingWindow": make(WindowFunction<HammingWindow>.self),
    "HannWindow": make(WindowFunction<HannWindow>.self),
    "MaxRoiPool": make(RegionMaxPool.self),
    "MaxUnpool": make(MaxUnpool.self),
    "MelWeightMatrix": make(MelWeightMatrix.self),
    "NonMaxSuppression": make(NonMaxSuppression.self),
    "Resize": make(Resize.self),
    "RoiAlign": make(RegionAlign.self),
    "STFT": make(ShortTimeTransform.self),
    "SpaceToDepth": make(SpaceToDepth.self),
    "Upsample": make(Resize.self),
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
