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
  }
#endif
