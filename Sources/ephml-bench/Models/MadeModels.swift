/// Models that are made here, of the shapes that people use, with weights from a seed.
enum MadeModels {
  /// An encoder as BERT's.
  struct Encoder {
    var layers = 6
    var width = 384
    var heads = 12
    var inner = 1_536
    var words = 30_522
    var positions = 512

    /// The shape of all-MiniLM-L6-v2.
    static let miniLM = Encoder()
    /// A small one, for trying things out.
    static let tiny = Encoder(
      layers: 1, width: 32, heads: 4, inner: 64, words: 32_768, positions: 512)
  }

  /// Token ids in, hidden states out.
  static func encoder(_ shape: Encoder, seed: UInt64 = 1) -> [UInt8] {
    var graph = GraphWriter(seed: seed)
    let words = graph.weight([shape.words, shape.width], spread: 0.1)
    let kinds = graph.weight([2, shape.width], spread: 0.1)
    let positions = graph.weight([shape.positions, shape.width], spread: 0.1)
    var value = graph.add(
      "Add",
      [
        graph.add("Gather", [words, "input_ids"]), graph.add("Gather", [kinds, "token_type_ids"]),
      ])
    let length = graph.add(
      "Gather", [graph.add("Shape", ["input_ids"]), graph.integers([1])])
    let (zero, axis) = (graph.integers([0]), graph.integers([0]))
    value = graph.add("Add", [value, graph.add("Slice", [positions, zero, length, axis])])
    value = graph.norm(value, shape.width)
    let places = graph.integers([1, 2])
    let open = graph.add(
      "Unsqueeze", [graph.add("Cast", ["attention_mask"], [.int("to", 1)]), places])
    let closed = graph.add("Sub", [graph.scalar(1), open])
    let mask = graph.add("Mul", [closed, graph.scalar(-3.4e38)])
    for layer in 0..<shape.layers {
      let isLast = layer == shape.layers - 1
      value = graph.layer(
        value, shape, mask: mask, output: isLast ? "last_hidden_state" : nil)
    }
    let dimensions: [GraphWriter.Dimension] = [.open("batch"), .open("sequence")]
    return graph.file(
      inputs: ["input_ids", "attention_mask", "token_type_ids"].map {
        GraphWriter.Value(name: $0, type: 7, shape: dimensions)
      },
      outputs: [
        GraphWriter.Value(name: "last_hidden_state", shape: dimensions + [.fixed(shape.width)])
      ])
  }

  /// ResNet-50: an image of 224 × 224 in, a thousand scores out.
  static func residualNetwork(seed: UInt64 = 1) -> [UInt8] {
    var graph = GraphWriter(seed: seed)
    var value = graph.convolution("image", 3, 64, kernel: 7, stride: 2, isActivated: true)
    value = graph.add(
      "MaxPool", [value],
      [.ints("kernel_shape", [3, 3]), .ints("strides", [2, 2]), .ints("pads", [1, 1, 1, 1])])
    var channels = 64
    for (stage, blocks) in [3, 4, 6, 3].enumerated() {
      let middle = 64 << stage
      for block in 0..<blocks {
        let stride = block == 0 && stage > 0 ? 2 : 1
        var branch = graph.convolution(value, channels, middle, kernel: 1, isActivated: true)
        branch = graph.convolution(
          branch, middle, middle, kernel: 3, stride: stride, isActivated: true)
        branch = graph.convolution(branch, middle, 4 * middle, kernel: 1)
        let shortcut =
          block == 0
          ? graph.convolution(value, channels, 4 * middle, kernel: 1, stride: stride) : value
        value = graph.add("Relu", [graph.add("Add", [branch, shortcut])])
        channels = 4 * middle
      }
    }
    value = graph.add("Flatten", [graph.add("GlobalAveragePool", [value])], [.int("axis", 1)])
    let (weights, bias) = (
      graph.weight([channels, 1_000], spread: 0.02), graph.weight([1_000], spread: 0.02)
    )
    graph.add("Gemm", [value, weights, bias], output: "scores")
    return graph.file(
      inputs: [.init(name: "image", shape: [1, 3, 224, 224].map { .fixed($0) })],
      outputs: [.init(name: "scores", shape: [.fixed(1), .fixed(1_000)])])
  }

  /// A perceptron of two layers: `x` [n, width] in, `y` of the same shape out.
  static func perceptron(width: Int, seed: UInt64) -> [UInt8] {
    var graph = GraphWriter(seed: seed)
    let hidden = graph.add("Relu", [graph.linear("x", from: width, to: width)])
    graph.linear(hidden, from: width, to: width, output: "y")
    let shape: [GraphWriter.Dimension] = [.open("n"), .fixed(width)]
    return graph.file(
      inputs: [.init(name: "x", shape: shape)], outputs: [.init(name: "y", shape: shape)])
  }
}

extension GraphWriter {
  /// x · W + b.
  @discardableResult
  mutating func linear(
    _ input: String, from rows: Int, to columns: Int, output: String? = nil
  ) -> String {
    let weights = weight([rows, columns], spread: 0.05)
    let bias = weight([columns], spread: 0.02)
    return add("Add", [add("MatMul", [input, weights]), bias], output: output)
  }

  /// Layer normalisation of the last axis.
  mutating func norm(_ input: String, _ width: Int, output: String? = nil) -> String {
    let (scale, bias) = (weight([width], spread: 0.1, offset: 1), weight([width], spread: 0.02))
    return add(
      "LayerNormalization", [input, scale, bias], [.int("axis", -1), .float("epsilon", 1e-12)],
      output: output)
  }

  /// The Gaussian error linear unit, spelled out as exporters do.
  mutating func gelu(_ input: String) -> String {
    let root = scalar(Float(2).squareRoot())
    let error = add("Erf", [add("Div", [input, root])])
    let sum = add("Add", [error, scalar(1)])
    return add("Mul", [add("Mul", [input, sum]), scalar(0.5)])
  }

  /// Attention of projected queries, keys and values [batch, length, width].
  mutating func attention(
    _ query: String, _ key: String, _ value: String, _ shape: MadeModels.Encoder, mask: String?
  ) -> String {
    let width = shape.width / shape.heads
    let split = integers([0, 0, Int64(shape.heads), Int64(width)])
    let heads = [query, key, value].enumerated().map { index, input in
      add(
        "Transpose", [add("Reshape", [input, split])],
        [.ints("perm", index == 1 ? [0, 2, 3, 1] : [0, 2, 1, 3])])
    }
    let root = scalar(Float(width).squareRoot())
    var scores = add("Div", [add("MatMul", [heads[0], heads[1]]), root])
    if let mask { scores = add("Add", [scores, mask]) }
    let weights = add("Softmax", [scores], [.int("axis", -1)])
    let mixed = add(
      "Transpose", [add("MatMul", [weights, heads[2]])], [.ints("perm", [0, 2, 1, 3])])
    let joined = integers([0, 0, Int64(shape.width)])
    return add("Reshape", [mixed, joined])
  }

  /// A feed-forward block: linear, activation, linear.
  mutating func feedForward(_ input: String, _ shape: MadeModels.Encoder) -> String {
    let inner = gelu(linear(input, from: shape.width, to: shape.inner))
    return linear(inner, from: shape.inner, to: shape.width)
  }

  /// One layer of an encoder.
  mutating func layer(
    _ input: String, _ shape: MadeModels.Encoder, mask: String?, output: String? = nil
  ) -> String {
    let width = shape.width
    let (query, key, value) = (
      linear(input, from: width, to: width), linear(input, from: width, to: width),
      linear(input, from: width, to: width)
    )
    let mixed = linear(
      attention(query, key, value, shape, mask: mask), from: width, to: width)
    let middle = norm(add("Add", [mixed, input]), width)
    return norm(add("Add", [feedForward(middle, shape), middle]), width, output: output)
  }

  /// A convolution with batch normalisation, and Relu where `isActivated`.
  mutating func convolution(
    _ input: String, _ from: Int, _ to: Int, kernel: Int, stride: Int = 1, isActivated: Bool = false
  ) -> String {
    let spread = (3 / Float(from * kernel * kernel)).squareRoot()
    let weights = weight([to, from, kernel, kernel], spread: spread)
    let sides = [Int](repeating: kernel / 2, count: 4)
    let plain = add(
      "Conv", [input, weights],
      [
        .ints("kernel_shape", [kernel, kernel]), .ints("strides", [stride, stride]),
        .ints("pads", sides),
      ])
    let parameters = [
      weight([to], spread: 0.1, offset: 1), weight([to], spread: 0.1), weight([to], spread: 0.1),
      weight([to], spread: 0.1, offset: 1),
    ]
    let normal = add("BatchNormalization", [plain] + parameters)
    return isActivated ? add("Relu", [normal]) : normal
  }
}
