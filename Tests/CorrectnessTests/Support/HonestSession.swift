#if Mock
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  /// The frames of a session that nobody disturbs: where faults can strike, and what they strike.
  struct HonestSession {
    /// One frame on one connection.
    struct Place {
      let spot: FrameSpot
      let type: FrameType
      let payloadBytes: Int
      /// The session's phase in which the frame travels.
      let phase: String

      var byteCount: Int { Frame.headBytes + payloadBytes }
    }

    static let phases = [
      "attest", "key-exchange", "topology-deliver", "assemble", "infer", "zeroize",
    ]

    let places: [Place]

    init(_ fixture: Fixture, inferences: Int, forwardsAudit: Bool = false) throws {
      let world = try FaultWorld(fixture, seed: 1, forwardsAudit: forwardsAudit)
      var seen: [(spot: FrameSpot, frame: Frame)] = []
      for link in world.links { link.observe = { seen.append(($0, $1)) } }
      world.arm([:])
      let end = try world.session(fixture.model.key, inferences: inferences)
      try world.judge(end, inferences: inferences)
      try #require(end.isComplete)
      var sealed: [Bool: [Hop: Int]] = [:]
      places = seen.map { spot, frame in
        let number = sealed[spot.isForward, default: [:]][spot.hop, default: 0]
        if frame.type == .sealed { sealed[spot.isForward, default: [:]][spot.hop] = number + 1 }
        return Place(
          spot: spot, type: frame.type, payloadBytes: frame.payload.count,
          phase: Self.phase(
            of: frame.type, isForward: spot.isForward, sealed: number, inferences: inferences))
      }
    }

    /// What the `sealed`th record of a direction carries follows from the order of the protocol.
    private static func phase(
      of type: FrameType, isForward: Bool, sealed: Int, inferences: Int
    ) -> String {
      switch type {
      case .clientHello, .evidence: return "attest"
      case .keyExchange: return "key-exchange"
      case .weightRequest, .weightChunk: return "assemble"
      case .sealed:
        let opening = isForward ? ["topology-deliver"] : ["key-exchange", "assemble"]
        if sealed < opening.count { return opening[sealed] }
        return sealed < opening.count + inferences ? "infer" : "zeroize"
      default: return "none"
      }
    }

    /// A place's phase; nil where the honest session has no frame.
    func place(_ spot: FrameSpot) -> Place? { places.first { $0.spot == spot } }

    /// The places of one phase and direction: the same frame on both connections.
    func pairs(_ phase: String, isForward: Bool, type: FrameType) -> [[Place]] {
      let all = places.filter {
        $0.phase == phase && $0.spot.isForward == isForward && $0.type == type
      }
      let near = all.filter { $0.spot.hop == .client }
      let far = all.filter { $0.spot.hop == .enclave }
      return zip(near, far).map { [$0, $1] }
    }
  }
#endif
