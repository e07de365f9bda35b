#if Mock
  import EphemeralCrypto
  import EphemeralDecompose
  import EphemeralModel
  import EphemeralWire
  import Foundation
  import PropertyTesting
  import SimulationSupport
  import TestSupport
  import Testing

  /// The blob is noise of a size that the padding rule gives; the topology key has no weight in it.
  @Suite("Property 1: decomposition separates", .tags(.property1))
  struct Property01Separation {
    /// One random model, taken apart.
    struct Parts {
      let topology: [UInt8]
      let blob: [UInt8]
      let weight: [UInt8]
      let nameBytes: Int
      let weights: SecretScanner
      let structure: SecretScanner

      init(_ testCase: inout TestCase, _ folder: String) throws {
        let weight = try testCase.draw(.bytes(count: 12), as: "weight")
        // A weight of few different bytes says nothing: zeros stand in every header too.
        try testCase.assume(Set(weight).count >= 4)
        let name =
          "a layer." + String(try testCase.draw(Generator<UInt32>.integer(), as: "name"), radix: 36)
        let width = try testCase.draw(.integer(in: 4...64), as: "width")
        // Any bits are a float; the same twelve bytes again and again make a weight easy to find.
        let values = (0..<(width * 3)).map { index in
          Float(
            bitPattern: (0..<4).reduce(0 as UInt32) {
              $0 | UInt32(weight[index % 3 * 4 + $1]) << UInt32($1 * 8)
            })
        }
        let model = ONNX.model(
          graph: ONNX.graph(
            nodes: [ONNX.node("MatMul", ["x", name], ["y"])],
            initializers: [ONNX.raw(name, values, shape: [width, 3])],
            inputs: [ONNX.value("x", shape: [nil, width])],
            outputs: [ONNX.value("y", shape: [nil, 3])]))
        let path = folder + "/model.onnx"
        try Data(model).write(to: URL(fileURLWithPath: path))
        _ = try Decomposer.decompose(model: path, to: folder + "/out", options: DecomposeOptions())
        let topology = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/out.ephk")))
        self.topology = topology
        blob = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/out.ephw")))
        var weights = SecretScanner()
        weights.add("weight", weight)
        self.weights = weights
        // The graph's bytes around the operation's name, as the key has them, and the tensor's name.
        let mark = Array("MatMul".utf8)
        guard let place = topology.indices.first(where: { topology[$0...].starts(with: mark) })
        else { throw Violation(message: "the key names no operation") }
        var structure = SecretScanner()
        structure.add("graph", Array(topology[(place - 6)..<(place + 10)]))
        structure.add("initializer's name", Array(name.utf8))
        self.structure = structure
        self.weight = weight
        nameBytes = name.utf8.count
      }

      /// The blob of the same model, taken apart once more.
      func again(_ folder: String) throws -> [UInt8] {
        _ = try Decomposer.decompose(
          model: folder + "/model.onnx", to: folder + "/again", options: DecomposeOptions())
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/again.ephw")))
      }

      /// Chi-square of the bytes behind the header against noise, 255 degrees of freedom.
      static func chiSquare(_ blob: [UInt8]) -> Double {
        var counts = [Int](repeating: 0, count: 256)
        for byte in blob.dropFirst(32) { counts[Int(byte)] += 1 }
        let expected = Double(blob.count - 32) / 256
        return counts.reduce(0) {
          $0 + (Double($1) - expected) * (Double($1) - expected) / expected
        }
      }

      /// Noise is above this once in 10^12 blobs: mean 255, deviation 22.6, the tail of chi-square.
      static let bound = 450.0
    }

    @Test("no weight in the key, no structure in the blob, which is noise; runs share nothing")
    func separation() throws {
      let folder = try TemporaryFolder()
      try check(
        name: "property 1", cases: 1000, covering: [RequiredLabel("long name", share: 0.3)]
      ) { testCase in
        let parts = try Parts(&testCase, folder.path)
        testCase.label("long name", if: parts.nameBytes >= 12)
        try Self.judge(parts.topology, parts.blob, parts, &testCase)
        // The same model once more: one size, one header, and nothing else in common.
        let again = try parts.again(folder.path)
        try testCase.require(again.prefix(32) == parts.blob.prefix(32), "headers differ")
        let equal = zip(again.dropFirst(32), parts.blob.dropFirst(32)).count { $0 == $1 }
        try testCase.require(equal < again.count / 128, "two blobs have \(equal) bytes alike")
      }
    }

    static func judge(
      _ topology: [UInt8], _ blob: [UInt8], _ parts: Parts, _ testCase: inout TestCase
    ) throws {
      try testCase.requireNone(of: parts.weights, in: topology, "the topology key")
      try testCase.requireNone(of: parts.weights, in: blob, "the blob")
      try testCase.requireNone(of: parts.structure, in: blob, "the blob")
      let found = parts.structure.findAll(in: topology)
      try testCase.require(found.contains("graph"), "the graph is not where it must be")
      try testCase.require(blob.count == 32 + 65_536 + 16, "\(blob.count) bytes of blob")
      let statistic = Parts.chiSquare(blob)
      try testCase.require(statistic < Parts.bound, "the blob is no noise: \(statistic)")
    }

    @Test("canary: a weight in the key, a blob that is not sealed", arguments: [false, true])
    func canary(_ unsealed: Bool) throws {
      let folder = try TemporaryFolder()
      #expect(
        expectFalsified("canary 1", unsealed ? "is no noise" : "weight in the topology key") {
          testCase in
          let parts = try Parts(&testCase, folder.path)
          var (topology, blob) = (parts.topology, parts.blob)
          if unsealed {
            for index in 32..<(blob.count / 2) { blob[index] = 0 }
          } else {
            topology += parts.weight
          }
          try Self.judge(topology, blob, parts, &testCase)
        })
    }
  }
#endif
