#if Mock
  import EphemeralWire
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  /// Every byte of every frame between client and enclave is damaged once, and each frame is cut
  /// short: nothing of it may ever go unnoticed.
  ///
  /// The host passes these frames on unchanged, so both connections carry the same bytes; each
  /// position is damaged on one of the two, turn by turn.
  @Suite("Systematic faults")
  struct SystematicTests {
    /// A kind of frame with its place in the session.
    struct Target: CustomTestStringConvertible, Sendable {
      let phase: String
      let type: FrameType
      let isForward: Bool

      var testDescription: String { "\(phase), \(type), \(isForward ? "forward" : "back")" }
    }

    static let targets = [
      Target(phase: "attest", type: .clientHello, isForward: true),
      Target(phase: "attest", type: .evidence, isForward: false),
      Target(phase: "key-exchange", type: .keyExchange, isForward: true),
      Target(phase: "key-exchange", type: .sealed, isForward: false),
      Target(phase: "topology-deliver", type: .sealed, isForward: true),
      Target(phase: "assemble", type: .sealed, isForward: false),
      Target(phase: "infer", type: .sealed, isForward: true),
      Target(phase: "infer", type: .sealed, isForward: false),
      Target(phase: "zeroize", type: .sealed, isForward: true),
      Target(phase: "zeroize", type: .sealed, isForward: false),
    ]

    /// Frames longer than this are cut at every byte of their first and last part only, and
    /// between them at every so many bytes.
    static let wholeFrameBytes = 256
    static let truncationStride = 16

    @Test("A flipped bit in each byte of each frame", arguments: targets)
    func flips(_ target: Target) throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let pairs = try HonestSession(fixture, inferences: 1).pairs(
        target.phase, isForward: target.isForward, type: target.type)
      #expect(!pairs.isEmpty)
      for pair in pairs {
        for byte in 0..<pair[0].byteCount {
          let place = pair[(byte + campaign.choose(2, 0)) % 2]
          campaign.run(place.spot, .flip(byte: byte, bit: campaign.choose(8, byte)))
        }
      }
    }

    @Test("Each frame cut short: payload, stream and connection", arguments: targets)
    func truncations(_ target: Target) throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      let pairs = try HonestSession(fixture, inferences: 1).pairs(
        target.phase, isForward: target.isForward, type: target.type)
      for pair in pairs {
        for count in 0..<pair[0].byteCount where isCut(count, pair[0].byteCount) {
          let place = pair[(count + campaign.choose(2, 0)) % 2]
          let fault: Fault =
            switch campaign.choose(4, count) {
            case 0: .lose(after: count)
            case 1: .cut(after: count)
            default: .shorten(payloadBytes: max(count - Frame.headBytes, 0))
            }
          campaign.run(place.spot, fault)
        }
      }
    }

    @Test("There are more than 10,000 positions, and on both connections the same")
    func positions() throws {
      let honest = try HonestSession(try Fixture(), inferences: 1)
      var count = 0
      for target in Self.targets {
        for pair in honest.pairs(target.phase, isForward: target.isForward, type: target.type) {
          #expect(pair[0].byteCount == pair[1].byteCount)
          count += pair[0].byteCount
        }
      }
      #expect(count > 10_000)
      let relayed = honest.places.filter { $0.spot.hop == .client }
      #expect(count == relayed.reduce(0) { $0 + $1.byteCount })
    }

    @Test("A canary: a fault that nobody must notice is reported as unnoticed")
    func canary() throws {
      let fixture = try Fixture()
      let spot = FrameSpot(hop: .client, isForward: true, index: 0)
      withKnownIssue {
        var campaign = Campaign(fixture)
        campaign.run(spot, .split(pieceBytes: 1))
      } matching: { issue in
        issue.comments.contains { $0.rawValue.contains("the session completed") }
      }
      withKnownIssue {
        var campaign = Campaign(fixture)
        campaign.run(FrameSpot(hop: .client, isForward: true, index: 99), .drop)
      } matching: { issue in
        issue.comments.contains { $0.rawValue.contains("the fault met no frame") }
      }
    }

    private func isCut(_ count: Int, _ whole: Int) -> Bool {
      whole <= Self.wholeFrameBytes || count < 64 || count >= whole - 64
        || count.isMultiple(of: Self.truncationStride)
    }

    @Test("Every byte of a WeightRequest, and of the heads of WeightChunks; samples of the rest")
    func weights() throws {
      let fixture = try Fixture()
      var campaign = Campaign(fixture)
      for place in try HonestSession(fixture, inferences: 1).places {
        guard place.type == .weightRequest || place.type == .weightChunk else { continue }
        var positions = Array(0..<min(place.byteCount, 64))
        if place.byteCount > 64 {
          for sample in 0..<40 {
            positions.append(64 + campaign.choose(place.byteCount - 64, place.spot.index, sample))
          }
        }
        for byte in positions {
          campaign.run(place.spot, .flip(byte: byte, bit: campaign.choose(8, byte)))
          campaign.run(
            place.spot,
            byte < Frame.headBytes
              ? .lose(after: byte) : .shorten(payloadBytes: byte - Frame.headBytes))
        }
      }
    }
  }
#endif
