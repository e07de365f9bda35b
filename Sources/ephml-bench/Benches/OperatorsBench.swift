import EphemeralEngine
import EphemeralRuntime

/// `ephml-bench operators`: the common operators and the fused ones, each by itself.
struct OperatorsBench: BenchCommand {
  static let specification = CommandSpecification(
    "operators", summary: "Time the common operators at the sizes of inference.",
    discussion: """
      Each operator stands once in one model, and seventeen times in a row in another; a sixteenth \
      of the difference is its time, without reading the request and writing the response. Products \
      are told in GFLOP/s, the others in GB/s of input and output together. Groups of operators \
      that the planner fuses stand there as exporters write them. The sizes are those of an encoder \
      of width 384 at 128 tokens, and of an image network.
      """,
    options: [
      .option("--only", "TEXT", "Cases whose names contain this."),
      .option("--threads", "N", "Threads that share an operator; 1 if absent."),
      BenchOptions.rounds(15, "Timed runs of each case"), BenchOptions.json,
    ],
    examples: [
      CommandExample("ephml-bench operators --only Norm", "Times layer normalisation alone.")
    ])

  /// One operator or group, which keeps the shape of what goes through it.
  struct Case: Sendable {
    let name: String
    let shape: [Int]
    /// Writes it behind a value; returns its output.
    let write: @Sendable (inout GraphWriter, String) -> String
  }

  /// Operators between one copy and many.
  static let copies = 16

  private let rounds: Int
  private let threads: Int
  private let only: String?

  init(_ command: ParsedCommand) throws {
    rounds = try BenchOptions.roundCount(command, 15)
    threads = try command.integer(
      "--threads", in: 1...ComputePool.maximumWidth, default: 1)
    only = command.value("--only")
  }

  func run(_ report: Report) throws {
    let cases = Self.cases.filter { only.map($0.name.contains) ?? true }
    if cases.isEmpty { throw BenchFailure("no case is called '\(only ?? "")'") }
    let pool = ComputePool(width: threads)
    defer { pool.stop() }
    for one in cases { report.add(try measure(one, pool)) }
  }

  private func measure(_ one: Case, _ pool: ComputePool) throws -> Measurement {
    let models = try [1, 1 + Self.copies].map { count in
      let source = try ModelSource(making: one.name, Self.model(one, count: count))
      let decomposed = try DecomposedModel(model: source.path)
      return (try decomposed.assembled(pool: pool), try decomposed.request(tokens: nil))
    }
    defer { for (model, _) in models { _ = model.wipe() } }
    var differences: [Double] = []
    for round in -2..<rounds {
      let times = try models.map { model, request in
        try Stopwatch.milliseconds { _ = try model.infer(request: request.span) }
      }
      if round >= 0 { differences.append((times[1] - times[0]) / Double(Self.copies)) }
    }
    let time = max(Statistics.median(differences), 0)
    var measurement = Measurement(
      bench: "operators", name: one.name,
      quantities: [
        .init("ns", "", time * 1e6, "ns"), .init("threads", "threads", count: threads),
      ])
    let adds = models.map { $0.0.multiplyAdds ?? 0 }
    let multiplyAdds = (adds[1] - adds[0]) / Self.copies
    if multiplyAdds > 0 {
      measurement.quantities.append(
        .init("gflops", "or", 2 * Double(multiplyAdds) / (time * 1e6), "GFLOP/s"))
    } else {
      let bytes = 8 * one.shape.reduce(1, *)
      measurement.quantities.append(
        .init("gbps", "or", Double(bytes) / (time * 1e6), "GB/s"))
    }
    measurement.facts["shape"] = one.shape.map(String.init).joined(separator: " × ")
    return measurement
  }

  private static func model(_ one: Case, count: Int) -> [UInt8] {
    var graph = GraphWriter(seed: 5)
    var value = "x"
    for _ in 0..<count { value = one.write(&graph, value) }
    // So that a chain of operators without weights has one, as every blob must.
    graph.add("Add", [value, graph.weight([1], spread: 0.1)], output: "y")
    let shape = one.shape.map { GraphWriter.Dimension.fixed($0) }
    return graph.file(
      inputs: [.init(name: "x", shape: shape)], outputs: [.init(name: "y", shape: shape)])
  }

  // MARK: Cases

  private static let encoder = MadeModels.Encoder.miniLM
  private static let hidden = [1, 128, 384]
  private static let inner = [1, 128, 1_536]
  private static let scores = [1, 12, 128, 128]
  private static let picture = [1, 64, 56, 56]

  static let cases: [Case] =
    simple.map { name, shape in
      Case(name: name, shape: shape) { graph, value in graph.add(name, [value]) }
    } + elements + products + images

  /// Operators of one input and no attributes.
  private static let simple: [(String, [Int])] = [
    ("Relu", inner), ("Tanh", inner), ("Sigmoid", inner), ("Erf", inner), ("Softplus", inner),
    ("Abs", inner), ("Neg", inner),
  ]

  private static let elements: [Case] = [
    Case(name: "Add (vector)", shape: hidden) { graph, value in
      graph.add("Add", [value, graph.weight([384], spread: 0.1)])
    },
    Case(name: "Mul (matrix)", shape: hidden) { graph, value in
      graph.add("Mul", [value, graph.weight([128, 384], spread: 0.1, offset: 1)])
    },
    Case(name: "Softmax", shape: scores) { graph, value in
      graph.add("Softmax", [value], [.int("axis", -1)])
    },
    Case(name: "LayerNormalization", shape: hidden) { graph, value in graph.norm(value, 384) },
    Case(name: "LayerNormalization and residual", shape: hidden) { graph, value in
      graph.norm(graph.add("Add", [value, "x"]), 384)
    },
    Case(name: "Gelu, spelled out", shape: inner) { graph, value in graph.gelu(value) },
    Case(name: "Transpose", shape: [1, 128, 128, 12]) { graph, value in
      graph.add("Transpose", [value], [.ints("perm", [0, 2, 1, 3])])
    },
  ]

  private static let products: [Case] = [
    Case(name: "MatMul", shape: hidden) { graph, value in
      graph.add("MatMul", [value, graph.weight([384, 384], spread: 0.05)])
    },
    Case(name: "Linear", shape: hidden) { graph, value in
      graph.linear(value, from: 384, to: 384)
    },
    Case(name: "Linear, Gelu, Linear", shape: hidden) { graph, value in
      graph.feedForward(value, encoder)
    },
    Case(name: "Attention", shape: hidden) { graph, value in
      graph.attention(value, value, value, encoder, mask: nil)
    },
    Case(name: "Encoder layer", shape: hidden) { graph, value in
      graph.layer(value, encoder, mask: nil)
    },
  ]

  private static let images: [Case] = [
    Case(name: "Conv 3 × 3, BatchNormalization, Relu", shape: picture) { graph, value in
      graph.convolution(value, 64, 64, kernel: 3, isActivated: true)
    },
    Case(name: "Conv 1 × 1, BatchNormalization, Relu", shape: picture) { graph, value in
      graph.convolution(value, 64, 64, kernel: 1, isActivated: true)
    },
    Case(name: "MaxPool 3 × 3", shape: picture) { graph, value in
      graph.add(
        "MaxPool", [value], [.ints("kernel_shape", [3, 3]), .ints("pads", [1, 1, 1, 1])])
    },
  ]
}
