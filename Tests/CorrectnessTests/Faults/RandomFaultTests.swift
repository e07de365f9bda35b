#if Mock
  import EphemeralModel
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// Several faults in one session, at random moments, of all kinds.
  @Suite("Random faults")
  struct RandomFaultTests {
    static let inferences = 2
    static let frameTypes: [FrameType] = [
      .clientHello, .evidence, .keyExchange, .sealed, .weightRequest, .weightChunk,
    ]

    @Test(
      "The right answer or a named error; harmless faults harm nothing; both sides are wiped",
      arguments: [LifetimePolicy.standard, .perInference])
    func plans(_ lifetime: LifetimePolicy) throws {
      let fixture = try Fixture(lifetime: lifetime)
      let honest = try HonestSession(fixture, inferences: Self.inferences)
      let name = lifetime == .standard ? "session" : "perInference"
      let labels =
        Fault.kinds + HonestSession.phases + Self.frameTypes.map { "\($0)" }
        + ["complete", "failed", "recovered"]
      let report = try check(
        name: "sessions over hostile wires, \(name)", cases: 750,
        covering: labels.map { RequiredLabel($0) }
      ) { testCase in
        let plan = try testCase.draw(FaultPlan.session(honest), as: "plan")
        let seed: UInt64 = try testCase.draw(.integer(), as: "world")
        let recovers = try testCase.draw(.bool(probability: 0.2), as: "recovers")
        let lingers = try testCase.draw(.bool(), as: "lingers")
        let world = try FaultWorld(fixture, seed: seed)
        world.arm(plan.faults)
        let end = try world.session(
          fixture.model.key, inferences: Self.inferences, lingers: lingers)
        try world.judge(end, inferences: Self.inferences)
        for strike in world.struck {
          testCase.label(strike.fault.kind)
          testCase.label("\(strike.type)")
          if let place = honest.place(strike.spot) { testCase.label(place.phase) }
        }
        testCase.label(end.isComplete ? "complete" : "failed")
        let isFatal = Self.isFatal(world.struck, in: honest)
        if isFatal {
          try testCase.require(!end.isComplete, "a fatal fault went unnoticed")
        }
        if world.struck.allSatisfy(\.fault.isHarmless) {
          try testCase.require(end.isComplete, "\(String(describing: end.error))")
        }
        if recovers {
          try world.recover()
          testCase.label("recovered")
        }
      }
      #expect(report.passed >= 1)
    }

    /// Whether what struck cannot have left a session as it was.
    private static func isFatal(
      _ struck: [(spot: FrameSpot, fault: Fault, type: FrameType)], in honest: HonestSession
    ) -> Bool {
      let isCopied = struck.contains { $0.fault == .duplicate }
      // An enclave that ends because of an Abort before Close reads no Close any more, so nobody
      // judges one that was changed before: client and host cannot open it.
      let isCloseUnread = struck.contains { strike in
        guard case .abort = strike.fault else { return false }
        return strike.spot.hop == .enclave && isClose(strike.spot, in: honest)
      }
      return struck.contains { strike in
        switch strike.fault {
        // Before Close an unsealed Abort only makes the enclave wipe a moment earlier: the report
        // that the client then verifies is the one that it asked for.
        case .abort: honest.place(strike.spot)?.phase != "zeroize"
        // Who loses one of two copies has lost nothing.
        case .drop, .lose: !isCopied
        case .flip, .shorten:
          !(isCloseUnread && strike.spot.hop == .client && isClose(strike.spot, in: honest))
        default: strike.fault.isFatal
        }
      }
    }

    /// Whether the frame at a place is the client's Close.
    private static func isClose(_ spot: FrameSpot, in honest: HonestSession) -> Bool {
      spot.isForward && honest.place(spot)?.phase == "zeroize"
    }

    @Test("While one session is disturbed, another on the same servers does not notice")
    func bystander() throws {
      let fixture = try Fixture()
      let honest = try HonestSession(fixture, inferences: 1)
      try check(name: "a bystander of hostile wires", cases: 300) { testCase in
        let plan = try testCase.draw(FaultPlan.session(honest), as: "plan")
        let seed: UInt64 = try testCase.draw(.integer(), as: "world")
        let world = try FaultWorld(fixture, seed: seed)
        let bystander = try world.client.open(fixture.model.key, policy: fixture.policy)
        world.arm(plan.faults)
        let end = try world.attempt(fixture.model.key)
        try world.judge(end)
        // A disturbed session may take the bystander beyond its own longest life.
        if end.seconds < 3000 {
          let answer = try bystander.infer(try TinyModel.request(0, Fixture.input))
          let values = try TinyModel.answer(answer.response)
          try testCase.require(values == fixture.model.expected(Fixture.input))
          _ = try bystander.close()
        } else {
          bystander.cancel()
        }
        try world.settle()
      }
    }

    @Test("Two sessions disturbed at once on the same servers")
    func together() throws {
      let fixture = try Fixture()
      let honest = try HonestSession(fixture, inferences: 1)
      try check(name: "one hostile wire for two sessions", cases: 150) { testCase in
        let plan = try testCase.draw(FaultPlan.session(honest), as: "plan")
        let seed: UInt64 = try testCase.draw(.integer(), as: "world")
        let world = try FaultWorld(fixture, seed: seed)
        world.arm(plan.faults)
        let second = try world.client.begin(fixture.model.key, policy: fixture.policy)
        let end = try world.attempt(fixture.model.key)
        try world.judge(end)
        if second.outcome == nil { second.cancel() }
        try world.settle()
      }
    }
  }
#endif
