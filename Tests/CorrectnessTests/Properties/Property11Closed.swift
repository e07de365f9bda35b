#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// Whatever goes wrong, and whenever: no answer but the right one, a named error, everything cleaned
  /// up, and the same servers serve the next session.
  @Suite("Property 11: every error fails closed and cleans up", .tags(.property11))
  struct Property11Closed {
    @Test("after any fault there is a named error or the right answer, and the next session works")
    func closed() throws {
      let suites = try PropertySuite.bothLifetimes()
      try check(
        name: "property 11", cases: 1000,
        covering: (Fault.kinds + HonestSession.phases + ["complete", "failed", "recovered"])
          .map { RequiredLabel($0) }
      ) { testCase in
        let suite = suites[try testCase.draw(.integer(in: 0...1), as: "lifetime")]
        let run = try PropertyRun(&testCase, suite, alwaysFaulty: true)
        try Self.judge(run, run.end)
        if try testCase.draw(.bool(probability: 0.2), as: "recovers") {
          try run.world.recover()
          testCase.label("recovered")
        }
      }
    }

    /// A session that ended early has a named error, and no answer that is not the right one.
    static func judge(_ run: PropertyRun, _ end: SessionEnd) throws {
      try run.world.judge(end, inferences: run.inferences)
      guard end.isComplete || run.world.log(.enclave).allSatisfy({ $0.event != .closed }) else {
        throw Violation(message: "the enclave closed in order, the client did not")
      }
    }

    @Test("canary: an answer that is not the right one is reported")
    func canary() throws {
      let suite = try PropertySuite()
      #expect(
        expectFalsified("canary 11", "a wrong answer") { testCase in
          let run = try PropertyRun(&testCase, suite)
          var end = run.end
          end.answers.append([0, 0, 0, 0])
          try Self.judge(run, end)
        })
    }
  }
#endif
