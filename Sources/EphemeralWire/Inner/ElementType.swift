/// Element types of tensors, numbered as ONNX numbers `TensorProto.DataType` (onnx.proto3): on the
/// wire, in topologies and in the engine.
///
/// Strings and complex numbers have no case: no operator of the engine takes them.
public enum ElementType: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// IEEE 754 single.
  case float32 = 1
  /// Unsigned, 8 bits.
  case uint8 = 2
  /// Signed, 8 bits.
  case int8 = 3
  /// Unsigned, 16 bits.
  case uint16 = 4
  /// Signed, 16 bits.
  case int16 = 5
  /// Signed, 32 bits.
  case int32 = 6
  /// Signed, 64 bits.
  case int64 = 7
  /// One byte, 0 or 1.
  case bool = 9
  /// IEEE 754 half.
  case float16 = 10
  /// IEEE 754 double.
  case float64 = 11
  /// Unsigned, 32 bits.
  case uint32 = 12
  /// Unsigned, 64 bits.
  case uint64 = 13
  /// The upper half of an IEEE 754 single.
  case bfloat16 = 16

  /// Bytes that one element takes.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// The name that people read: NumPy's.
  public var name: String {
    switch self {
    case .float32: "float32"
    case .uint8: "uint8"
    case .int8: "int8"
    case .uint16: "uint16"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .bool: "bool"
    case .float16: "float16"
    case .float64: "float64"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .bfloat16: "bfloat16"
    }
  }

  /// The bytes of a dense tensor of this type, or nil where its shape is out of bounds: more than
  /// `TensorDescriptor.maximumRank` dimensions, a negative one, or too many elements.
  ///
  /// A dimension of 0 counts as 1 in the bound, so that no product of dimensions, in whatever order
  /// it is taken, can overflow.
  public func byteCount(shape: [Int]) -> Int? {
    guard shape.count <= TensorDescriptor.maximumRank else { return nil }
    var bound = 1
    var isEmpty = false
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      if dimension == 0 { isEmpty = true }
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(dimension, 1))
      guard !overflow, product <= TensorDescriptor.maximumElements else { return nil }
      bound = product
    }
    return isEmpty ? 0 : bound * byteCount
  }
}
