public import EphemeralModel

/// Tensors as JSON: `{"shape": [...], "dtype": "float32", "values": [...]}` with the values in
/// row-major order, or just nested lists, whose type the model's input decides.
public enum JSONTensor {
  /// The object form, values flat in row-major order.
  public static func object(_ tensor: TensorValue) -> JSONValue {
    .members([
      "shape": .array(tensor.shape.map { .integer($0) }),
      "dtype": .string(tensor.elementType.name),
      "values": .array((0..<tensor.elementCount).map { element(tensor, at: $0) }),
    ])
  }

  /// Reads either form.
  ///
  /// - Parameters:
  ///   - file: named in errors.
  ///   - expected: the type of nested lists, which name none.
  public static func parse(
    _ value: JSONValue, file: String, expected: ElementType
  ) throws(ClientFailure) -> TensorValue {
    var type = expected
    var shape: [Int] = []
    var values: [JSONValue] = []
    if case .object = value {
      let object = try JSONObject(value, file: file, place: "")
      try object.allow(["shape", "dtype", "values"])
      let name = try object.string("dtype")
      guard let named = ElementType.allCases.first(where: { $0.name == name }) else {
        throw object.failure("\"dtype\" is not one of NumPy's names, such as float32")
      }
      type = named
      for dimension in try object.list("shape") {
        guard case .number(let digits) = dimension, let size = Int(digits), size >= 0 else {
          throw object.failure("\"shape\" is not a list of sizes")
        }
        shape.append(size)
      }
      try flatten(try object.required("values"), into: &values, file: file)
    } else {
      shape = try nestedShape(value, file: file)
      try flatten(value, into: &values, file: file)
    }
    guard shape.count <= ModelBounds.rank, let size = type.byteCount(shape: shape),
      values.count * type.byteCount == size
    else {
      throw .file(
        file, "\(values.count) values do not fill the shape \(TensorValue.describe(shape))")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    for (index, value) in values.enumerated() {
      guard let bits = ElementCoding.bits(value, type) else {
        throw .file(file, "value \(index) is not a \(type.name)")
      }
      for byte in 0..<type.byteCount { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * byte))) }
    }
    guard let tensor = TensorValue(elementType: type, shape: shape, bytes: bytes) else {
      throw .file(file, "the values do not fill the shape")
    }
    return tensor
  }

  private static func element(_ tensor: TensorValue, at index: Int) -> JSONValue {
    ElementCoding.value(tensor.bits(at: index), tensor.elementType)
  }

  private static func nestedShape(_ value: JSONValue, file: String) throws(ClientFailure) -> [Int] {
    guard case .array(let values) = value else { return [] }
    guard let first = values.first else { return [0] }
    let inner = try nestedShape(first, file: file)
    for other in values.dropFirst() where try nestedShape(other, file: file) != inner {
      throw .file(file, "the nested lists are not all of one shape")
    }
    return [values.count] + inner
  }

  private static func flatten(
    _ value: JSONValue, into values: inout [JSONValue], file: String
  ) throws(ClientFailure) {
    if case .array(let inner) = value {
      for part in inner { try flatten(part, into: &values, file: file) }
    } else {
      values.append(value)
    }
  }
}
