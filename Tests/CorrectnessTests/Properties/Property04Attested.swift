#if Mock
  import EphemeralSession
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// Two genuine sessions of the same measurement at once, and a host that diverts frames of one to the
  /// other: whatever the client sealed for one enclave, no other takes it.
  @Suite("Property 4: only the attested enclave can open what the client seals", .tags(.property4))
  struct Property04Attested {
    /// Frames of one direction of the first session's connection on one hop, by type.
    struct Earlier {
      var frames: [Frame] = []
    }

    @Test("a frame of another session in place of this one's ends the session, unanswered")
    func diverted() throws {
      let suite = try PropertySuite()
      try check(
        name: "property 4", cases: 1000,
        covering: ["evidence", "keyExchange", "sealed", "untouched", "forward", "back"].map {
          RequiredLabel($0, share: 0.02)
        }
      ) { testCase in
        let seed: UInt64 = try testCase.draw(.integer(), as: "world")
        let world = try FaultWorld(suite.fixture, seed: seed)
        // The other session, with a genuine enclave of the same measurement, stays open meanwhile.
        let forward = try testCase.draw(.bool(), as: "forward")
        let hop = try testCase.draw(.element(of: Hop.allCases), as: "hop")
        let place = try testCase.draw(.integer(in: 0...6), as: "place")
        let source = try testCase.draw(.integer(in: 0...6), as: "source")
        let diverts = try testCase.draw(.bool(probability: 0.7), as: "diverts")
        var other: [Frame] = []
        let link = world.links[hop.rawValue]
        link.observe = { spot, frame in if spot.isForward == forward { other.append(frame) } }
        link.arm([:])
        let bystander = try world.client.open(suite.fixture.model.key, policy: suite.fixture.policy)
        _ = try bystander.infer(try TinyModel.request(0, Fixture.input))
        link.observe = { _, _ in }
        world.arm([:])
        var count = 0
        var diverted: FrameType?
        link.replaceAt = { spot, frame in
          guard diverts, spot.isForward == forward else { return frame }
          defer { count += 1 }
          guard count == place, source < other.count, other[source] != frame,
            other[source].type != .weightChunk, other[source].type != .weightRequest
          else { return frame }
          diverted = other[source].type
          return other[source]
        }
        let end = try world.attempt(suite.fixture.model.key, inferences: 2)
        testCase.label(diverted.map { "\($0)" } ?? "untouched")
        testCase.label(forward ? "forward" : "back", if: diverted != nil)
        try Self.judge(end, isDiverted: diverted != nil, &testCase)
        try world.judge(end, inferences: 2)
        // The other session never notices.
        let answer = try bystander.infer(try TinyModel.request(1, Fixture.input))
        let values = try TinyModel.answer(answer.response)
        try testCase.require(values == suite.fixture.model.expected(Fixture.input))
        _ = try bystander.close()
        try world.settle()
      }
    }

    /// A diverted frame must end the session; without one it completes.
    static func judge(_ end: SessionEnd, isDiverted: Bool, _ testCase: inout TestCase) throws {
      try testCase.require(
        end.isComplete != isDiverted,
        isDiverted
          ? "a diverted frame was taken" : "no completion: \(String(describing: end.error))")
    }

    @Test("canary: an enclave that takes what was sealed for another is reported")
    func canary() throws {
      let suite = try PropertySuite()
      #expect(
        expectFalsified("canary 4", "a diverted frame was taken") { testCase in
          let seed: UInt64 = try testCase.draw(.integer(), as: "world")
          let world = try FaultWorld(suite.fixture, seed: seed)
          let end = try world.session(suite.fixture.model.key)
          try Self.judge(end, isDiverted: true, &testCase)
        })
    }
  }
#endif
