import EphemeralCrypto
import EphemeralModel
import Testing

@testable import EphemeralEngine

@Suite("Assembly, inference and wiping")
struct AssemblyTests {
  /// y = x · w, with weights whose bytes can be found again.
  static func model(
    lifetime: LifetimePolicy = .standard, weights: Int = 100_000
  ) -> TestModel {
    var model = TestModel()
    model.lifetime = lifetime
    let x = model.input("x", .float32, [.symbol(0), .fixed(2)])
    let w = model.constant(
      TestTensor(.float32, [2, weights], [Double](repeating: 1.2345678, count: 2 * weights)))
    let product = model.node("MatMul", 13, [x, w])[0]
    let axes = model.constant(TestTensor(.int64, [1], [1]))
    model.output(
      "y", model.node("ReduceMean", 18, [product, axes], [Attribute("keepdims", .int(0))])[0])
    return model
  }

  static let input = [("x", TestTensor(.float32, [1, 2], [0.7654321, 2]))]

  @Test("Chunks in order make a model with the manifest's hash")
  func assembles() throws {
    let sealed = try Self.model().sealed()
    #expect(sealed.chunks.count > 2)
    let arena = SecretArena(budget: 64 << 20)
    let assembler = try ModelAssembler(key: sealed.key, arena: arena)
    #expect(assembler.chunkCount == sealed.chunks.count)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    let model = try assembler.finish()
    #expect(model.modelHash == sealed.key.modelHash)
    #expect(model.weightBytes == sealed.key.topology.blob.layout.plaintextBytes)
    let result = try model.run(Self.input)[0]
    #expect(abs(result.values[0] - 1.2345678 * 2.7654321) < 1e-5)
    #expect(throws: EngineError.weightsInvalid) { try assembler.finish() }
  }

  @Test(
    "Chunks missing, out of order, twice, changed or cut are refused, and so is all that follows")
  func refusals() throws {
    let sealed = try Self.model().sealed()
    let last = sealed.chunks.count - 1
    func assembler() throws -> ModelAssembler {
      try ModelAssembler(key: sealed.key, arena: SecretArena(budget: 64 << 20))
    }
    let incomplete = try assembler()
    for index in 0..<last { try incomplete.take(sealed, index) }
    #expect(throws: EngineError.weightsInvalid) { try incomplete.finish() }

    let skipping = try assembler()
    #expect(throws: EngineError.weightsInvalid) { try skipping.take(sealed, 1) }
    #expect(throws: EngineError.weightsInvalid) { try skipping.take(sealed, 0) }

    let twice = try assembler()
    try twice.take(sealed, 0)
    #expect(throws: EngineError.weightsInvalid) { try twice.take(sealed, 0) }

    let outside = try assembler()
    for index in [-1, last + 1, .max] {
      #expect(throws: EngineError.weightsInvalid) {
        try outside.receive(
          index: index, header: [], ciphertext: sealed.chunks[0])
      }
    }
    for change in 0..<3 {
      var chunk = sealed.chunks[0]
      var header = sealed.header
      switch change {
      case 0: chunk[100] ^= 1
      case 1: chunk.removeLast()
      default: header[11] ^= 1
      }
      let changed = try assembler()
      #expect(throws: EngineError.weightsInvalid) {
        try changed.receive(index: 0, header: header, ciphertext: chunk)
      }
    }
  }

  @Test("Weights of another model are refused by their digest")
  func otherWeights() throws {
    let sealed = try Self.model().sealed()
    let topology = sealed.key.topology
    let blob = BlobReference(
      blobID: topology.blob.blobID, layout: topology.blob.layout,
      weightsDigest: [UInt8](repeating: 7, count: 32))
    let changed = try Topology(
      modelName: "test", modelVersion: "1", operatorSets: topology.operatorSets, blob: blob,
      tensors: topology.tensors, graph: topology.graph)
    let key = try TopologyKey(topology: changed, blobKey: sealed.key.blobKey.clone())
    let assembler = try ModelAssembler(key: key, arena: SecretArena(budget: 64 << 20))
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    #expect(throws: EngineError.modelMismatch) { try assembler.finish() }
  }

  @Test("A budget too small for the weights is refused before any chunk")
  func budget() throws {
    let sealed = try Self.model().sealed()
    #expect(throws: EngineError.budgetExceeded) {
      try ModelAssembler(key: sealed.key, arena: SecretArena(budget: 100_000))
    }
  }

  @Test("After a wipe nothing of weights or input is left, and the model is gone")
  func wiping() throws {
    let model = try Self.model().assembled()
    let weight = Self.pattern(1.2345678)
    #expect(Self.arena(model.arena, holds: weight))
    _ = try model.run(Self.input)
    #expect(!Self.arena(model.arena, holds: Self.pattern(0.7654321)), "an input outlives its use")
    #expect(!Self.arena(model.arena, holds: Self.pattern(1.2345678 * 2.7654321)))
    #expect(Self.arena(model.arena, holds: weight))
    let mapped = model.arena.mappedBytes
    let count = model.wipe()
    #expect(count.bytes == mapped && count.regions > 0)
    #expect(model.arena.mappedBytes == 0)
    #expect(throws: EngineError.wiped) { try model.run(Self.input) }
    #expect(model.wipe() == SecretArena.WipeCount(regions: 0, bytes: 0))
  }

  @Test("A failed inference leaves nothing of its input either, and the model still works")
  func failing() throws {
    var model = TestModel()
    let x = model.input("x", .int64)
    let y = model.input("y", .int64)
    model.output("z", model.node("Div", 14, [x, y])[0])
    let assembled = try model.assembled()
    let secret = TestTensor(.int64, [2], [81_985_529_216_486_896, 5])
    #expect(throws: EngineError.divisionUndefined) {
      try assembled.run([("x", secret), ("y", TestTensor(.int64, [2], [0, 1]))])
    }
    #expect(!Self.arena(assembled.arena, holds: Array(secret.bytes[..<8])))
    let good = try assembled.run([("x", secret), ("y", TestTensor(.int64, [2], [1, 2]))])
    #expect(good[0].values[1] == 2)
  }

  @Test("A model for one inference at a time has no plaintext between them")
  func perInference() throws {
    let model = try Self.model(lifetime: .perInference).assembled()
    let weight = Self.pattern(1.2345678)
    for round in 0..<3 {
      #expect(!Self.arena(model.arena, holds: weight), "before inference \(round)")
      let result = try model.run(Self.input, sequence: UInt64(round))[0]
      #expect(abs(result.values[0] - 1.2345678 * 2.7654321) < 1e-5)
    }
    #expect(!Self.arena(model.arena, holds: weight))
    _ = model.wipe()
    #expect(throws: EngineError.wiped) { try model.run(Self.input) }
  }

  @Test("A cancelled model runs nothing more")
  func cancelling() throws {
    let model = try Self.model().assembled()
    model.cancel()
    #expect(throws: EngineError.cancelled) { try model.run(Self.input) }
  }

  @Test("Results are the same bits every time")
  func repeatable() throws {
    let model = try Self.model().assembled()
    let first = try model.run(Self.input)
    for _ in 0..<3 { #expect(try model.run(Self.input) == first) }
  }

  static func pattern(_ value: Float) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
  }

  static func arena(_ arena: SecretArena, holds pattern: [UInt8]) -> Bool {
    var found = false
    unsafe arena.inspect { bytes in
      let last = bytes.count - pattern.count
      for at in stride(from: 0, through: last, by: 4) where unsafe bytes[at] == pattern[0] {
        if pattern.indices.allSatisfy({ unsafe bytes[at + $0] == pattern[$0] }) { found = true }
      }
    }
    return found
  }
}
