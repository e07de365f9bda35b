/// A named constant of a node.
public struct Attribute: Equatable, Sendable {
  /// ONNX's name of it, such as `axis`.
  public let name: String
  /// Its value.
  public let value: AttributeValue

  /// An attribute; a topology that holds it checks it.
  public init(_ name: String, _ value: AttributeValue) {
    self.name = name
    self.value = value
  }

  /// The order of attributes in a node: by the bytes of their names.
  static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

/// The value of an attribute.
public indirect enum AttributeValue: Equatable, Sendable {
  /// An integer.
  case int(Int64)
  /// A number; its bit pattern is kept.
  case float(Float)
  /// Text or bytes.
  case string([UInt8])
  /// Integers.
  case ints([Int64])
  /// Numbers.
  case floats([Float])
  /// Texts.
  case strings([[UInt8]])
  /// A tensor in the weight blob: index into `Topology.tensors`.
  case tensor(Int)
  /// A subgraph.
  case graph(Graph)

  /// Bit patterns, not numbers, decide whether two attributes are equal: a NaN equals itself.
  public static func == (left: AttributeValue, right: AttributeValue) -> Bool {
    switch (left, right) {
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.string(let a), .string(let b)): a == b
    case (.ints(let a), .ints(let b)): a == b
    case (.floats(let a), .floats(let b)): a.map(\.bitPattern) == b.map(\.bitPattern)
    case (.strings(let a), .strings(let b)): a == b
    case (.tensor(let a), .tensor(let b)): a == b
    case (.graph(let a), .graph(let b)): a == b
    default: false
    }
  }
}
