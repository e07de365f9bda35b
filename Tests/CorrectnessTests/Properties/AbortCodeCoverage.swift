#if Mock
  import EphemeralAttestation
  import EphemeralModel
  import EphemeralSession
  import EphemeralSimulation
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// Every code that an Abort may carry, met by a session of the real drivers, or by the suite named
  /// here with the reason why no such session can meet it.
  @Suite("Every abort code is met")
  struct AbortCodeCoverage {
    /// Codes that a genuine peer and a working machine never give: what reaches them instead.
    static let elsewhere: [AbortCode: String] = [
      .topologyInvalid: "TopologyFaultTests: no client can build such a topology key",
      .modelMismatch: "CellTests: a genuine enclave assembles the client's own model",
      .inferenceFailed: "CellTests: the engine accepts no model that it cannot run",
      .sequenceExhausted: "CellTests: 2^24 records take too long",
      .internalError: "CellTests: a driver's mistake, which every session here forbids",
      .storeFull: "WeightStoreTests: needs a full disk",
      .blobMismatch: "PushFaultTests: of pushes, not of sessions",
      .receiptInvalid: "CellTests: a genuine enclave's receipts hold",
    ]

    /// What is done to a session so that it ends with a code.
    enum Scenario: AbortCode.RawValue, CaseIterable, Sendable {
      case unexpectedMessage = 1
      case malformed = 2
      case unsupportedVersion = 3
      case evidenceRefused = 4
      case keyExchangeFailed = 5
      case recordInvalid = 6
      case unsupportedOperator = 8
      case tooLarge = 9
      case busy = 10
      case weightsUnavailable = 11
      case weightsInvalid = 12
      case inputInvalid = 14
      case lifetimeEnded = 16
      case deadlineExceeded = 17
      case cancelled = 19
      case peerClosed = 20
      case attestationUnavailable = 22
      case enclaveUnreachable = 23
    }

    @Test("no code is forgotten")
    func complete() throws {
      let met = try Scenario.allCases.map { try #require(AbortCode(rawValue: $0.rawValue)) }
      #expect(Set(met).union(Self.elsewhere.keys) == Set(AbortCode.allCases))
      #expect(Set(met).isDisjoint(with: Self.elsewhere.keys))
    }

    @Test("a session ends with the code", arguments: Scenario.allCases)
    func met(_ scenario: Scenario) throws {
      let code = try #require(AbortCode(rawValue: scenario.rawValue))
      let codes = try Self.run(scenario)
      #expect(codes.contains(code), "\(codes)")
    }

    /// The codes that client, enclave and host named at the end of the session.
    static func run(_ scenario: Scenario) throws -> [AbortCode] {
      let fixture = try Fixture(
        lifetime: scenario == .lifetimeEnded
          ? .session(maximumInferences: 1, maximumSeconds: 600) : .standard)
      let device: (any AttestationDevice)? =
        scenario == .attestationUnavailable ? BrokenDevice() : nil
      let world = try FaultWorld(fixture, seed: 5, device: device) { options in
        if scenario == .tooLarge {
          options.limits = EnclaveLimits(
            maxTopologyBytes: 10, maxRequestBytes: 1 << 20, maxWeightBytes: 1 << 20,
            maxSessionSeconds: 600)
        }
        if scenario == .busy { options.maximumSessions = 0 }
      }
      world.arm(faults(of: scenario))
      world.links[0].replace = { replacement(of: $0, in: scenario) }
      let model =
        scenario == .unsupportedOperator
        ? try TinyModel(scale: 3, shift: -1, operation: "Multinomial") : fixture.model
      if scenario == .weightsUnavailable { try fixture.emptyStore() }
      if scenario == .enclaveUnreachable { world.enclave.stop() }
      let end: SessionEnd
      switch scenario {
      case .evidenceRefused:
        end = try world.attempt(
          model.key, policy: MeasurementPolicy(measurements: fixture.policy.measurements))
      case .cancelled:
        let run = try world.client.begin(model.key, policy: fixture.policy)
        run.cancel()
        try world.step { run.outcome == nil }
        end = SessionEnd(outcome: run.outcome)
      case .inputInvalid:
        let run = try world.client.begin(model.key, policy: fixture.policy)
        try world.step { !run.isReady && run.outcome == nil }
        run.send(try TinyModel.request(0, [1, 2, 3]))
        try world.step { run.outcome == nil }
        end = SessionEnd(outcome: run.outcome)
      default: end = try world.attempt(model.key, inferences: 2)
      }
      world.reactor.run(forNanoseconds: 700_000_000_000)
      let logged: [String] = AuditRole.allCases.flatMap { world.log($0) }.compactMap { $0.code }
      let codes = AbortCode.allCases.filter { logged.contains("\($0)") }
      if let code = end.outcome?.code { return codes + [code] }
      return codes
    }

    private static func faults(of scenario: Scenario) -> [FrameSpot: Fault] {
      func spot(_ hop: Hop, _ isForward: Bool, _ index: Int) -> FrameSpot {
        FrameSpot(hop: hop, isForward: isForward, index: index)
      }
      switch scenario {
      case .keyExchangeFailed: return [spot(.client, true, 1): .flip(byte: 60, bit: 1)]
      case .recordInvalid: return [spot(.client, true, 2): .flip(byte: 60, bit: 1)]
      case .weightsInvalid: return [spot(.enclave, true, 4): .flip(byte: 200, bit: 1)]
      case .deadlineExceeded: return [spot(.client, false, 0): .silence]
      case .peerClosed: return [spot(.client, true, 2): .cut(after: 10)]
      default: return [:]
      }
    }

    private static func replacement(of frame: Frame, in scenario: Scenario) -> Frame {
      switch (scenario, frame.type) {
      case (.unexpectedMessage, .evidence): return Frame(type: .haveReply, payload: [0])
      case (.malformed, .evidence): return Frame(type: .evidence, payload: [0])
      case (.unsupportedVersion, .clientHello):
        var payload = frame.payload
        payload[1] = 2
        return Frame(type: .clientHello, payload: payload)
      default: return frame
      }
    }

    /// A device that never has a document.
    private struct BrokenDevice: AttestationDevice {
      func process(_ request: [UInt8]) throws(AttestationDeviceError) -> [UInt8] {
        NSMResponse.error(.internalError).encoded()
      }
    }
  }
#endif
