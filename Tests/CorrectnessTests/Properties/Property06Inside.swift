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

  /// No weight, activation, topology or key is in any byte that leaves the enclave, or that reaches it.
  @Suite("Property 6: nothing intermediate leaves the enclave", .tags(.property6))
  struct Property06Inside {
    @Test("no wire ever carries a weight, an activation, a part of the graph or a key")
    func inside() throws {
      let suites = try PropertySuite.bothLifetimes()
      try check(
        name: "property 6", cases: 1000,
        covering: PropertySuite.required
      ) { testCase in
        let suite = suites[try testCase.draw(.integer(in: 0...1), as: "lifetime")]
        let run = try PropertyRun(&testCase, suite)
        for flow in run.flows {
          try testCase.requireNone(of: suite.secrets, in: flow.bytes, "what a wire carried")
        }
      }
    }

    @Test("canary: an activation on the wire is reported, in each spelling", arguments: 0..<3)
    func canary(_ spelling: Int) throws {
      let suite = try PropertySuite()
      let activation = ONNX.bytes(Fixture.input.map { $0 * suite.fixture.model.scale })
      let leak: [UInt8] =
        switch spelling {
        case 0: activation
        case 1: Array(activation.map { Canary.hexadecimal($0) }.joined().utf8)
        default: Array(Canary.base64(activation).utf8)
        }
      #expect(
        expectFalsified("canary 6", "activation") { testCase in
          let run = try PropertyRun(&testCase, suite)
          let carried = run.flows.flatMap(\.bytes) + leak
          try testCase.requireNone(of: suite.secrets, in: carried, "what a wire carried")
        })
    }
  }
#endif
