/// Writes an ONNX file whose weights a seed determines, so that every bench runs without a download.
struct GraphWriter {
  /// An attribute of a node.
  enum Attribute {
    case int(String, Int)
    case float(String, Float)
    case ints(String, [Int])
  }

  /// A value that goes in or out; nil in the shape is an open dimension, of the name that follows.
  struct Value {
    var name: String
    /// ONNX's number of the element type: 1 is float, 7 int64.
    var type = 1
    var shape: [Dimension]
  }

  enum Dimension {
    case fixed(Int)
    case open(String)
  }

  private static let operatorSet = 17
  private static let intermediateVersion = 8

  private var graph = Protobuf()
  private var count = 0
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  // MARK: Parts

  /// Adds a node; returns the name of its one output.
  @discardableResult
  mutating func add(
    _ operation: String, _ inputs: [String], _ attributes: [Attribute] = [], output: String? = nil
  ) -> String {
    let output = output ?? name("t")
    graph.message(1) { node in
      for input in inputs { node.text(1, input) }
      node.text(2, output)
      node.text(4, operation)
      for attribute in attributes { node.message(5) { Self.write(attribute, &$0) } }
    }
    return output
  }

  /// A tensor of numbers evenly between `offset - spread` and `offset + spread`.
  mutating func weight(_ shape: [Int], spread: Float, offset: Float = 0) -> String {
    let count = shape.reduce(1, *)
    var values = [Float](repeating: offset, count: count)
    if spread != 0 {
      for index in 0..<count { values[index] = offset + spread * unit() }
    }
    return tensor(shape, type: 1, unsafe values.withUnsafeBytes { unsafe Array($0) })
  }

  /// One number.
  mutating func scalar(_ value: Float) -> String {
    tensor([], type: 1, unsafe [value].withUnsafeBytes { unsafe Array($0) })
  }

  /// A list of whole numbers.
  mutating func integers(_ values: [Int64]) -> String {
    tensor([values.count], type: 7, unsafe values.withUnsafeBytes { unsafe Array($0) })
  }

  /// The whole file.
  consuming func file(inputs: [Value], outputs: [Value]) -> [UInt8] {
    graph.text(2, "bench")
    for value in inputs { graph.message(11) { Self.write(value, &$0) } }
    for value in outputs { graph.message(12) { Self.write(value, &$0) } }
    var model = Protobuf(reserving: graph.bytes.count + 64)
    model.number(1, Self.intermediateVersion)
    model.message(8) { $0.number(2, Self.operatorSet) }
    model.field(7, graph.bytes)
    return model.bytes
  }

  // MARK: Encoding

  private mutating func name(_ prefix: String) -> String {
    count += 1
    return "\(prefix)\(count)"
  }

  /// The next number between -1 and 1.
  private mutating func unit() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
  }

  /// The machine's own byte order is ONNX's on every processor that the kernels run on.
  private mutating func tensor(_ shape: [Int], type: Int, _ bytes: [UInt8]) -> String {
    let name = name("w")
    graph.message(5, reserving: bytes.count + 128) { tensor in
      for size in shape { tensor.number(1, size) }
      tensor.number(2, type)
      tensor.text(8, name)
      tensor.field(9, bytes)
    }
    return name
  }

  private static func write(_ attribute: Attribute, _ output: inout Protobuf) {
    switch attribute {
    case .float(let name, let value):
      output.text(1, name)
      output.number(2, value)
      output.number(20, 1)
    case .int(let name, let value):
      output.text(1, name)
      output.number(3, value)
      output.number(20, 2)
    case .ints(let name, let values):
      output.text(1, name)
      for value in values { output.number(8, value) }
      output.number(20, 7)
    }
  }

  private static func write(_ value: Value, _ output: inout Protobuf) {
    output.text(1, value.name)
    output.message(2) { type in
      type.message(1) { tensor in
        tensor.number(1, value.type)
        tensor.message(2) { shape in
          for dimension in value.shape {
            shape.message(1) { entry in
              switch dimension {
              case .fixed(let size): entry.number(1, size)
              case .open(let name): entry.text(2, name)
              }
            }
          }
        }
      }
    }
  }
}

/// Protobuf's wire format, as far as ONNX files need it.
private struct Protobuf {
  private(set) var bytes: [UInt8] = []

  init(reserving count: Int = 0) { bytes.reserveCapacity(count) }

  mutating func number(_ field: UInt64, _ value: Int) {
    varint(field << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func number(_ field: UInt64, _ value: Float) {
    varint(field << 3 | 5)
    for shift in [0, 8, 16, 24] as [UInt32] {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
    }
  }

  mutating func text(_ field: UInt64, _ value: String) { self.field(field, Array(value.utf8)) }

  mutating func field(_ field: UInt64, _ content: [UInt8]) {
    varint(field << 3 | 2)
    varint(UInt64(content.count))
    bytes += content
  }

  mutating func message(
    _ field: UInt64, reserving count: Int = 0, _ body: (inout Protobuf) -> Void
  ) {
    var inner = Protobuf(reserving: count)
    body(&inner)
    self.field(field, inner.bytes)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
