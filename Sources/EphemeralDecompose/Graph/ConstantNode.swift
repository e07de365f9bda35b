import EphemeralModel

/// Constant nodes: their values belong in the blob, however small they are.
enum ConstantNode {
  /// The tensor that a Constant node makes, or nil for any other node and for constants of a kind
  /// that no tensor can hold (those stay nodes and are refused by name).
  static func tensor(_ node: ONNXNode, path: String) throws(DecomposeError) -> ONNXTensor? {
    guard node.operation == "Constant", node.domain.isEmpty, node.attributes.count == 1 else {
      return nil
    }
    let attribute = node.attributes[0]
    switch (attribute.name, attribute.value) {
    case ("value", .tensor(let tensor)): return tensor
    case ("value_float", .float(let number)):
      return make(node, .float32, [], bytes(number.bitPattern))
    case ("value_floats", .floats(let numbers)):
      return make(node, .float32, [numbers.count], numbers.flatMap { bytes($0.bitPattern) })
    case ("value_int", .int(let number)): return make(node, .int64, [], bytes(number))
    case ("value_ints", .ints(let numbers)):
      return make(node, .int64, [numbers.count], numbers.flatMap { bytes($0) })
    default: return nil
    }
  }

  private static func make(
    _ node: ONNXNode, _ type: ElementType, _ shape: [Int], _ bytes: [UInt8]
  ) -> ONNXTensor {
    ONNXTensor(
      name: node.label, elementType: type, shape: shape, byteCount: bytes.count,
      source: .inline(bytes))
  }

  /// Little-endian bytes of an integer.
  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<(value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
