#if Mock
  import EphemeralAttestation
  import EphemeralMock
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// Both directions: with nothing wrong there is a channel, with anything wrong there is none, and the
  /// client has then sent nothing but its hello.
  @Suite(
    "Property 3: a channel exists exactly when evidence is valid, pinned and fresh",
    .tags(.property3))
  struct Property03Channel {
    /// What may be wrong with the evidence or with what the client pins.
    enum Defect: String, CaseIterable, Sendable {
      case none, debugMode, expiredLeaf, otherImage, otherRoot, noRoot, noSuchPin, expiredPolicy
      case staleEvidence, changedEvidence, lateClock
    }

    /// The devices and policies, which are slow to make.
    struct Bench {
      let suite: PropertySuite
      let devices: [Defect: MockSecurityModule]
      let policies: [Defect: MeasurementPolicy]
      /// Evidence of an earlier session with the very same enclave.
      let stale: Frame

      init() throws {
        suite = try PropertySuite()
        let fixture = suite.fixture
        func device(
          _ image: [UInt8] = [1, 2, 3], root: MockRoot? = nil,
          _ change: (inout MockOptions) -> Void = { _ in }
        ) throws -> MockSecurityModule {
          var options = MockOptions()
          options.clock = { Fixture.start * 1000 }
          change(&options)
          return try MockSecurityModule(
            root: root ?? fixture.module.root, image: MockImage(bytes: image), options: options)
        }
        devices = [
          .debugMode: try device { $0.isDebug = true },
          .expiredLeaf: try device { $0.hasExpiredLeaf = true },
          .otherImage: try device([1, 2, 4]),
          .otherRoot: try device(root: MockRoot(generatedAt: Fixture.start)),
          .lateClock: try device { $0.clock = { (Fixture.start - 4 * 86_400) * 1000 } },
        ]
        let own = fixture.policy
        let stranger = try MeasurementPolicy.Pin(
          pcr0: Array(repeating: 7, count: 48), pcr1: own.measurements[0].pcr1,
          pcr2: own.measurements[0].pcr2)
        policies = [
          .noRoot: try MeasurementPolicy(measurements: own.measurements),
          .noSuchPin: try MeasurementPolicy(
            measurements: [stranger], roots: [fixture.module.root.digest]),
          .expiredPolicy: try MeasurementPolicy(
            measurements: own.measurements, roots: [fixture.module.root.digest],
            expires: Fixture.start - 1),
        ]
        let world = try FaultWorld(fixture, seed: 99)
        var evidence: Frame?
        world.links[0].observe = { _, frame in if frame.type == .evidence { evidence = frame } }
        world.arm([:])
        _ = try world.session(fixture.model.key)
        stale = try #require(evidence)
      }

      /// One session; whether a channel came about, and what the client sent.
      func attempt(_ defect: Defect, _ testCase: inout TestCase) throws -> (
        end: SessionEnd, sent: [FrameType]
      ) {
        let seed: UInt64 = try testCase.draw(.integer(), as: "world")
        let world = try FaultWorld(suite.fixture, seed: seed, device: devices[defect])
        var sent: [FrameType] = []
        world.links[0].observe = { spot, frame in if spot.isForward { sent.append(frame.type) } }
        if defect == .staleEvidence {
          world.links[0].replace = { [stale] in $0.type == .evidence ? stale : $0 }
        }
        if defect == .changedEvidence {
          let place = try testCase.draw(.integer(in: 0...5000), as: "place")
          let bit = try testCase.draw(.integer(in: 0...7), as: "bit")
          world.links[0].replace = { frame in
            guard frame.type == .evidence else { return frame }
            var payload = frame.payload
            payload[place % payload.count] ^= 1 << UInt8(bit)
            return Frame(type: frame.type, payload: payload)
          }
        }
        world.arm([:])
        let end = try world.session(suite.fixture.model.key, policy: policies[defect])
        return (end, sent)
      }
    }

    @Test("with nothing wrong there is a channel; with anything wrong there is none")
    func channel() throws {
      let bench = try Bench()
      try check(
        name: "property 3", cases: 1000,
        covering: Defect.allCases.map { RequiredLabel($0.rawValue, share: 0.01) }
      ) { testCase in
        let isHonest = try testCase.draw(.bool(probability: 0.4), as: "honest")
        let defect =
          isHonest ? Defect.none : try testCase.draw(.element(of: Defect.allCases), as: "defect")
        testCase.label(defect.rawValue)
        let (end, sent) = try bench.attempt(defect, &testCase)
        try Self.judge(defect, end, sent, &testCase)
      }
    }

    static func judge(
      _ defect: Defect, _ end: SessionEnd, _ sent: [FrameType], _ testCase: inout TestCase
    ) throws {
      if defect == .none {
        try testCase.require(end.isComplete && sent.contains(.keyExchange), "no channel: \(end)")
        return
      }
      try testCase.require(
        !sent.contains(.keyExchange) && !sent.contains(.sealed), "a channel in spite of \(defect)")
      let named: [ClientDriverError] = [
        .evidenceRefused, .failed(.evidenceRefused), .failed(.malformed), .failed(.tooLarge),
      ]
      try testCase.require(
        end.error.map(named.contains) ?? false, "\(defect): \(String(describing: end.error))")
    }

    @Test("canary: a client that takes evidence in debug mode is reported")
    func canary() throws {
      let bench = try Bench()
      #expect(
        expectFalsified("canary 3", "in spite of debugMode") { testCase in
          let (end, sent) = try bench.attempt(.none, &testCase)
          try Self.judge(.debugMode, end, sent, &testCase)
        })
    }
  }
#endif
