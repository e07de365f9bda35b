internal import EphemeralModel

/// Inputs from files: `.npy`, or JSON by the name's ending.
enum TensorFile {
  /// The largest `.npy` file that is read: a message of the largest size and its header.
  static let maximumBytes = ModelBounds.messageBytes + NumPyFormat.maximumHeaderBytes
  /// The largest JSON file that is read.
  static let maximumJSONBytes = 64 << 20

  /// Reads one tensor and compares it with what the model takes.
  static func read(_ path: String, for input: GraphValue) throws(ClientFailure) -> TensorValue {
    let tensor: TensorValue
    if path.hasSuffix(".json") {
      let bytes = try FileAccess.read(path, maximum: maximumJSONBytes)
      let value: JSONValue
      do { value = try JSONParser.parse(bytes) } catch { throw .file(path, error.message) }
      tensor = try JSONTensor.parse(
        value, file: path, expected: input.elementType ?? .float32)
    } else {
      let bytes = try FileAccess.read(path, maximum: maximumBytes)
      do { tensor = try NumPyFormat.decode(bytes) } catch { throw .file(path, error.message) }
    }
    try check(tensor, from: path, for: input)
    return tensor
  }

  /// Refuses a tensor that the model's declaration of the input does not admit.
  static func check(
    _ tensor: TensorValue, from path: String, for input: GraphValue
  ) throws(ClientFailure) {
    if let type = input.elementType, type != tensor.elementType {
      throw .file(
        path, "dtype \(tensor.elementType.name), but input '\(input.name)' takes \(type.name)")
    }
    guard let shape = input.shape else { return }
    let fits =
      shape.count == tensor.shape.count
      && zip(shape, tensor.shape).allSatisfy { dimension, size in
        if case .fixed(let fixed) = dimension { return fixed == size }
        return true
      }
    guard fits else {
      throw .file(
        path,
        "shape \(TensorValue.describe(tensor.shape)), but input '\(input.name)' takes "
          + describe(shape))
    }
  }

  /// `[?, 1, 8, 8]`: a question mark where the model leaves the size open.
  static func describe(_ shape: [Dimension]) -> String {
    let parts = shape.map { dimension -> String in
      if case .fixed(let size) = dimension { return String(size) }
      return "?"
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
