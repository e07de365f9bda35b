#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// Results and requests travel in Sealed frames alone, and what is in them is in no other place.
  @Suite("Property 7: results leave only sealed", .tags(.property7))
  struct Property07Sealed {
    @Test("after KeyConfirm the client gets nothing but Sealed, or a cleartext Abort that ends it")
    func sealed() throws {
      let suite = try PropertySuite()
      try check(name: "property 7", cases: 1000, covering: PropertySuite.required) { testCase in
        let run = try PropertyRun(&testCase, suite)
        for flow in run.flows {
          try testCase.requireNone(of: suite.secrets, in: flow.bytes, "what a wire carried")
        }
        try Self.judge(run.frames.map { ($0.spot, $0.frame) }, &testCase)
        if !run.end.answers.isEmpty {
          // KeyConfirm, Assembled, and one for each answer.
          let sealed = run.frames.count {
            $0.spot.hop == .enclave && !$0.spot.isForward && $0.frame.type == .sealed
          }
          try testCase.require(sealed >= 2 + run.end.answers.count, "\(sealed) sealed frames")
          testCase.label("answered")
        }
      }
    }

    /// What the enclave sends towards the client, in order.
    static func judge(_ frames: [(FrameSpot, Frame)], _ testCase: inout TestCase) throws {
      var isKeyed = false
      for (spot, frame) in frames where spot.hop == .enclave && !spot.isForward {
        switch frame.type {
        case .sealed: isKeyed = true
        case .evidence: try testCase.require(!isKeyed, "Evidence after KeyConfirm")
        case .abort: try testCase.require(!isKeyed, "the enclave's Abort is not sealed")
        case .weightRequest, .audit: break
        default: try testCase.require(false, "the enclave sent \(frame.type)")
        }
      }
    }

    @Test("canary: a result in the clear is reported")
    func canary() throws {
      let suite = try PropertySuite()
      #expect(
        expectFalsified("canary 7", "the enclave sent") { testCase in
          let run = try PropertyRun(&testCase, suite)
          var frames = run.frames.map { ($0.spot, $0.frame) }
          let spot = FrameSpot(hop: .enclave, isForward: false, index: frames.count)
          frames.append((spot, Frame(type: .haveReply, payload: [1, 2, 3])))
          try Self.judge(frames, &testCase)
        })
    }
  }
#endif
