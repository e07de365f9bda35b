#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import TestSupport
  import Testing

  @testable import EphemeralRuntime

  /// Everything that a host ever has: what comes to it, what it logs, what it stores.
  @Suite("Property 9: no host state holds a secret", .tags(.property9))
  struct Property09Host {
    @Test("nothing that came to the host, that it logged or stored holds a secret")
    func host() throws {
      let suite = try PropertySuite()
      try check(name: "property 9", cases: 1000, covering: PropertySuite.required) { testCase in
        let run = try PropertyRun(&testCase, suite)
        for bytes in Self.state(of: run) {
          try testCase.requireNone(of: suite.secrets, in: bytes, "the host's state")
        }
      }
      let stored = suite.fixture.folder.read("store/\(suite.fixture.model.name.hexadecimal).ephw")
      #expect(suite.secrets.find(in: try #require(stored)) == nil)
    }

    /// What came to the host from both sides, and its log.
    static func state(of run: PropertyRun) -> [[UInt8]] {
      let (near, far) = (run.world.links[0], run.world.links[1])
      return [
        run.arrivals(at: near.target, isForward: true),
        run.arrivals(at: far.address, isForward: false),
        run.world.lines(.host).flatMap { $0 },
      ]
    }

    @Test("canary: a host that has the input is reported")
    func canary() throws {
      let suite = try PropertySuite()
      let input = ONNX.bytes(Fixture.input)
      #expect(
        expectFalsified("canary 9", "input in the host's state") { testCase in
          let run = try PropertyRun(&testCase, suite)
          for bytes in Self.state(of: run) + [[7] + input] {
            try testCase.requireNone(of: suite.secrets, in: bytes, "the host's state")
          }
        })
    }
  }
#endif
