/// The sets of element types that the rows of the catalogue name.
extension Set<ElementType> {
  /// The types on which transcendental functions and products of layers are computed.
  static let reals: Set = [.float32, .float64, .float16, .bfloat16]
  /// The integers.
  static let integers: Set = [
    .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64,
  ]
  /// The integers of eight bits, on which quantized products are computed.
  static let bytes: Set = [.int8, .uint8]
  /// The reals that scales of quantization have.
  static let scales: Set = [.float32, .float16, .bfloat16]
  /// Every type on which there is arithmetic.
  static let numbers = reals.union(integers)
  /// The types that ONNX's reductions and products of matrices take.
  static let wideNumbers = reals.union([.int32, .int64, .uint32, .uint64])
  /// Truth values.
  static let bools: Set = [.bool]
  /// Shapes, axes and pads.
  static let shapes: Set = [.int64]
  /// Indices.
  static let indices: Set = [.int32, .int64]
  /// Everything that can be moved about.
  static let all = Set(ElementType.allCases)
}

extension OperandRule {
  static let real = OperandRule(.reals)
  static let number = OperandRule(.numbers)
  static let any = OperandRule(.all)
  static let bool = OperandRule(.bools)
  static let shape = OperandRule(.shapes)
  static let index = OperandRule(.indices)
  static let integer = OperandRule(.integers)
  static let byte = OperandRule(.bytes)
  static let scale = OperandRule(.scales)

  /// One of `types`, and the same as input 0.
  static func alike(_ types: Set<ElementType>) -> OperandRule { OperandRule(types, matches: 0) }
}

extension ElementType {
  /// Whether it is an integer with a sign.
  var isSignedInteger: Bool { [.int8, .int16, .int32, .int64].contains(self) }
}
