#if Mock
  import EphemeralCrypto
  import EphemeralWire
  import PropertyTesting
  import SimulationSupport
  import Testing

  @testable import EphemeralRuntime

  /// The enclave's audit records leave through the host: records may be lost on the way, but none
  /// is altered unseen.
  @Suite("Faults in forwarded audit records")
  struct AuditFaultTests {
    @Test("A changed record is refused, breaks the chain, or differs from the wipe report's head")
    func records() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let honest = try HonestSession(fixture, inferences: 1, forwardsAudit: true)
      let places = honest.places.filter { $0.type == .audit }
      #expect(places.count >= 5)
      for place in places {
        for byte in stride(from: campaign.choose(3, place.spot.index), to: place.byteCount, by: 3) {
          let bit = campaign.choose(8, byte)
          campaign.audit(place.spot, .flip(byte: byte, bit: bit))
        }
        for fault in [.drop, .duplicate, .reorder, .shorten(payloadBytes: 40)] as [Fault] {
          campaign.audit(place.spot, fault)
        }
      }
    }
  }

  extension Campaign {
    /// Runs a session with a fault in an Audit frame: it completes or fails by name, and the host's
    /// log never shows other records than the enclave's own as whole.
    fileprivate mutating func audit(_ spot: FrameSpot, _ fault: Fault) {
      count()
      let (fixture, seed) = (fixture, SeededRandom.mix(seed, UInt64(caseCount)))
      attempt("\(spot), \(fault)") {
        let world = try FaultWorld(fixture, seed: seed, forwardsAudit: true)
        var sent: [[UInt8]] = []
        for link in world.links {
          link.observe = { _, frame in
            guard frame.type == .audit, let audit = try? Audit(decoding: frame.payload.span) else {
              return
            }
            sent.append(audit.record)
          }
        }
        world.arm([spot: fault])
        let end = try world.session(fixture.model.key)
        try world.judge(end)
        guard world.struck.count == 1 else { throw Violation(message: "the fault met no frame") }
        let kept = world.log(.host).compactMap { $0.record.map { Array($0.utf8) } }
        guard kept.contains(where: { !sent.contains($0) }) else { return }
        let summary = world.summary(.host)
        let isWhole = summary.fault == nil && summary.missingEnclaveRecords == 0
        // The last record of a session has no successor; the wipe report names its hash.
        let isLast = kept.last.map { SHA256.hash($0) } == sent.last.map { SHA256.hash($0) }
        guard !isWhole || !isLast else {
          throw Violation(message: "an altered record went unnoticed")
        }
      }
    }
  }
#endif
