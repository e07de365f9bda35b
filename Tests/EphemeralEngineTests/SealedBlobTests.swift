import EphemeralCrypto
import Testing

@testable import EphemeralEngine
@testable import EphemeralModel

@Suite("Assembly from a sealed blob in memory")
struct SealedBlobTests {
  /// The blob of a model as an assembly from the host leaves it.
  private static func blob(of sealed: borrowing TestModel.Sealed) throws -> SealedBlob {
    let assembler = try ModelAssembler(
      key: sealed.key, arena: SecretArena(budget: 64 << 20), keepsSealed: true)
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    #expect(assembler.sealedBlob == nil, "a blob before its digest was compared")
    _ = try assembler.finish()
    return try assembler.sealedBlob.orThrow()
  }

  private static func assemble(
    _ sealed: borrowing TestModel.Sealed, from blob: SealedBlob, pool: ComputePool = .shared
  ) throws -> AssembledModel {
    let assembler = try ModelAssembler(
      key: sealed.key, arena: SecretArena(budget: 64 << 20), pool: pool)
    try assembler.assemble(from: blob)
    let model = try assembler.finish()
    #expect(assembler.sealedBlob === blob || sealed.key.topology.lifetime != .perInference)
    return model
  }

  /// The blob with other chunks, as if its memory had been changed.
  private static func changed(
    _ blob: SealedBlob, _ change: (inout [[UInt8]]) -> Void
  ) -> SealedBlob {
    var chunks = (0..<blob.layout.chunkCount).map { blob.chunk($0) }
    change(&chunks)
    return SealedBlob(blobID: blob.blobID, layout: blob.layout, chunks: chunks)
  }

  @Test(
    "A model from the blob is the model from the host, with any number of threads",
    arguments: [LifetimePolicy.standard, .perInference], 1...4)
  func equality(_ lifetime: LifetimePolicy, _ width: Int) throws {
    let pool = ComputePool(width: width)
    defer { pool.stop() }
    let model = AssemblyTests.model(lifetime: lifetime)
    let expected = try model.assembled().run(AssemblyTests.input)
    let sealed = try model.sealed()
    let blob = try Self.blob(of: sealed)
    #expect(blob.byteCount == sealed.key.topology.blob.layout.fileBytes)
    #expect(blob.blobID == sealed.key.topology.blob.blobID)
    for index in sealed.chunks.indices { #expect(blob.chunk(index) == sealed.chunks[index]) }
    for _ in 0..<2 {
      let assembled = try Self.assemble(sealed, from: blob, pool: pool)
      #expect(assembled.modelHash == sealed.key.modelHash)
      #expect(try assembled.run(AssemblyTests.input) == expected)
    }
  }

  @Test("The blob shares its bytes with what came")
  func sharing() throws {
    let sealed = try AssemblyTests.model().sealed()
    let blob = try Self.blob(of: sealed)
    for index in sealed.chunks.indices {
      let addresses = [sealed.chunks[index], blob.chunk(index)].map { chunk in
        unsafe chunk.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      }
      #expect(addresses[0] == addresses[1])
    }
  }

  @Test("Without being asked an assembly keeps no sealed chunk")
  func unasked() throws {
    let sealed = try AssemblyTests.model().sealed()
    let assembler = try ModelAssembler(key: sealed.key, arena: SecretArena(budget: 64 << 20))
    for index in sealed.chunks.indices { try assembler.take(sealed, index) }
    _ = try assembler.finish()
    #expect(assembler.sealedBlob == nil)
  }

  @Test("A changed, exchanged or cut chunk in memory is refused", arguments: 1...3)
  func refusals(_ width: Int) throws {
    let pool = ComputePool(width: width)
    defer { pool.stop() }
    let sealed = try AssemblyTests.model().sealed()
    let blob = try Self.blob(of: sealed)
    let last = blob.layout.lastIndex
    let changes: [(inout [[UInt8]]) -> Void] = [
      { $0[0][0] ^= 1 }, { $0[last][100] ^= 128 },
      { $0[1][$0[1].count - 1] ^= 1 }, { $0.swapAt(0, 1) }, { $0[last].removeLast() },
    ]
    for change in changes {
      #expect(throws: EngineError.weightsInvalid) {
        try Self.assemble(sealed, from: Self.changed(blob, change), pool: pool)
      }
    }
  }

  @Test("Another blob, and weights of another digest, are refused from the host and from memory")
  func digests() throws {
    let sealed = try AssemblyTests.model().sealed()
    let blob = try Self.blob(of: sealed)
    let other = try Self.blob(of: AssemblyTests.model(weights: 100_001).sealed())
    #expect(throws: EngineError.modelMismatch) { try Self.assemble(sealed, from: other) }

    let reference = sealed.key.topology.blob
    let wrong = [UInt8](repeating: 7, count: 32)
    for isName in [true, false] {
      let changed = BlobReference(
        blobID: isName ? wrong : reference.blobID, layout: reference.layout,
        weightsDigest: isName ? reference.weightsDigest : wrong)
      let topology = sealed.key.topology
      let key = try TopologyKey(
        topology: Topology(
          modelName: "test", modelVersion: "1", operatorSets: topology.operatorSets,
          blob: changed, tensors: topology.tensors, graph: topology.graph),
        blobKey: sealed.key.blobKey.clone())
      let fetching = try ModelAssembler(
        key: key, arena: SecretArena(budget: 64 << 20), keepsSealed: true)
      for index in sealed.chunks.indices { try fetching.take(sealed, index) }
      #expect(throws: EngineError.modelMismatch) { try fetching.finish() }
      #expect(fetching.sealedBlob == nil, "a blob whose digest is another")
      let cached = try ModelAssembler(key: key, arena: SecretArena(budget: 64 << 20))
      #expect(throws: EngineError.modelMismatch) { try cached.assemble(from: blob) }
      #expect(throws: EngineError.weightsInvalid) { try cached.finish() }
    }
  }

  @Test("Chunks and a blob do not go together, and a cancelled assembly ends")
  func order() throws {
    let sealed = try AssemblyTests.model().sealed()
    let blob = try Self.blob(of: sealed)
    func assembler() throws -> ModelAssembler {
      try ModelAssembler(key: sealed.key, arena: SecretArena(budget: 64 << 20))
    }
    let begun = try assembler()
    try begun.take(sealed, 0)
    #expect(throws: EngineError.weightsInvalid) { try begun.assemble(from: blob) }
    #expect(throws: EngineError.weightsInvalid) { try begun.take(sealed, 1) }
    let whole = try assembler()
    try whole.assemble(from: blob)
    #expect(throws: EngineError.weightsInvalid) { try whole.take(sealed, 0) }
    #expect(throws: EngineError.weightsInvalid) { try whole.finish() }
    let twice = try assembler()
    try twice.assemble(from: blob)
    #expect(throws: EngineError.weightsInvalid) { try twice.assemble(from: blob) }
    let cancelled = try assembler()
    cancelled.cancel()
    #expect(throws: EngineError.cancelled) { try cancelled.assemble(from: blob) }
  }
}
