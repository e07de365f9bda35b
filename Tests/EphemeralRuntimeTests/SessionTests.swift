#if Mock
  import EphemeralAttestation
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import SimulationSupport
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  @Suite("Sessions over the simulation")
  struct SessionTests {
    static let input: [Float] = [1, -2, 0.5, 100]

    @Test("From attest to zeroize", arguments: [LifetimePolicy.standard, .perInference])
    func wholeSession(lifetime: LifetimePolicy) throws {
      let world = try SimulatedWorld()
      let model = try TinyModel(scale: 3, shift: -1, lifetime: lifetime)
      try world.put(model)
      let client = world.client
      var phases: [String] = []
      client.progress = { if case .phase(let name) = $0 { phases.append(name) } }
      let run = try client.open(model.key, policy: world.policy)
      #expect(run.report?.verdict == .accepted)
      #expect(run.assembled?.modelHash == model.key.modelHash)
      for number in 0..<5 {
        let sequence = try #require(run.nextSequence)
        #expect(sequence == UInt64(number))
        let outcome = try run.infer(TinyModel.request(sequence, Self.input))
        #expect(try TinyModel.answer(outcome.response) == model.expected(Self.input))
        #expect(!outcome.receipt.isEmpty)
      }
      let farewell = try run.close()
      #expect(!farewell.wipeReport.isEmpty)
      #expect(phases.prefix(4) == ["attest", "keyExchange", "topologyDeliver", "assemble"])
      #expect(phases.last == "zeroize")
      #expect(
        run.timings.map(\.name)
          == ["attest", "keyExchange", "topologyDeliver", "assemble", "infer", "zeroize"])
      world.settle()
      let log = world.log(.enclave)
      #expect(log.fault == nil)
      #expect(log.counts[.inferred] == 5 && log.counts[.wiped] == 1)
      #expect(world.log(.host).fault == nil)
    }

    @Test("Attest alone: accepted with pins, genuine without, refused with others")
    func attest() throws {
      let world = try SimulatedWorld()
      #expect(try world.client.attest(policy: world.policy).report.verdict == .accepted)
      let unpinned = try world.client.attest(policy: world.policy.withoutPins())
      #expect(unpinned.report.verdict == .genuineUnpinned)
      let client = world.client
      #expect(throws: ClientDriverError.evidenceRefused) {
        _ = try client.attest(policy: .unpinned)
      }
      #expect(client.lastReport?.failed.contains(.untrustedRoot) == true)
      world.settle()
    }

    @Test("Without pins nothing is inferred")
    func unpinnedInfer() throws {
      let world = try SimulatedWorld()
      let model = try TinyModel(scale: 1, shift: 1)
      let client = world.client
      #expect(throws: ClientDriverError.evidenceRefused) {
        _ = try client.open(model.key, policy: world.policy.withoutPins())
      }
      world.settle()
    }

    @Test("A blob that nobody stored")
    func missingBlob() throws {
      let world = try SimulatedWorld()
      let model = try TinyModel(scale: 1, shift: 1)
      let client = world.client
      #expect(throws: ClientDriverError.aborted(.weightsUnavailable, authenticated: false)) {
        _ = try client.open(model.key, policy: world.policy)
      }
      world.settle()
      #expect(world.log(.enclave).counts[.wiped] == 1)
    }

    @Test("A blob that is not the topology's own")
    func foreignBlob() throws {
      let world = try SimulatedWorld()
      let model = try TinyModel(scale: 1, shift: 1)
      let other = try TinyModel(scale: 2, shift: 1)
      try world.folder.write(other.blob, to: "store/\(model.name.hexadecimal).ephw")
      let client = world.client
      #expect(throws: ClientDriverError.aborted(.blobMismatch, authenticated: false)) {
        _ = try client.open(model.key, policy: world.policy)
      }
      world.settle()
    }

    @Test("64 sessions at once, each with its own model and its own answers")
    func manySessions() throws {
      let world = try SimulatedWorld()
      var runs: [(run: ClientRun, scale: Float)] = []
      for number in 0..<64 {
        let model = try TinyModel(scale: Float(number + 1), shift: 0.5)
        try world.put(model)
        runs.append((try world.client.begin(model.key, policy: world.policy), model.scale))
      }
      world.reactor.run { runs.contains { !$0.run.isReady && $0.run.outcome == nil } }
      #expect(world.enclave.sessionCount == 64)
      for (run, _) in runs { run.send(try TinyModel.request(0, Self.input)) }
      world.reactor.run { runs.contains { !$0.run.hasResult && $0.run.outcome == nil } }
      for (run, scale) in runs {
        let outcome = try run.takeResult()
        #expect(try TinyModel.answer(outcome.response) == Self.input.map { $0 * scale + 0.5 })
      }
      // One too many is told so, and the others do not notice.
      let extra = try TinyModel(scale: 1, shift: 1)
      try world.put(extra)
      let client = world.client
      #expect(throws: ClientDriverError.aborted(.busy, authenticated: false)) {
        _ = try client.open(extra.key, policy: world.policy)
      }
      for (run, _) in runs { run.finish() }
      world.reactor.run { runs.contains { $0.run.outcome == nil } }
      for (run, _) in runs { #expect(run.outcome == .completed) }
      world.settle()
      #expect(world.log(.enclave).fault == nil)
      #expect(world.log(.enclave).counts[.wiped] == 65 - 1)
    }

    @Test("More at the same instant than there are places: the places are filled, the rest refused")
    func rush() throws {
      let world = try SimulatedWorld(maximumSessions: 8)
      let model = try TinyModel(scale: 1, shift: 1)
      try world.put(model)
      let runs = try (0..<20).map { _ in
        try world.client.begin(model.key, policy: world.policy)
      }
      world.reactor.run { runs.contains { !$0.isReady && $0.outcome == nil } }
      #expect(runs.count { $0.isReady } == 8)
      #expect(runs.count { $0.outcome?.code == .busy } == 12)
      for run in runs where run.isReady { run.finish() }
      world.settle()
      #expect(runs.count { $0.outcome == .completed } == 8)
    }

    @Test("A model too large for the enclave, and one too many for its memory")
    func memory() throws {
      let world = try SimulatedWorld(memoryBytes: 100 << 20)
      let first = try TinyModel(scale: 1, shift: 1)
      try world.put(first)
      let second = try TinyModel(scale: 2, shift: 1)
      try world.put(second)
      let run = try world.client.open(first.key, policy: world.policy)
      let client = world.client
      #expect(throws: ClientDriverError.aborted(.busy, authenticated: true)) {
        _ = try client.open(second.key, policy: world.policy)
      }
      let outcome = try run.infer(TinyModel.request(0, Self.input))
      #expect(try TinyModel.answer(outcome.response) == first.expected(Self.input))
      _ = try run.close()
      world.settle()
      _ = try client.open(second.key, policy: world.policy).close()
      world.settle()
      let small = try SimulatedWorld(memoryBytes: 1 << 20)
      try small.put(first)
      let other = small.client
      #expect(throws: ClientDriverError.aborted(.tooLarge, authenticated: true)) {
        _ = try other.open(first.key, policy: small.policy)
      }
      small.settle()
    }

    @Test("A flood of connections that never exchange keys passes, and honest clients get in")
    func halfOpenFlood() throws {
      let world = try SimulatedWorld()
      let model = try TinyModel(scale: 1, shift: 1)
      try world.put(model)
      var probes: [StreamProbe] = []
      for number in 0..<300 {
        let probe = StreamProbe()
        let stream = try world.reactor.connect(to: world.enclaveAddress)
        stream.handler = probe
        if number.isMultiple(of: 2) {
          stream.write(Frame(ClientHello(nonce: [UInt8](repeating: 1, count: 32))).encoded())
        }
        probes.append(probe)
      }
      world.reactor.run(forNanoseconds: 100_000_000)
      #expect(world.enclave.halfOpenCount <= DriverLimits.halfOpenSessions)
      #expect(world.enclave.evidence.outstanding <= DriverLimits.outstandingEvidence)
      world.reactor.run(forNanoseconds: 6_000_000_000)
      #expect(world.enclave.halfOpenCount == 0)
      #expect(probes.allSatisfy { $0.peerHasFinished })
      let run = try world.client.open(model.key, policy: world.policy)
      _ = try run.close()
      world.settle()
    }

    @Test("At most four evidence requests are under way; the others wait their turn")
    func evidenceLine() throws {
      let world = try SimulatedWorld()
      world.reactor.workNanoseconds = 100_000_000
      var probes: [StreamProbe] = []
      for _ in 0..<40 {
        let probe = StreamProbe()
        probe.closesWithPeer = false
        let stream = try world.reactor.connect(to: world.enclaveAddress)
        stream.handler = probe
        stream.write(Frame(ClientHello(nonce: [UInt8](repeating: 1, count: 32))).encoded())
        probes.append(probe)
      }
      var highest = 0
      world.reactor.run {
        highest = max(highest, world.enclave.evidence.outstanding)
        return probes.contains { $0.received.isEmpty }
      }
      #expect(highest == 4)
      #expect(probes.allSatisfy { $0.received.count > 1000 })
    }

    @Test("Stopping the enclave ends every session with a wipe")
    func stop() throws {
      let world = try SimulatedWorld()
      var runs: [ClientRun] = []
      for number in 0..<5 {
        let model = try TinyModel(scale: Float(number), shift: 1)
        try world.put(model)
        runs.append(try world.client.open(model.key, policy: world.policy))
      }
      world.enclave.stop()
      world.reactor.run { runs.contains { $0.outcome == nil } }
      for run in runs { #expect(run.outcome == .aborted(.cancelled, authenticated: true)) }
      world.settle()
      #expect(world.log(.enclave).counts[.wiped] == 5)
      #expect(world.log(.enclave).counts[.stopped] == 1)
    }

    @Test("The enclave's records reach the host's log, and its chain holds")
    func forwardedAudit() throws {
      let world = try SimulatedWorld(forwardsAudit: true)
      let model = try TinyModel(scale: 1, shift: 1)
      try world.put(model)
      for _ in 0..<3 {
        let run = try world.client.open(model.key, policy: world.policy)
        _ = try run.infer(TinyModel.request(0, Self.input))
        _ = try run.close()
      }
      world.settle()
      let log = world.log(.host)
      #expect(log.fault == nil)
      #expect(log.enclaveCounts[.wiped] == 3 && log.enclaveCounts[.inferred] == 3)
      #expect(log.enclaveCounts[.started] == 1)
      #expect(log.missingEnclaveRecords == 0)
    }

    @Test("Pushed, asked for, pushed again, interrupted and resumed")
    func push() throws {
      let world = try SimulatedWorld()
      let model = try TinyModel(
        scale: 1, shift: 1, chunkBytes: 64 << 10, plaintextBytes: 4 << 20)
      try world.folder.write(model.blob, to: "tiny.ephw")
      let path = world.folder.path + "/tiny.ephw"
      #expect(try world.client.have(model.name) == .absent)
      world.reactor.network.interfere = { flow, offset, bytes in
        flow.isForward && offset > 2 << 20 ? .hangUp : .pieces([bytes])
      }
      let client = world.client
      #expect(throws: ClientDriverError.disconnected) { _ = try client.push(path: path) }
      world.reactor.network.interfere = nil
      world.settle()
      guard case .partial(let kept) = try world.client.have(model.name) else {
        Issue.record("nothing was kept")
        return
      }
      let result = try world.client.push(path: path)
      #expect(result.resumedAt == kept && kept > 1 << 20)
      #expect(try world.client.have(model.name) == .stored(byteCount: model.blob.count))
      #expect(try world.client.push(path: path).wasStored)
      world.settle()
      #expect(world.log(.host).counts[.blobStored] == 1)
    }

    @Test("A push into a full store says so and leaves nothing")
    func fullStore() throws {
      let world = try SimulatedWorld(storeBytes: 1000)
      let model = try TinyModel(scale: 1, shift: 1)
      try world.folder.write(model.blob, to: "tiny.ephw")
      let client = world.client
      #expect(throws: ClientDriverError.aborted(.storeFull, authenticated: false)) {
        _ = try client.push(path: world.folder.path + "/tiny.ephw")
      }
      #expect(world.folder.names("store/partial").isEmpty)
      world.settle()
      #expect(world.log(.host).counts[.blobRefused] == 1)
    }
  }
#endif
