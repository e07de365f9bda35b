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

  /// After a session nothing of it is left: memory is given back before the wipe is recorded, the
  /// servers hold nothing, every assembled model was wiped. That the client's run is gone and that
  /// nothing follows a wipe, `FaultWorld.session` requires of every session.
  @Suite("Property 5: assemble-then-destroy leaves nothing", .tags(.property5), .serialized)
  struct Property05Destroyed {
    @Test("after any session, memory is given back, wiped before its record, and the run is gone")
    func destroyed() throws {
      let suites = try PropertySuite.bothLifetimes()
      try check(
        name: "property 5", cases: 1000,
        covering: PropertySuite.required + [RequiredLabel("assembled", share: 0.5)]
      ) { testCase in
        let suite = suites[try testCase.draw(.integer(in: 0...1), as: "lifetime")]
        let run = try PropertyRun(&testCase, suite)
        let log = run.world.log(.enclave)
        let assembled = log.count { $0.event == .assembled }
        try Left(
          memory: run.world.memory.usedBytes, atWipe: run.world.heldAtWipe,
          isIdle: run.world.enclave.isIdle && run.world.host.isIdle,
          assembled: assembled, wiped: log.count { $0.event == .wiped }
        ).judge(&testCase)
        testCase.label("assembled", if: assembled > 0)
      }
    }

    /// What a session has left behind.
    struct Left {
      var memory = 0
      var atWipe = 0
      var isIdle = true
      var assembled = 1
      var wiped = 1

      func judge(_ testCase: inout TestCase) throws {
        try testCase.require(memory == 0, "memory is still given out")
        try testCase.require(atWipe == 0, "a wipe was recorded before it was done")
        try testCase.require(isIdle, "a server still holds a session")
        try testCase.require(wiped >= assembled, "assembled \(assembled), wiped \(wiped)")
      }
    }

    @Test(
      "canary: whatever is left behind is reported",
      arguments: [
        (Left(memory: 1), "memory is still given out"),
        (Left(atWipe: 1), "a wipe was recorded before it was done"),
        (Left(isIdle: false), "a server still holds a session"),
        (Left(assembled: 2), "assembled 2, wiped 1"),
      ])
    func canary(_ left: Left, _ words: String) throws {
      #expect(
        expectFalsified("canary 5", words) { testCase in
          let value: UInt64 = try testCase.draw(.integer(), as: "any")
          testCase.label("\(value % 2)")
          try left.judge(&testCase)
        })
    }
  }
#endif
