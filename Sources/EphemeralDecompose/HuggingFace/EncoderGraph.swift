import EphemeralModel

/// Writes an encoder down as the graph that an export to ONNX would give (Spec/Formats.md §8).
struct EncoderGraph {
  /// The operator set of the graph: the oldest with Gelu and LayerNormalization.
  static let operatorSet = 20
  /// What is added to the score of a place that the mask leaves out.
  private static let lowest: Float = -3.4e38

  private let configuration: EncoderConfiguration
  private let weights: StoredWeights
  private let names: EncoderNames
  private let folder: String
  private var graph = ONNXGraph()
  private var shared: Set<String> = []

  private init(
    _ configuration: EncoderConfiguration, _ weights: StoredWeights, folder: String
  ) {
    self.configuration = configuration
    self.weights = weights
    self.folder = folder
    names = EncoderNames(configuration.family, in: weights)
  }

  /// The whole graph.
  static func build(
    _ configuration: EncoderConfiguration, _ weights: StoredWeights, folder: String
  ) throws(DecomposeError) -> ONNXGraph {
    var builder = EncoderGraph(configuration, weights, folder: folder)
    try builder.build()
    return builder.graph
  }

  private mutating func build() throws(DecomposeError) {
    let hidden = configuration.hiddenSize
    let isPooled = configuration.family != .distilbert && weights.has(names.pooler + ".weight")
    graph.inputs = ["input_ids", "attention_mask"].map(Self.input)
    if names.kinds != nil { graph.inputs.append(Self.input("token_type_ids")) }
    let batch: [ONNXDimension] = [.symbol("batch")]
    graph.outputs = [
      ONNXValue(
        name: "last_hidden_state", elementType: Int(ElementType.float32.rawValue),
        shape: batch + [.symbol("sequence"), .value(Int64(hidden))])
    ]
    var value = try embeddings()
    let mask = maskScores()
    for index in 0..<configuration.layers {
      let isLast = index == configuration.layers - 1
      value = try layer(
        names.layer(index), value, mask: mask, output: isLast ? "last_hidden_state" : nil)
    }
    guard isPooled else { return }
    graph.outputs.append(
      ONNXValue(
        name: "pooler_output", elementType: Int(ElementType.float32.rawValue),
        shape: batch + [.value(Int64(hidden))]))
    let first = node("Gather", [value, scalar("first", 0)], [Self.int("axis", 1)])
    let dense = try linear(first, names.pooler, from: hidden, to: hidden)
    node("Tanh", [dense], output: "pooler_output")
  }

  // MARK: Parts

  private mutating func embeddings() throws(DecomposeError) -> String {
    var sum = node("Gather", [try table(names.words), "input_ids"])
    if let kinds = names.kinds {
      sum = node("Add", [sum, node("Gather", [try table(kinds), "token_type_ids"])])
    }
    sum = node("Add", [sum, try positions()])
    return try norm(sum, names.embeddingNorm)
  }

  private mutating func positions() throws(DecomposeError) -> String {
    let table = try table(names.positions)
    guard configuration.family.countsPositions else {
      let length = node("Gather", [node("Shape", ["input_ids"]), vector("second", [1])])
      return node("Slice", [table, vector("zero", [0]), length, vector("axis0", [0])])
    }
    // Tokens count upwards from the padding's id; padding stays there.
    let padding = scalar("padding", configuration.paddingID)
    let isToken = node("Not", [node("Equal", ["input_ids", padding])])
    let ones = node("Cast", [isToken], [Self.int("to", Int64(ElementType.int64.rawValue))])
    let counted = node("CumSum", [ones, scalar("along", 1)])
    let places = node("Add", [node("Mul", [counted, ones]), padding])
    return node("Gather", [table, places])
  }

  /// 0 where a token is, a number lower than any score where none is; [batch, 1, 1, sequence].
  private mutating func maskScores() -> String {
    let mask = node(
      "Cast", ["attention_mask"], [Self.int("to", Int64(ElementType.float32.rawValue))])
    let wide = node("Unsqueeze", [mask, vector("axes12", [1, 2])])
    return node("Mul", [node("Sub", [number("one", 1), wide]), number("lowest", Self.lowest)])
  }

  private mutating func layer(
    _ names: EncoderNames.Layer, _ input: String, mask: String, output name: String?
  ) throws(DecomposeError) -> String {
    let hidden = configuration.hiddenSize
    let width = hidden / configuration.heads
    let split = vector("split", [0, 0, Int64(configuration.heads), Int64(width)])
    func heads(_ part: String, _ order: [Int64]) throws(DecomposeError) -> String {
      let value = try linear(input, part, from: hidden, to: hidden)
      return node(
        "Transpose", [node("Reshape", [value, split])],
        [ONNXAttribute(name: "perm", value: .ints(order))])
    }
    let query = try heads(names.query, [0, 2, 1, 3])
    let key = try heads(names.key, [0, 2, 3, 1])
    let value = try heads(names.value, [0, 2, 1, 3])
    let scale = number("scale", Float(width).squareRoot())
    let scores = node("Add", [node("Div", [node("MatMul", [query, key]), scale]), mask])
    let shares = node("Softmax", [scores], [Self.int("axis", -1)])
    let heard = node(
      "Transpose", [node("MatMul", [shares, value])],
      [ONNXAttribute(name: "perm", value: .ints([0, 2, 1, 3]))])
    let joined = node("Reshape", [heard, vector("join", [0, 0, Int64(hidden)])])
    let attended = try linear(joined, names.attended, from: hidden, to: hidden)
    let middle = try norm(node("Add", [attended, input]), names.attentionNorm)
    let inner = configuration.intermediateSize
    let active = activation(try linear(middle, names.intermediate, from: hidden, to: inner))
    let output = try linear(active, names.output, from: inner, to: hidden)
    return try norm(node("Add", [output, middle]), names.outputNorm, output: name)
  }

  private mutating func activation(_ value: String) -> String {
    switch configuration.activation {
    case .gelu: node("Gelu", [value])
    case .geluTanh:
      node(
        "Gelu", [value], [ONNXAttribute(name: "approximate", value: .string(Array("tanh".utf8)))])
    case .relu: node("Relu", [value])
    }
  }

  private mutating func linear(
    _ input: String, _ part: String, from inner: Int, to outer: Int
  ) throws(DecomposeError) -> String {
    let matrix = try weights.transposed(part + ".weight", shape: [outer, inner])
    let bias = try weights.tensor(part + ".bias", shape: [outer])
    return node("Add", [node("MatMul", [input, weight(matrix)]), weight(bias)])
  }

  private mutating func norm(
    _ input: String, _ part: String, output: String? = nil
  ) throws(DecomposeError) -> String {
    let shape = [configuration.hiddenSize]
    // Checkpoints of TensorFlow's time say gamma and beta.
    let isOld = !weights.has(part + ".weight") && weights.has(part + ".gamma")
    let scale = try weights.tensor(part + (isOld ? ".gamma" : ".weight"), shape: shape)
    let bias = try weights.tensor(part + (isOld ? ".beta" : ".bias"), shape: shape)
    return node(
      "LayerNormalization", [input, weight(scale), weight(bias)],
      [
        Self.int("axis", -1), ONNXAttribute(name: "epsilon", value: .float(configuration.epsilon)),
      ], output: output)
  }

  /// A table with a row for each of as many ids as the file has.
  private mutating func table(_ name: String) throws(DecomposeError) -> String {
    let rows = weights.shape(name)?.first ?? 0
    let tensor = try weights.tensor(name, shape: [rows, configuration.hiddenSize])
    guard rows > 0 else {
      throw DecomposeError(file: folder, problem: .folder("has an empty table \(name)"))
    }
    return weight(tensor)
  }

  // MARK: Nodes and constants

  private static func input(_ name: String) -> ONNXValue {
    ONNXValue(
      name: name, elementType: Int(ElementType.int64.rawValue),
      shape: [.symbol("batch"), .symbol("sequence")])
  }

  private static func int(_ name: String, _ value: Int64) -> ONNXAttribute {
    ONNXAttribute(name: name, value: .int(value))
  }

  @discardableResult
  private mutating func node(
    _ operation: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [],
    output: String? = nil
  ) -> String {
    let output = output ?? "value.\(graph.nodes.count)"
    graph.nodes.append(
      ONNXNode(
        operation: operation, inputs: inputs, outputs: [output], attributes: attributes,
        operatorSet: Self.operatorSet))
    return output
  }

  /// A constant that the file brings, by the same name whatever its checkpoint puts before it.
  private mutating func weight(_ tensor: ONNXTensor) -> String {
    var tensor = tensor
    tensor.name.removeFirst(names.root.count)
    return constant(tensor)
  }

  private mutating func constant(_ tensor: ONNXTensor) -> String {
    if shared.insert(tensor.name).inserted { graph.initializers.append(tensor) }
    return tensor.name
  }

  /// A constant that the graph itself brings; its name cannot be that of a tensor of the file.
  private mutating func constant(
    _ name: String, _ type: ElementType, shape: [Int], _ bytes: [UInt8]
  ) -> String {
    constant(
      ONNXTensor(
        name: "constant/" + name, elementType: type, shape: shape, byteCount: bytes.count,
        source: .inline(bytes)))
  }

  private mutating func vector(_ name: String, _ values: [Int64]) -> String {
    constant(
      name, .int64, shape: [values.count], values.flatMap { Self.bytes(UInt64(bitPattern: $0)) })
  }

  private mutating func scalar(_ name: String, _ value: Int64) -> String {
    constant(name, .int64, shape: [], Self.bytes(UInt64(bitPattern: value)))
  }

  private mutating func number(_ name: String, _ value: Float) -> String {
    constant(name, .float32, shape: [], Self.bytes(value.bitPattern))
  }

  private static func bytes(_ bits: some FixedWidthInteger) -> [UInt8] {
    (0..<(bits.bitWidth / 8)).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }
}
