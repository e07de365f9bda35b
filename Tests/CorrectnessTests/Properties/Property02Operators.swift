#if Mock
  import EphemeralDecompose
  import EphemeralModel
  import Foundation
  import PropertyTesting
  import SimulationSupport
  import TestSupport
  import Testing

  /// The list of what is supported is written here once more, by hand, with the operator sets in which
  /// each operator took its present form: the catalogue does not judge itself.
  @Suite(
    "Property 2: a model is accepted exactly when every operator is supported", .tags(.property2))
  struct Property02Operators {
    /// Operators from floats to floats, element by element, and the first operator set that has them.
    static let supported: [(name: String, first: Int)] = [
      ("Relu", 7), ("Neg", 7), ("Abs", 7), ("Exp", 7), ("Sqrt", 7), ("Tanh", 7), ("Sigmoid", 7),
      ("Floor", 7), ("Ceil", 7), ("Reciprocal", 7), ("Log", 7), ("Identity", 7), ("Erf", 9),
      ("Sign", 9), ("Round", 11),
    ]
    /// Operators of ONNX that the engine does not run, misspellings, and other domains' operators.
    static let unsupported: [(name: String, domain: String)] = [
      ("Multinomial", ""), ("StringNormalizer", ""), ("Bernoulli", ""), ("relu", ""), ("Relu ", ""),
      ("ReLU", ""),
      ("Nonsense", ""), ("Gelu", "com.microsoft"), ("Relu", "example"),
      ("TreeEnsemble", "ai.onnx.ml"),
    ]

    @Test(
      "one operator that is not supported refuses the model by its name; without one it is taken")
    func operators() throws {
      let folder = try TemporaryFolder()
      let operatorSets = 7...28
      try check(
        name: "property 2", cases: 1000,
        covering: [
          RequiredLabel("accepted", share: 0.2), RequiredLabel("refused", share: 0.2),
          RequiredLabel("too early", share: 0.02),
        ]
      ) { testCase in
        let version = try testCase.draw(.integer(in: operatorSets), as: "operator set")
        let isSupported = try testCase.draw(
          .array(of: .bool(probability: 0.85), count: 1...5), as: "supported")
        var nodes: [(name: String, domain: String)] = []
        var wrong: [String] = []
        for isGood in isSupported {
          if isGood {
            let pick = try testCase.draw(.integer(in: 0...Self.supported.count - 1), as: "operator")
            let (name, first) = Self.supported[pick]
            nodes.append((name, ""))
            if first > version {
              wrong.append(name)
              testCase.label("too early")
            }
          } else {
            let pick = try testCase.draw(
              .integer(in: 0...Self.unsupported.count - 1), as: "stranger")
            nodes.append(Self.unsupported[pick])
            wrong.append(Self.unsupported[pick].name)
          }
        }
        testCase.label(wrong.isEmpty ? "accepted" : "refused")
        let verdict = try Self.verdict(nodes, version, folder.path)
        try Self.judge(verdict, wrong, &testCase)
      }
    }

    /// The names that decomposition refuses; empty where it takes the model.
    static func verdict(
      _ nodes: [(name: String, domain: String)], _ version: Int, _ folder: String
    ) throws -> [String] {
      let chain = nodes.enumerated().map { index, node in
        ONNX.node(
          node.name, [index == 0 ? "x" : "v\(index)"],
          [index == nodes.count - 1 ? "y" : "v\(index + 1)"], domain: node.domain)
      }
      let model = ONNX.model(
        graph: ONNX.graph(nodes: chain, inputs: [ONNX.value("x")], outputs: [ONNX.value("y")]),
        opset: version, domains: ["com.microsoft", "example", "ai.onnx.ml"])
      try Data(model).write(to: URL(fileURLWithPath: folder + "/model.onnx"))
      do {
        _ = try Decomposer.decompose(
          model: folder + "/model.onnx", to: folder + "/out", options: DecomposeOptions())
        return []
      } catch {
        guard case .unsupportedOperators(let list) = error.problem else { throw error }
        return list.map(\.operation)
      }
    }

    /// Exactly the operators that are not supported are named.
    static func judge(_ refused: [String], _ wrong: [String], _ testCase: inout TestCase) throws {
      try testCase.require(
        Set(refused) == Set(wrong), "refused \(refused.sorted()), not \(wrong.sorted())")
    }

    @Test("canary: a catalogue that takes one more operator is reported")
    func canary() throws {
      let folder = try TemporaryFolder()
      #expect(
        expectFalsified("canary 2", "refused [], not") { testCase in
          let version = try testCase.draw(.integer(in: 7...28), as: "operator set")
          var refused = try Self.verdict([("Relu", ""), ("Multinomial", "")], version, folder.path)
          refused.removeAll { $0 == "Multinomial" }
          try Self.judge(refused, ["Multinomial"], &testCase)
        })
    }
  }
#endif
