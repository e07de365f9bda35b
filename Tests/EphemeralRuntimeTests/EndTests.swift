#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import SimulationSupport
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  @Suite("How an enclave's sessions end")
  struct EndTests {
    // MARK: A wipe that hangs

    @Test("A wipe that never ends is reported once, whatever else hangs; an ordinary one never")
    func stuckWipe() throws {
      var calls = 0
      let world = try SimulatedWorld { $0.onStuckWipe = { calls += 1 } }
      let model = try TinyModel(scale: 1, shift: 1)
      try world.put(model)
      let runs = try (0..<3).map { _ in try world.client.open(model.key, policy: world.policy) }
      _ = try runs[0].close()
      world.reactor.run(forNanoseconds: 10 * DriverLimits.wipeNanoseconds)
      #expect(calls == 0)
      // From here on no work that a thread is given comes to its end.
      world.reactor.workNanoseconds = .max
      runs[1].cancel()
      runs[2].cancel()
      world.reactor.run(forNanoseconds: DriverLimits.wipeNanoseconds - 1_000_000_000)
      #expect(calls == 0)
      world.reactor.run(forNanoseconds: 10 * DriverLimits.wipeNanoseconds)
      #expect(calls == 1)
      #expect(world.log(.enclave).counts[.wiped] == 1)
    }

    // MARK: What a stranger may send

    /// Heads that announce as much as their types allow, without a byte behind them.
    @Test(
      "Before there are keys, a frame that cannot come then is refused by its head",
      arguments: [FrameType.sealed, .weightChunk, .putData, .evidence], [0, 1, 2])
    func strangersFrame(type: FrameType, stage: Int) throws {
      let world = try SimulatedWorld()
      let probe = StreamProbe()
      probe.closesWithPeer = false
      let stream = try world.reactor.connect(to: world.enclaveAddress)
      stream.handler = probe
      let hello = Frame(ClientHello(nonce: [UInt8](repeating: 1, count: 32))).encoded()
      if stage > 0 { stream.write(hello) }
      // Listening, attesting, or with Evidence sent.
      if stage == 2 { world.reactor.run { probe.received.isEmpty } }
      var head: [UInt8] = []
      Frame.appendHead(type, payloadBytes: type.maximumPayloadBytes, to: &head)
      stream.write(head)
      world.reactor.run(forNanoseconds: 100_000_000)
      let abort = Frame(Abort(code: .unexpectedMessage)).encoded()
      #expect(Array(probe.received.suffix(abort.count)) == abort)
      stream.close()
      world.settle()
    }

    // MARK: The last record

    @Test("The record of the stop is the last one", arguments: [false, true])
    func lastRecord(forwards: Bool) throws {
      let world = try SimulatedWorld(forwardsAudit: forwards)
      let model = try TinyModel(scale: 1, shift: 1)
      try world.put(model)
      let runs = try (0..<5).map { _ in try world.client.open(model.key, policy: world.policy) }
      world.enclave.stop()
      world.settle()
      for run in runs { #expect(run.outcome == .aborted(.cancelled, authenticated: true)) }
      let lines = world.lines(forwards ? .host : .enclave).split(separator: 0x0a)
      let records = lines.compactMap { AuditRecord(line: Array($0)) }.compactMap {
        forwards ? $0.record.flatMap { AuditRecord(line: Array($0.utf8)) } : $0
      }
      let inOrder = records.sorted { $0.sequence < $1.sequence }
      #expect(inOrder.map(\.sequence) == (0..<UInt64(inOrder.count)).map { $0 })
      #expect(inOrder.count { $0.event == .wiped } == 5)
      #expect(inOrder.count { $0.event == .stopped } == 1)
      #expect(inOrder.last?.event == .stopped)
    }

    @Test("A stop with nobody there is recorded at once, and once")
    func idleStop() throws {
      let world = try SimulatedWorld()
      world.enclave.stop()
      world.enclave.stop()
      world.settle()
      #expect(world.log(.enclave).counts == [.started: 1, .stopped: 1])
    }
  }
#endif
