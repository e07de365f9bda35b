#if Mock
  import EphemeralCrypto
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  @Suite("What a client or a host can make an enclave hold")
  struct BoundsTests {
    private static func refusal(
      _ topology: borrowing SecretBytes, memoryBytes: Int, taken: Int = 0
    ) throws -> AbortCode? {
      let memory = MemoryBudget(totalBytes: memoryBytes)
      #expect(memory.reserve(taken))
      let model = SessionModel(
        memory: memory, cache: SealedCache(totalBytes: 0), requiresLockedMemory: false,
        clock: { 0 })
      let box = SecretBox(try topology.clone())
      guard case .failure(let failure) = model.admit(box, limits: .standard) else { return nil }
      _ = model.wipe()
      #expect(memory.usedBytes == taken)
      return failure.code
    }

    @Test("The topology that Evidence promises to take is the one that the format allows")
    func topologyBytes() {
      #expect(SessionBounds.topologyBytes == UInt64(ModelBounds.topologyKeyBytes))
    }

    @Test("A response longer than may be sent is not made")
    func responses() throws {
      let model = try TinyModel(scale: 1, shift: 1)
      let request = try TinyModel.request(0, [1, 2, 3, 4])
      // A response is as long as its request, but for the name.
      for (maximum, code) in [(request.count, nil), (request.count - 1, AbortCode.tooLarge)] {
        let session = SessionModel(
          memory: MemoryBudget(totalBytes: 1 << 30), cache: SealedCache(totalBytes: 0),
          requiresLockedMemory: false, clock: { 0 })
        let standard = EnclaveLimits.standard
        let limits = EnclaveLimits(
          maxTopologyBytes: standard.maxTopologyBytes, maxRequestBytes: UInt64(maximum),
          maxWeightBytes: standard.maxWeightBytes, maxSessionSeconds: standard.maxSessionSeconds)
        _ = try session.admit(SecretBox(model.key.encoded()), limits: limits).get()
        for (index, sealed) in CachedBlob.chunks(of: model).enumerated() {
          let header = index == 0 ? Array(model.blob[..<WeightBlobLayout.headerBytes]) : []
          #expect(
            session.open(
              ChunkFields(index: UInt64(index), header: header, ciphertext: sealed)) == nil)
        }
        _ = try session.finish().get()
        let outcome = session.infer(SecretBox(try request.clone()))
        switch outcome {
        case .success: #expect(code == nil)
        case .failure(let failure): #expect(failure.code == code)
        }
        _ = session.wipe()
      }
    }

    @Test("Memory for a parsed topology is taken before it is parsed")
    func parsing() throws {
      // Not a topology at all: only a budget that is asked first gives the first two answers.
      let nonsense = try SecretBytes(count: 4 << 20)
      #expect(try Self.refusal(nonsense, memoryBytes: 64 << 20) == .tooLarge)
      #expect(try Self.refusal(nonsense, memoryBytes: 1 << 30, taken: 1_000 << 20) == .busy)
      #expect(try Self.refusal(nonsense, memoryBytes: 1 << 30) == .topologyInvalid)
    }

    @Test("A declared message size beyond what the enclave takes is refused with the topology")
    func declaredSize() throws {
      let world = try SimulatedWorld()
      let client = world.client
      let largest = try TinyModel(scale: 1, shift: 1, maximumMessageBytes: 64 << 20)
      try world.put(largest)
      let run = try client.open(largest.key, policy: world.policy)
      run.cancel()
      let over = try TinyModel(scale: 1, shift: 1, maximumMessageBytes: 64 << 20 | 1)
      try world.put(over)
      #expect(throws: ClientDriverError.aborted(.tooLarge, authenticated: true)) {
        _ = try client.open(over.key, policy: world.policy)
      }
      world.settle()
    }

    @Test("A request is counted in the memory that all sessions share, while it is held")
    func requests() throws {
      let world = try SimulatedWorld(memoryBytes: 120 << 20)
      let model = try TinyModel(scale: 1, shift: 1)
      try world.put(model)
      let client = world.client
      let run = try client.open(model.key, policy: world.policy)
      let before = world.memory.usedBytes
      _ = try run.infer(TinyModel.request(0, [1, 2, 3, 4]))
      #expect(world.memory.usedBytes == before)
      let long = [Float](repeating: 1, count: 6 << 20)
      #expect(throws: ClientDriverError.aborted(.busy, authenticated: true)) {
        _ = try run.infer(TinyModel.request(1, long))
      }
      world.settle()
      let other = try client.open(model.key, policy: world.policy)
      #expect(world.memory.usedBytes == before)
      // Large, but it fits: then it is judged, and is not what the model takes.
      #expect(throws: ClientDriverError.aborted(.inputInvalid, authenticated: true)) {
        _ = try other.infer(TinyModel.request(0, [Float](repeating: 1, count: 1 << 20)))
      }
      world.settle()
    }

    @Test("The host's log of the enclave's records does not say why a session with keys ended")
    func silentReason() throws {
      for forwards in [true, false] {
        let world = try SimulatedWorld(forwardsAudit: forwards)
        let model = try TinyModel(scale: 1, shift: 1)
        try world.put(model)
        let run = try world.client.open(model.key, policy: world.policy)
        #expect(throws: ClientDriverError.aborted(.inputInvalid, authenticated: true)) {
          _ = try run.infer(TinyModel.request(0, [1]))
        }
        world.settle()
        let lines = world.lines(forwards ? .host : .enclave)
        let log = AuditVerifier.verify(lines)
        #expect(log.fault == nil)
        #expect((forwards ? log.enclaveCounts : log.counts)[.aborted] == 1)
        let text = String(decoding: lines, as: UTF8.self)
        #expect(text.contains("inputInvalid") == !forwards)
      }
    }

    @Test("A wipe does not wait for other sessions' inferences")
    func wipeLane() throws {
      let loop = try EventLoop(computeThreads: 1)
      let other = SerialWork(reactor: loop, lane: .compute)
      let own = SerialWork(reactor: loop, lane: .compute)
      let opened = try #require(Gate())
      var order: [String] = []
      other.submit {
        opened.wait()
      } then: {
        order.append("inferred")
      }
      own.submit(on: .blocking) {
      } then: {
        order.append("wiped")
        opened.open()
      }
      // So that a wipe behind the inference fails the test instead of hanging it.
      _ = loop.schedule(afterNanoseconds: 2_000_000_000) { opened.open() }
      loop.run { order.count < 2 }
      #expect(order == ["wiped", "inferred"])
    }

    @Test("Nor for work of its own that still stands in line behind them")
    func wipeOvertakes() throws {
      let loop = try EventLoop(computeThreads: 1)
      let other = SerialWork(reactor: loop, lane: .compute)
      let own = SerialWork(reactor: loop, lane: .compute)
      let opened = try #require(Gate())
      var order: [String] = []
      other.submit {
        opened.wait()
      } then: {
        order.append("inferred")
      }
      weak var held: SampleSecret?
      do {
        let secret = SampleSecret()
        held = secret
        own.submit {
          _ = secret
        } then: {
          order.append("given up")
        }
      }
      own.dropWaiting()
      #expect(held == nil)
      own.submit(on: .blocking) {
      } then: {
        order.append("wiped")
        opened.open()
      }
      _ = loop.schedule(afterNanoseconds: 2_000_000_000) { opened.open() }
      var isLate = false
      _ = loop.schedule(afterNanoseconds: 3_000_000_000) { isLate = true }
      loop.run { order.count < 2 && !isLate }
      #expect(order == ["wiped", "inferred"])
    }
  }

  /// Something that a piece of work holds.
  private final class SampleSecret: Sendable {}

  /// A gate that one thread waits at until another opens it.
  private final class Gate: Sendable {
    private let counter: EventCounter

    init?() {
      guard let counter = EventCounter(semaphore: true) else { return nil }
      self.counter = counter
    }

    func wait() { counter.take() }
    func open() { counter.add(1) }
  }
#endif
