#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  import EphemeralCrypto

  /// After a session nothing of it is left with the enclave: memory is given back before the wipe is
  /// recorded, every secret of this process has been freed, and the client's run is gone.
  @Suite("Property 5: assemble-then-destroy leaves nothing", .tags(.property5), .serialized)
  struct Property05Destroyed {
    @Test("after any session, memory is given back, wiped before its record, and the run is gone")
    func destroyed() throws {
      let suites = try PropertySuite.bothLifetimes()
      try check(
        name: "property 5", cases: 1000,
        covering: PropertySuite.required
      ) { testCase in
        let suite = suites[try testCase.draw(.integer(in: 0...1), as: "lifetime")]
        let run = try PropertyRun(&testCase, suite)
        try testCase.require(run.world.memory.usedBytes == 0, "memory is still given out")
        try testCase.require(run.world.heldAtWipe == 0, "a wipe was recorded before it was done")
        try testCase.require(run.world.enclave.isIdle && run.world.host.isIdle)
        let assembled = run.world.log(.enclave).count { $0.event == .assembled }
        let wiped = run.world.log(.enclave).count { $0.event == .wiped }
        try testCase.require(wiped >= assembled, "assembled \(assembled), wiped \(wiped)")
        testCase.label("assembled", if: assembled > 0)
      }
    }

    @Test("canary: memory that a session does not give back is reported")
    func canary() throws {
      let suite = try PropertySuite()
      #expect(
        expectFalsified("canary 5", "memory is still given out") { testCase in
          let run = try PropertyRun(&testCase, suite)
          let leak = run.world.memory.reserve(1)
          defer { if leak { run.world.memory.release(1) } }
          try testCase.require(run.world.memory.usedBytes == 0, "memory is still given out")
        })
    }
  }
#endif
