import EphemeralModel

/// An ONNX model as read: names, not numbers; tensors as places in files, not values.
struct ONNXModel {
  var modelVersion: Int64 = 0
  var operatorSets: [String: Int] = [:]
  var graph: ONNXGraph?
  var functions: [ONNXFunctionKey: ONNXFunction] = [:]
}

/// What names a function that the model brings along.
struct ONNXFunctionKey: Hashable {
  let domain: String
  let name: String
  let overload: String
}

/// A function that the model brings along; calls of it are replaced by its nodes.
struct ONNXFunction {
  var inputs: [String] = []
  var outputs: [String] = []
  var defaults: [ONNXAttribute] = []
  var operatorSets: [String: Int] = [:]
  var nodes: [ONNXNode] = []
}

struct ONNXGraph {
  var name = ""
  var nodes: [ONNXNode] = []
  var initializers: [ONNXTensor] = []
  var inputs: [ONNXValue] = []
  var outputs: [ONNXValue] = []
  /// Element types that the file states for values inside.
  var valueTypes: [String: ElementType] = [:]
}

struct ONNXNode {
  var name = ""
  var operation = ""
  var domain = ""
  var overload = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [ONNXAttribute] = []
  /// The version of its domain's operator set where the node was written; 0 where not imported.
  var operatorSet = 0

  /// What a message calls the node.
  var label: String {
    name.isEmpty ? (outputs.first { !$0.isEmpty } ?? operation) : name
  }
}

struct ONNXAttribute {
  var name = ""
  var value: ONNXAttributeValue = .unsupported
  /// In a function: the caller's attribute that stands here.
  var reference = ""
}

indirect enum ONNXAttributeValue {
  case int(Int64)
  case float(Float)
  case string([UInt8])
  case ints([Int64])
  case floats([Float])
  case strings([[UInt8]])
  case tensor(ONNXTensor)
  case graph(ONNXGraph)
  /// Lists of tensors or graphs, sparse tensors, types.
  case unsupported
}

/// An input or output as the file states it.
struct ONNXValue {
  var name = ""
  /// ONNX's number; nil where the value is no tensor or has no type.
  var elementType: Int?
  var shape: [ONNXDimension]?
}

enum ONNXDimension {
  case value(Int64)
  case symbol(String)
  case unknown
}

/// A tensor whose values still lie in a file.
struct ONNXTensor {
  var name: String
  var elementType: ElementType
  var shape: [Int]
  var byteCount: Int
  var source: TensorSource
}

/// Where a tensor's values lie.
enum TensorSource {
  /// Little-endian bytes of a file.
  case raw(InputFile, Range<Int>)
  /// A repeated field of the TensorProto message in `range`.
  case typed(FileWindow, Range<Int>, TypedField)
  /// A few bytes made here, from a Constant node's scalar or list.
  case inline([UInt8])
  /// A tensor of a safetensors file, converted and perhaps transposed on the way.
  case stored(StoredTensor)
}

/// The repeated fields of TensorProto that hold values, by field number.
enum TypedField: Int {
  case float = 4
  case int32 = 5
  case int64 = 7
  case double = 10
  case uint64 = 11

  /// The field in which ONNX keeps elements of a type.
  init(_ type: ElementType) {
    switch type {
    case .float32: self = .float
    case .float64: self = .double
    case .int64: self = .int64
    case .uint32, .uint64: self = .uint64
    case .int8, .uint8, .int16, .uint16, .int32, .bool, .float16, .bfloat16: self = .int32
    }
  }
}
