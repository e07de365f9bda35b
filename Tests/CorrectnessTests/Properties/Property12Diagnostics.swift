#if Mock
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// All that is told to people or kept for them: errors, progress, logs, audit records.
  @Suite("Property 12: diagnostics carry no secret", .tags(.property12))
  struct Property12Diagnostics {
    @Test("no error, progress line, log line or audit record holds a secret")
    func diagnostics() throws {
      let suite = try PropertySuite()
      try check(
        name: "property 12", cases: 1000,
        covering: PropertySuite.required + [RequiredLabel("an error", share: 0.05)]
      ) { testCase in
        let run = try PropertyRun(&testCase, suite)
        let texts = Self.texts(of: run)
        testCase.label("an error", if: run.end.error != nil)
        try Self.judge(texts, suite, &testCase)
      }
    }

    /// Everything that was said, as text.
    static func texts(of run: PropertyRun) -> [String] {
      var texts = run.world.told
      if let error = run.end.error { texts += [error.message, "\(error)"] }
      if let outcome = run.end.outcome { texts.append("\(outcome)") }
      for role in AuditRole.allCases {
        texts += run.world.lines(role).map { String(decoding: $0, as: UTF8.self) }
      }
      return texts
    }

    static func judge(_ texts: [String], _ suite: PropertySuite, _ testCase: inout TestCase) throws
    {
      for text in texts {
        try testCase.requireNone(of: suite.secrets, in: Array(text.utf8), "a diagnostic")
        // Operator and tensor names are the topology's too.
        for name in ["Mul", "tiny"] {
          try testCase.require(!text.contains(name), "a name of the model in a diagnostic")
        }
      }
      try testCase.require(!texts.isEmpty, "nothing was said: nothing was checked")
    }

    @Test(
      "canary: a log line with a weight, or a name of the model, is reported", arguments: [0, 1])
    func canary(_ kind: Int) throws {
      let suite = try PropertySuite()
      let weight = suite.fixture.model.scale.bitPattern
      let bytes = (0..<16).map { UInt8(truncatingIfNeeded: weight >> UInt32($0 % 4 * 8)) }
      let line = kind == 0 ? "weight " + Canary.base64(bytes) : "node Mul failed"
      #expect(
        expectFalsified("canary 12", "in a diagnostic") { testCase in
          let run = try PropertyRun(&testCase, suite)
          try Self.judge(Self.texts(of: run) + [line], suite, &testCase)
        })
    }
  }
#endif
