#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// What the host passes on is what came, byte for byte and in order, and afterwards it has none of it.
  @Suite("Property 8: the host forwards session frames unchanged and keeps none", .tags(.property8))
  struct Property08Relay {
    /// The frames that a host relays (`Spec/Protocol.md §2`).
    static let relayed: [FrameType] = [.clientHello, .evidence, .keyExchange, .sealed, .abort]

    @Test("each session frame that leaves the host came to it, unchanged, in order; none stays")
    func relay() throws {
      let suite = try PropertySuite()
      let before = suite.fixture.folder.names("store")
      try check(
        name: "property 8", cases: 1000,
        covering: PropertySuite.required + [RequiredLabel("relayed", share: 0.05)]
      ) { testCase in
        let run = try PropertyRun(&testCase, suite)
        let passed = Passed(run)
        try Self.judge(passed.fromClient, passed.toEnclave, &testCase)
        try Self.judge(passed.fromEnclave, passed.toClient, &testCase)
        testCase.label("relayed", if: passed.toEnclave.count > 2)
        try testCase.require(suite.fixture.folder.names("store") == before, "the store changed")
        let kept = run.world.lines(.host).flatMap { $0 }
        try testCase.require(
          SecretScanner(of: passed.fromClient + passed.fromEnclave).find(in: kept) == nil,
          "a frame is in the host's log")
      }
    }

    /// The frames on the four sides of the host.
    struct Passed {
      let fromClient: [Frame]
      let toEnclave: [Frame]
      let fromEnclave: [Frame]
      let toClient: [Frame]

      init(_ run: PropertyRun) {
        func frames(_ bytes: [UInt8]) -> [Frame] {
          PropertyRun.decode(bytes).filter { Property08Relay.relayed.contains($0.type) }
        }
        // The first link stands before the host, the second between host and enclave.
        let (near, far) = (run.world.links[0], run.world.links[1])
        fromClient = frames(run.arrivals(at: near.target, isForward: true))
        toClient = frames(run.arrivals(at: near.target, isForward: false))
        toEnclave = frames(run.arrivals(at: far.address, isForward: true))
        fromEnclave = frames(run.arrivals(at: far.address, isForward: false))
      }
    }

    /// Each frame that went out is the next one that came in; only an Abort may be the host's own.
    static func judge(_ came: [Frame], _ went: [Frame], _ testCase: inout TestCase) throws {
      for (index, frame) in went.enumerated() {
        if index < came.count, came[index] == frame { continue }
        let isLast = index == went.count - 1
        try testCase.require(
          frame.type == .abort && isLast, "frame \(index) is not the one that came: \(frame.type)")
      }
    }

    @Test(
      "canary: a frame that the host changes, or sends twice, is reported",
      arguments: [false, true])
    func canary(_ twice: Bool) throws {
      let suite = try PropertySuite()
      #expect(
        expectFalsified("canary 8", "is not the one that came") { testCase in
          let run = try PropertyRun(&testCase, suite)
          let passed = Passed(run)
          try testCase.assume(passed.toEnclave.count > 2)
          var went = passed.toEnclave
          if twice {
            went.insert(went[0], at: 0)
          } else {
            went[1] = Frame(type: went[1].type, payload: went[1].payload.map { $0 ^ 1 })
          }
          try Self.judge(passed.fromClient, went, &testCase)
        })
    }
  }

  extension SecretScanner {
    /// Looks for the beginning of each payload that is long enough not to occur by chance.
    fileprivate init(of frames: [Frame]) {
      self.init()
      for frame in frames where frame.payload.count >= 32 {
        add("a \(frame.type) frame", Array(frame.payload.prefix(24)))
      }
    }
  }
#endif
