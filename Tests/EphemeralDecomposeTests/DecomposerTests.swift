import EphemeralCrypto
import EphemeralDecompose
import EphemeralModel
import Foundation
import TestSupport
import Testing

@Suite("Decomposer")
struct DecomposerTests {
  @Test("A perceptron comes apart and its parts fit together")
  func perceptron() throws {
    let bench = try Workbench()
    let result = try bench.decompose(ONNX.perceptron())
    let (topology, weights) = try bench.openPair()
    #expect(topology == result.topology)
    #expect(topology.modelName == "model" && topology.modelVersion == "3")
    #expect(topology.graph.nodes.map(\.operation) == ["Gemm", "Relu"])
    #expect(topology.graph.nodes.map(\.sinceVersion) == [13, 14])
    #expect(topology.graph.inputs.map(\.name) == ["x"])
    #expect(topology.graph.inputs[0].shape == [.symbol(0), .fixed(4)])
    #expect(topology.graph.outputs[0].shape == [.symbol(0), .fixed(3)])
    // The unused initializer is dropped; the others lie aligned, in the order of their use.
    #expect(topology.tensors.count == 2)
    let expected: [[Float]] = [[1, 2, 3], [0.5] + (1..<12).map { Float($0) / 7 }]
    for (constant, floats) in zip(topology.graph.constants, expected) {
      #expect(Workbench.values(topology, weights, constant.tensor) == ONNX.bytes(floats))
    }
    #expect(weights.count == 65_536)
    let used = Set(
      topology.tensors.flatMap { Array($0.offset..<($0.offset + $0.byteCount)) })
    #expect(weights.indices.allSatisfy { used.contains($0) || weights[$0] == 0 })
    #expect(result.weightBytes == 64 + 48)
  }

  @Test("The key is the owner's alone; every run draws a new one")
  func freshKeys() throws {
    let bench = try Workbench()
    let first = try bench.decompose(ONNX.perceptron())
    let blob = try bench.read("out.ephw")
    let mode = try FileManager.default.attributesOfItem(atPath: first.topologyPath)[
      .posixPermissions]
    #expect((mode as? Int) == 0o600)
    let second = try bench.decompose(ONNX.perceptron())
    #expect(first.topology.graph == second.topology.graph)
    #expect(first.topology.blob.weightsDigest == second.topology.blob.weightsDigest)
    #expect(first.topology.blob.blobID != second.topology.blob.blobID)
    #expect(first.modelHash != second.modelHash)
    let again = try bench.read("out.ephw")
    #expect(blob.count == again.count && blob[..<32] == again[..<32])
    #expect(zip(blob[32...], again[32...]).filter { $0 == $1 }.count < blob.count / 128)
    #expect(try bench.names() == ["model.onnx", "out.ephk", "out.ephw"])
  }

  @Test("The blob holds no structure and the topology no weight")
  func separation() throws {
    let bench = try Workbench()
    let canary = Float(bitPattern: 0x4c41_5259)
    _ = try bench.decompose(ONNX.perceptron(canary: canary))
    let blob = try bench.read("out.ephw")
    let topology = try bench.read("out.ephk")
    for name in ["hidden", "Gemm", "Relu", "dense", "secret", "pixels", "tests", "unused"] {
      #expect(!blob.contains(Array(name.utf8)), "\(name) in the blob")
    }
    for name in ["hidden", "dense", "secret", "tests", "unused"] {
      #expect(!topology.contains(Array(name.utf8)), "\(name) in the topology")
    }
    #expect(topology.contains(Array("Gemm".utf8)))
    let weights = ONNX.bytes([canary])
    #expect(try bench.read("model.onnx").contains(weights))
    #expect(try bench.openPair().weights.contains(weights))
    #expect(!topology.contains(weights) && !topology.contains(Array(weights.reversed())))
    #expect(!blob.contains(weights))
    // The header says how long the file is and nothing else.
    #expect(Array(blob[..<8]) == Array("EPHW".utf8) + [0, 1, 0, 0])
    #expect(blob[16..<32].allSatisfy { $0 == 0 })
    #expect(blob.count == 32 + 65_536 + 16)
  }

  @Test("Models of other shapes and of the same size class have blobs of one size")
  func sizes() throws {
    let bench = try Workbench()
    _ = try bench.decompose(ONNX.perceptron())
    let first = try bench.read("out.ephw").count
    let wide = ONNX.model(
      graph: ONNX.graph(
        nodes: [ONNX.node("Add", ["x", "w"], ["y"])],
        initializers: [ONNX.raw("w", [Float](repeating: 1, count: 10_000), shape: [10_000])],
        inputs: [ONNX.value("x", shape: [10_000])], outputs: [ONNX.value("y", shape: [10_000])]))
    _ = try bench.decompose(wide)
    #expect(try bench.read("out.ephw").count == first)
  }

  @Test("A passphrase seals the key file")
  func passphrase() throws {
    let bench = try Workbench()
    let path = try bench.write(ONNX.perceptron())
    var options = DecomposeOptions()
    options.passphraseCost = try Scrypt.Cost(cost: 16, blockSize: 1, lanes: 1)
    options.lifetime = .perInference
    let secret = Array("a passphrase".utf8)
    let result = try Decomposer.decompose(
      model: path, to: bench.folder.appendingPathComponent("out").path, options: options,
      passphrase: secret.span)
    let file = try bench.read("out.ephk")
    let isSealed = TopologyKey.isSealed(file.span)
    #expect(isSealed)
    let key = try TopologyKey(opening: file.span, passphrase: secret.span)
    let (hash, lifetime) = (key.modelHash, key.topology.lifetime)
    #expect(hash == result.modelHash)
    #expect(lifetime == .perInference)
  }

  @Test("Progress is told from the first byte to the last")
  func progress() throws {
    let bench = try Workbench()
    let path = try bench.write(ONNX.perceptron())
    var steps: [DecomposeProgress] = []
    _ = try Decomposer.decompose(
      model: path, to: bench.folder.appendingPathComponent("out").path,
      progress: { steps.append($0) })
    #expect(steps == [.reading, .sealing(done: 65_536, of: 65_536), .finishing])
  }

  @Test("The bundled digits model decomposes")
  func digits() throws {
    let bench = try Workbench()
    let result = try bench.decompose(try Workbench.digits())
    #expect(result.topology.nodeCount > 4)
    #expect(try bench.openPair().topology == result.topology)
  }
}
