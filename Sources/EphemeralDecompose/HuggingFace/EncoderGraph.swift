import EphemeralModel

/// Writes an encoder down as the graph that an export to ONNX would give (Spec/Formats.md §8).
struct EncoderGraph {
  /// What is added to the score of a place that the mask leaves out.
  private static let lowest: Float = -3.4e38

  private let configuration: EncoderConfiguration
  private let weights: StoredWeights
  private let names: EncoderNames
  private let folder: String
  private var draft = GraphDraft()

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
    return builder.draft.graph
  }

  private mutating func build() throws(DecomposeError) {
    let hidden = configuration.hiddenSize
    let isPooled = configuration.family != .distilbert && weights.has(names.pooler + ".weight")
    draft.graph.inputs = ["input_ids", "attention_mask"].map(Self.input)
    if names.kinds != nil { draft.graph.inputs.append(Self.input("token_type_ids")) }
    let batch: [ONNXDimension] = [.symbol("batch")]
    draft.graph.outputs = [
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
    draft.graph.outputs.append(
      ONNXValue(
        name: "pooler_output", elementType: Int(ElementType.float32.rawValue),
        shape: batch + [.value(Int64(hidden))]))
    let first = draft.node("Gather", [value, draft.scalar("first", 0)], [.int("axis", 1)])
    let dense = try linear(first, names.pooler, from: hidden, to: hidden)
    draft.node("Tanh", [dense], output: "pooler_output")
  }

  // MARK: Parts

  private mutating func embeddings() throws(DecomposeError) -> String {
    var sum = draft.node("Gather", [try table(names.words), "input_ids"])
    if let kinds = names.kinds {
      sum = draft.node("Add", [sum, draft.node("Gather", [try table(kinds), "token_type_ids"])])
    }
    sum = draft.node("Add", [sum, try positions()])
    return try norm(sum, names.embeddingNorm)
  }

  private mutating func positions() throws(DecomposeError) -> String {
    let table = try table(names.positions)
    guard configuration.family.countsPositions else {
      let length = draft.node(
        "Gather", [draft.node("Shape", ["input_ids"]), draft.vector("second", [1])])
      return draft.node(
        "Slice", [table, draft.vector("zero", [0]), length, draft.vector("axis0", [0])])
    }
    // Tokens count upwards from the padding's id; padding stays there.
    let padding = draft.scalar("padding", configuration.paddingID)
    let isToken = draft.node("Not", [draft.node("Equal", ["input_ids", padding])])
    let ones = draft.node("Cast", [isToken], [.int("to", Int64(ElementType.int64.rawValue))])
    let counted = draft.node("CumSum", [ones, draft.scalar("along", 1)])
    let places = draft.node("Add", [draft.node("Mul", [counted, ones]), padding])
    return draft.node("Gather", [table, places])
  }

  /// 0 where a token is, a number lower than any score where none is; [batch, 1, 1, sequence].
  private mutating func maskScores() -> String {
    let mask = draft.node(
      "Cast", ["attention_mask"], [.int("to", Int64(ElementType.float32.rawValue))])
    let wide = draft.node("Unsqueeze", [mask, draft.vector("axes12", [1, 2])])
    return draft.node(
      "Mul",
      [draft.node("Sub", [draft.number("one", 1), wide]), draft.number("lowest", Self.lowest)])
  }

  private mutating func layer(
    _ names: EncoderNames.Layer, _ input: String, mask: String, output name: String?
  ) throws(DecomposeError) -> String {
    let hidden = configuration.hiddenSize
    let width = hidden / configuration.heads
    let split = draft.vector("split", [0, 0, Int64(configuration.heads), Int64(width)])
    func heads(_ part: String, _ order: [Int64]) throws(DecomposeError) -> String {
      let value = try linear(input, part, from: hidden, to: hidden)
      return draft.node(
        "Transpose", [draft.node("Reshape", [value, split])],
        [ONNXAttribute(name: "perm", value: .ints(order))])
    }
    let query = try heads(names.query, [0, 2, 1, 3])
    let key = try heads(names.key, [0, 2, 3, 1])
    let value = try heads(names.value, [0, 2, 1, 3])
    let scale = draft.number("scale", Float(width).squareRoot())
    let scores = draft.node(
      "Add", [draft.node("Div", [draft.node("MatMul", [query, key]), scale]), mask])
    let shares = draft.node("Softmax", [scores], [.int("axis", -1)])
    let heard = draft.node(
      "Transpose", [draft.node("MatMul", [shares, value])],
      [ONNXAttribute(name: "perm", value: .ints([0, 2, 1, 3]))])
    let joined = draft.node("Reshape", [heard, draft.vector("join", [0, 0, Int64(hidden)])])
    let attended = try linear(joined, names.attended, from: hidden, to: hidden)
    let middle = try norm(draft.node("Add", [attended, input]), names.attentionNorm)
    let inner = configuration.intermediateSize
    let active = activation(try linear(middle, names.intermediate, from: hidden, to: inner))
    let output = try linear(active, names.output, from: inner, to: hidden)
    return try norm(draft.node("Add", [output, middle]), names.outputNorm, output: name)
  }

  private mutating func activation(_ value: String) -> String {
    switch configuration.activation {
    case .gelu: draft.node("Gelu", [value])
    case .geluTanh:
      draft.node(
        "Gelu", [value], [ONNXAttribute(name: "approximate", value: .string(Array("tanh".utf8)))])
    case .relu: draft.node("Relu", [value])
    }
  }

  private mutating func linear(
    _ input: String, _ part: String, from inner: Int, to outer: Int
  ) throws(DecomposeError) -> String {
    let matrix = try weights.transposed(part + ".weight", shape: [outer, inner])
    let bias = try weights.tensor(part + ".bias", shape: [outer])
    return draft.node("Add", [draft.node("MatMul", [input, weight(matrix)]), weight(bias)])
  }

  private mutating func norm(
    _ input: String, _ part: String, output: String? = nil
  ) throws(DecomposeError) -> String {
    let shape = [configuration.hiddenSize]
    // Checkpoints of TensorFlow's time say gamma and beta.
    let isOld = !weights.has(part + ".weight") && weights.has(part + ".gamma")
    let scale = try weights.tensor(part + (isOld ? ".gamma" : ".weight"), shape: shape)
    let bias = try weights.tensor(part + (isOld ? ".beta" : ".bias"), shape: shape)
    return draft.node(
      "LayerNormalization", [input, weight(scale), weight(bias)],
      [
        .int("axis", -1), ONNXAttribute(name: "epsilon", value: .float(configuration.epsilon)),
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

  private static func input(_ name: String) -> ONNXValue {
    ONNXValue(
      name: name, elementType: Int(ElementType.int64.rawValue),
      shape: [.symbol("batch"), .symbol("sequence")])
  }

  /// A constant that the file brings, by the same name whatever its checkpoint puts before it.
  private mutating func weight(_ tensor: ONNXTensor) -> String {
    var tensor = tensor
    tensor.name.removeFirst(names.root.count)
    return draft.constant(tensor)
  }
}
