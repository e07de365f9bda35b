#if Mock
  import EphemeralAttestation
  import EphemeralCrypto
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  @Suite("Sessions of an enclave that keeps sealed blobs")
  struct CachedSessionTests {
    private static let lifetimes = [LifetimePolicy.standard, .perInference]
    private static let bytes = 1 << 20

    private static func world(
      bytes: Int = bytes, forwardsAudit: Bool = false
    ) throws -> SimulatedWorld {
      try SimulatedWorld(forwardsAudit: forwardsAudit) { $0.sealedCacheBytes = bytes }
    }

    /// A whole session with two inferences.
    @discardableResult
    private static func use(
      _ model: TinyModel, _ key: borrowing TopologyKey, in world: SimulatedWorld
    ) throws -> ClientRun {
      let run = try world.client.open(key, policy: world.policy)
      for number in 0..<2 {
        let outcome = try run.infer(
          TinyModel.request(UInt64(number), SessionTests.input))
        #expect(
          try TinyModel.answer(outcome.response) == model.expected(SessionTests.input))
      }
      _ = try run.close()
      world.settle()
      return run
    }

    private static func served(_ world: SimulatedWorld) -> Int {
      world.log(.host).counts[.blobServed] ?? 0
    }

    @Test("A second session fetches nothing", arguments: lifetimes)
    func secondSession(lifetime: LifetimePolicy) throws {
      let world = try Self.world()
      let model = try TinyModel(scale: 3, shift: -1, lifetime: lifetime, chunkBytes: 16 << 10)
      try world.put(model)
      let first = try Self.use(model, model.key, in: world)
      #expect(world.enclave.cache.blobIDs == [model.name.bytes])
      #expect(world.enclave.cache.usedBytes == model.blob.count)
      // There is nothing that could be fetched.
      try world.folder.remove("store/\(model.name.hexadecimal).ephw")
      for _ in 0..<2 {
        let next = try Self.use(model, model.key, in: world)
        #expect(next.assembled?.modelHash == first.assembled?.modelHash)
        #expect(next.assembled?.weightBytes == first.assembled?.weightBytes)
      }
      #expect(Self.served(world) == 1)
      let counts = world.log(.enclave).counts
      #expect(counts[.blobKept] == 1 && counts[.blobReused] == 2 && counts[.blobEvicted] == nil)
      #expect(world.log(.enclave).fault == nil)
      #expect(world.enclave.cache.usedBytes == model.blob.count)
    }

    @Test("Without bytes for it every session fetches", arguments: lifetimes)
    func off(lifetime: LifetimePolicy) throws {
      let world = try Self.world(bytes: 0)
      let model = try TinyModel(scale: 3, shift: -1, lifetime: lifetime)
      try world.put(model)
      for _ in 0..<2 { try Self.use(model, model.key, in: world) }
      #expect(Self.served(world) == 2)
      #expect(world.enclave.cache.usedBytes == 0)
      #expect(world.log(.enclave).counts[.blobReused] == nil)
    }

    @Test("The cached blob is the sealed copy of a session: it is counted once")
    func oneMemory() throws {
      let model = try TinyModel(scale: 3, shift: -1, lifetime: .perInference)
      let plain = try TinyModel(scale: 3, shift: -1)
      var used: [Int] = []
      for (bytes, model) in [(Self.bytes, model), (Self.bytes, plain), (0, model)] {
        let world = try Self.world(bytes: bytes)
        try world.put(model)
        let run = try world.client.open(model.key, policy: world.policy)
        used.append(world.memory.usedBytes)
        #expect(world.enclave.cache.usedBytes == (bytes == 0 ? 0 : model.blob.count))
        _ = try run.close()
        world.settle()
      }
      // The topologies differ in length by what the lifetimes take to be written.
      let parsed = 64 * SessionModel.parsedBytesPerByte
      #expect(abs(used[0] - used[1]) < parsed)
      #expect(used[2] - used[0] == model.blob.count)
    }

    @Test("Sessions share one copy, and it stays as long as one of them lasts")
    func shared() throws {
      let world = try Self.world(bytes: 70 << 10)
      let model = try TinyModel(scale: 3, shift: -1, lifetime: .perInference)
      let other = try TinyModel(scale: 4, shift: -1)
      for model in [model, other] { try world.put(model) }
      try Self.use(model, model.key, in: world)
      let runs = try (0..<3).map { _ in try world.client.open(model.key, policy: world.policy) }
      #expect(Self.served(world) == 1)
      #expect(world.enclave.cache.usedBytes == model.blob.count)
      // The other model has no room while the first is in use: it runs all the same.
      let second = try world.client.open(other.key, policy: world.policy)
      _ = try second.infer(TinyModel.request(0, SessionTests.input))
      _ = try second.close()
      #expect(world.enclave.cache.blobIDs == [model.name.bytes])
      for run in runs {
        let outcome = try run.infer(TinyModel.request(0, SessionTests.input))
        #expect(
          try TinyModel.answer(outcome.response) == model.expected(SessionTests.input))
        _ = try run.close()
      }
      world.settle()
      try Self.use(other, other.key, in: world)
      #expect(world.enclave.cache.blobIDs == [other.name.bytes])
      #expect(world.log(.enclave).counts[.blobEvicted] == 1)
    }

    @Test("A wrong key fails as it would with the host's blob, and costs nobody the entry")
    func wrongKey() throws {
      let world = try Self.world()
      let model = try TinyModel(scale: 3, shift: -1)
      try world.put(model)
      let forged = try TopologyKey(
        topology: model.key.topology, blobKey: SecretBytes(randomCount: 32))
      for isCached in [false, true] {
        #expect(throws: ClientDriverError.aborted(.weightsInvalid, authenticated: true)) {
          _ = try world.client.open(forged, policy: world.policy)
        }
        world.settle()
        #expect(world.enclave.cache.blobIDs.isEmpty != isCached)
        #expect(world.enclave.cache.usedBytes == (isCached ? model.blob.count : 0))
        try Self.use(model, model.key, in: world)
      }
      #expect(Self.served(world) == 2)
      #expect(world.log(.enclave).counts[.blobEvicted] == nil)
    }

    /// Puts a blob whose bytes have changed into the cache, and has one session fail from it.
    private func failFromDamage(_ model: TinyModel, in world: SimulatedWorld) throws {
      let place = world.enclave.cache.makeRoom(for: model.key.topology.blob)
      #expect(place?.fill(with: CachedBlob.blob(of: model, isDamaged: true)) != nil)
      #expect(throws: ClientDriverError.aborted(.weightsInvalid, authenticated: true)) {
        _ = try world.client.open(model.key, policy: world.policy)
      }
      world.settle()
    }

    @Test("An entry whose bytes have changed fails one session and is gone for the next")
    func damaged() throws {
      let world = try Self.world()
      let model = try TinyModel(scale: 3, shift: -1)
      try world.put(model)
      try failFromDamage(model, in: world)
      #expect(world.enclave.cache.usedBytes == 0)
      #expect(world.log(.enclave).counts[.blobEvicted] == 1)
      try Self.use(model, model.key, in: world)
      try Self.use(model, model.key, in: world)
      #expect(Self.served(world) == 1)
    }

    @Test("Nothing is kept of a blob that is not its name's, or that does not come")
    func notAdmitted() throws {
      let world = try Self.world()
      let model = try TinyModel(scale: 1, shift: 1)
      let other = try TinyModel(scale: 2, shift: 1)
      #expect(throws: ClientDriverError.aborted(.weightsUnavailable, authenticated: false)) {
        _ = try world.client.open(model.key, policy: world.policy)
      }
      world.settle()
      try world.folder.write(other.blob, to: "store/\(model.name.hexadecimal).ephw")
      #expect(throws: ClientDriverError.self) {
        _ = try world.client.open(model.key, policy: world.policy)
      }
      world.settle()
      #expect(world.enclave.cache.usedBytes == 0 && world.enclave.cache.blobIDs.isEmpty)
    }

    @Test("The host's log names no blob that was not fetched, and tells of no eviction")
    func silentLog() throws {
      let world = try Self.world(forwardsAudit: true)
      let model = try TinyModel(scale: 3, shift: -1)
      try world.put(model)
      try failFromDamage(model, in: world)
      for _ in 0..<2 { try Self.use(model, model.key, in: world) }
      let summary = world.log(.host)
      #expect(summary.fault == nil)
      #expect(summary.enclaveCounts[.blobKept] == 1 && summary.enclaveCounts[.blobReused] == 2)
      #expect(summary.enclaveCounts[.blobEvicted] == nil)
      let lines = world.lines(.host).split(separator: 0x0a)
      for line in lines where AuditRecord(line: Array(line))?.event == .enclaveRecord {
        #expect(!String(decoding: line, as: UTF8.self).contains(model.name.hexadecimal))
      }
    }

    @Test("How long plaintext was there: until now in a session's life, for each request otherwise")
    func exposure() throws {
      let world = try Self.world()
      for isCached in [false, true] {
        for lifetime in Self.lifetimes {
          let model = try TinyModel(
            scale: isCached ? 1 : 2, shift: 0, lifetime: lifetime, chunkBytes: 16 << 10)
          try world.put(model)
          if isCached { try Self.use(model, model.key, in: world) }
          let run = try world.client.open(model.key, policy: world.policy)
          let began = world.reactor.nowNanoseconds
          var exposures: [UInt64] = []
          for number in 0..<3 {
            world.reactor.run(forNanoseconds: 1_000_000_000)
            exposures.append(
              try run.infer(TinyModel.request(UInt64(number), SessionTests.input))
                .exposureNanoseconds)
          }
          let waited = world.reactor.nowNanoseconds - began
          let report = try run.close().wipeReport
          let key = try #require(run.evidence?.fields.receiptPublic)
          let total = try WipeReport.verify(report, publicKey: key).exposureNanoseconds
          if lifetime == .perInference {
            // The simulation's clock stands still while work is done, and waiting does not count.
            #expect(exposures == [0, 0, 0] && total < 1_000_000_000)
          } else {
            #expect(exposures == exposures.sorted() && exposures[0] >= 1_000_000_000)
            #expect(exposures[2] >= 3_000_000_000 && exposures[2] < waited + 1_000_000_000)
            #expect(total > exposures[2])
          }
          world.settle()
        }
      }
    }
  }
#endif
