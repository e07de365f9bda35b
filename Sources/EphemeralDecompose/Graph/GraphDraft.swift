import EphemeralModel

/// A graph to which nodes and constants are added, each named by its place.
struct GraphDraft {
  /// The version of ONNX's own operator set in which the added nodes are written: the oldest with
  /// Gelu and LayerNormalization.
  static let operatorSet = 20

  var graph: ONNXGraph
  /// What the names of added values and constants begin with.
  private let prefix: String
  private var constants: Set<String> = []

  /// An empty graph; names of constants that files bring begin with neither `value.` nor `constant/`.
  init() {
    graph = ONNXGraph()
    prefix = ""
  }

  /// A graph that is there; what is added begins with `prefix` behind so many underscores that none of
  /// `names`, the graph's own, begins so.
  init(extending graph: ONNXGraph, avoiding names: Set<String>, prefix: String) {
    self.graph = graph
    var underscores = 0
    for name in names {
      let rest = name.drop { $0 == "_" }
      if rest.hasPrefix(prefix) { underscores = max(underscores, name.count - rest.count + 1) }
    }
    self.prefix = String(repeating: "_", count: underscores) + prefix
  }

  /// Every name that stands for a value of a graph, those that subgraphs use from outside included.
  static func names(in graph: ONNXGraph) -> Set<String> {
    var names = Set(graph.initializers.map(\.name))
    names.formUnion(graph.inputs.map(\.name))
    names.formUnion(graph.outputs.map(\.name))
    names.formUnion(graph.valueTypes.keys)
    for node in graph.nodes {
      names.formUnion(node.outputs)
      names.formUnion(GraphOrder.namesUsed(by: node))
    }
    return names
  }

  /// Adds a node with one output; gives the output's name.
  @discardableResult
  mutating func node(
    _ operation: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [],
    output: String? = nil
  ) -> String {
    let output = output ?? "\(prefix)value.\(graph.nodes.count)"
    graph.nodes.append(
      ONNXNode(
        operation: operation, inputs: inputs, outputs: [output], attributes: attributes,
        operatorSet: Self.operatorSet))
    return output
  }

  /// Adds a constant unless one of its name is there.
  mutating func constant(_ tensor: ONNXTensor) -> String {
    if constants.insert(tensor.name).inserted { graph.initializers.append(tensor) }
    return tensor.name
  }

  /// A list of whole numbers.
  mutating func vector(_ name: String, _ values: [Int64]) -> String {
    constant(
      name, .int64, shape: [values.count], values.flatMap { Self.bytes(UInt64(bitPattern: $0)) })
  }

  /// A whole number.
  mutating func scalar(_ name: String, _ value: Int64) -> String {
    constant(name, .int64, shape: [], Self.bytes(UInt64(bitPattern: value)))
  }

  /// A float32.
  mutating func number(_ name: String, _ value: Float) -> String {
    constant(name, .float32, shape: [], Self.bytes(value.bitPattern))
  }

  private mutating func constant(
    _ name: String, _ type: ElementType, shape: [Int], _ bytes: [UInt8]
  ) -> String {
    constant(
      ONNXTensor(
        name: "\(prefix)constant/\(name)", elementType: type, shape: shape,
        byteCount: bytes.count, source: .inline(bytes)))
  }

  private static func bytes(_ bits: some FixedWidthInteger) -> [UInt8] {
    (0..<(bits.bitWidth / 8)).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }
}

extension ONNXAttribute {
  /// An attribute that is a whole number.
  static func int(_ name: String, _ value: Int64) -> ONNXAttribute {
    ONNXAttribute(name: name, value: .int(value))
  }
}
