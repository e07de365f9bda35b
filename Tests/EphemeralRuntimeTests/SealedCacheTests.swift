#if Mock
  import EphemeralCrypto
  import SimulationSupport
  import Synchronization
  import Testing

  @testable import EphemeralModel
  @testable import EphemeralRuntime

  /// Blobs as a cache takes them.
  enum CachedBlob {
    /// The sealed chunks of a model, the first byte changed where `isDamaged`.
    static func chunks(of model: TinyModel, isDamaged: Bool = false) -> [[UInt8]] {
      let layout = model.key.topology.blob.layout
      var chunks = (0..<layout.chunkCount).map { Array(model.blob[layout.fileRange(ofChunk: $0)]) }
      if isDamaged { chunks[0][0] ^= 1 }
      return chunks
    }

    /// A blob in memory; damaged ones are what a fault of the memory would make of it.
    static func blob(of model: TinyModel, isDamaged: Bool = false) -> SealedBlob {
      let reference = model.key.topology.blob
      return SealedBlob(
        blobID: reference.blobID, layout: reference.layout,
        chunks: chunks(of: model, isDamaged: isDamaged))
    }
  }

  extension SealedCache {
    /// Keeps a model's blob, as a session that received it would.
    fileprivate func keep(_ model: TinyModel, isDamaged: Bool = false) -> Loan? {
      makeRoom(for: model.key.topology.blob)?
        .fill(with: CachedBlob.blob(of: model, isDamaged: isDamaged))
    }
  }

  @Suite("Sealed blobs that are kept from one session to the next")
  struct SealedCacheTests {
    private static func models(_ count: Int, plaintextBytes: Int = 64 << 10) throws -> [TinyModel] {
      try (0..<count).map {
        try TinyModel(scale: Float($0), shift: 0, plaintextBytes: plaintextBytes)
      }
    }

    private static func size(_ model: TinyModel) -> Int { model.key.topology.blob.layout.fileBytes }

    @Test("What was used least recently goes first, and never more bytes are kept than the bound")
    func leastRecentlyUsed() throws {
      let models = try Self.models(4)
      let size = Self.size(models[0])
      let cache = SealedCache(totalBytes: 3 * size + 1)
      for model in models[0..<3] { #expect(cache.keep(model) != nil) }
      #expect(cache.usedBytes == 3 * size)
      #expect(cache.lend(models[0].key.topology.blob)?.blob.blobID == models[0].name.bytes)
      #expect(cache.keep(models[3]) != nil)
      #expect(cache.usedBytes == 3 * size)
      #expect(cache.lend(models[1].key.topology.blob) == nil)
      #expect(Set(cache.blobIDs) == Set([0, 2, 3].map { models[$0].name.bytes }))
      #expect(cache.takeEvicted() == [models[1].name.bytes])
      #expect(cache.takeEvicted().isEmpty)
    }

    @Test("Entries are bounded in number too")
    func entries() throws {
      let models = try Self.models(5)
      let cache = SealedCache(totalBytes: .max, maximumEntries: 3)
      for model in models { #expect(cache.keep(model) != nil) }
      #expect(Set(cache.blobIDs) == Set(models[2...].map(\.name.bytes)))
      #expect(cache.usedBytes == 3 * Self.size(models[0]))
    }

    @Test("A blob in use neither goes nor stops counting; what does not fit is not kept")
    func inUse() throws {
      let models = try Self.models(3)
      let size = Self.size(models[0])
      let cache = SealedCache(totalBytes: 2 * size)
      let first = cache.keep(models[0])
      let second = cache.keep(models[1])
      #expect(first != nil && second != nil)
      #expect(cache.makeRoom(for: models[2].key.topology.blob) == nil)
      #expect(cache.usedBytes == 2 * size && cache.blobIDs.count == 2)
      withExtendedLifetime((first, second)) {}
    }

    @Test("What is larger than the bound evicts nothing; a cache of no bytes keeps nothing")
    func tooLarge() throws {
      let small = try Self.models(1)[0]
      let large = try Self.models(1, plaintextBytes: 256 << 10)[0]
      let cache = SealedCache(totalBytes: Self.size(large) - 1)
      #expect(cache.keep(small) != nil)
      #expect(cache.makeRoom(for: large.key.topology.blob) == nil)
      #expect(cache.blobIDs == [small.name.bytes])
      for bytes in [0, -1, .min] {
        let none = SealedCache(totalBytes: bytes)
        #expect(none.makeRoom(for: small.key.topology.blob) == nil && none.usedBytes == 0)
      }
    }

    @Test("Room that is not filled is given back, and only one session receives a blob for all")
    func room() throws {
      let models = try Self.models(2)
      let cache = SealedCache(totalBytes: 2 * Self.size(models[0]))
      var place = cache.makeRoom(for: models[0].key.topology.blob)
      #expect(place != nil && cache.usedBytes == Self.size(models[0]))
      #expect(cache.makeRoom(for: models[0].key.topology.blob) == nil)
      #expect(cache.lend(models[0].key.topology.blob) == nil)
      #expect(place?.fill(with: CachedBlob.blob(of: models[1])) == nil)
      place = nil
      #expect(cache.usedBytes == 0)
      #expect(cache.keep(models[0]) != nil)
      #expect(cache.makeRoom(for: models[0].key.topology.blob) == nil)
    }

    @Test("A topology that states another layout for a name finds nothing")
    func layout() throws {
      let model = try Self.models(1)[0]
      let cache = SealedCache(totalBytes: 1 << 20)
      #expect(cache.keep(model) != nil)
      let other = try TinyModel(scale: 1, shift: 1, chunkBytes: 16 << 10).key.topology.blob
      let reference = BlobReference(
        blobID: model.name.bytes, layout: other.layout, weightsDigest: other.weightsDigest)
      #expect(cache.lend(reference) == nil)
      #expect(cache.makeRoom(for: reference) == nil)
      #expect(cache.lend(model.key.topology.blob) != nil)
    }

    @Test("Whoever is told to stop does not hash a blob to its end, and does not judge it")
    func cancelledExamination() throws {
      let model = try TinyModel(scale: 1, shift: 1, chunkBytes: 4 << 10)
      let cache = SealedCache(totalBytes: 1 << 20)
      let loan = cache.keep(model, isDamaged: true)
      var looks = 0
      loan?.examine {
        looks += 1
        return looks == 3
      }
      #expect(looks == 3 && model.key.topology.blob.layout.chunkCount > 3)
      #expect(cache.blobIDs == [model.name.bytes])
      loan?.examine()
      #expect(cache.blobIDs.isEmpty)
    }

    @Test("An entry is evicted when its bytes have lost their name, and counts until it is let go")
    func damage() throws {
      let models = try Self.models(2)
      let size = Self.size(models[0])
      let cache = SealedCache(totalBytes: 4 * size)
      var damaged = cache.keep(models[0], isDamaged: true)
      let sound = cache.keep(models[1])
      sound?.examine()
      #expect(cache.blobIDs.count == 2)
      damaged?.examine()
      damaged?.examine()
      #expect(cache.blobIDs == [models[1].name.bytes])
      #expect(cache.takeEvicted() == [models[0].name.bytes])
      #expect(cache.usedBytes == 2 * size)
      // A sound copy may come while the damaged one is still in use.
      #expect(cache.keep(models[0]) != nil)
      #expect(cache.usedBytes == 3 * size)
      damaged = nil
      #expect(cache.usedBytes == 2 * size && cache.blobIDs.count == 2)
      withExtendedLifetime(sound) {}
    }
  }
#endif
