#if Mock
  import EphemeralCrypto
  import EphemeralModel
  import EphemeralSession
  import EphemeralWire
  import SimulationSupport
  import Testing

  import EphemeralSimulation
  @testable import EphemeralRuntime

  /// One fault a run, anywhere on the way between any two processes.
  @Suite("Faults on the way")
  struct FaultTests {
    private static let input: [Float] = [1, 2, 3, 4]

    enum Fault: CaseIterable, Sendable { case hangUp, blackHole, flip, lose, duplicate, drip }

    /// Every fault at sixty places: the run gives the right answer or a named error, and
    /// nothing is left behind.
    @Test("Right answer or named error, and everything wiped", arguments: Fault.allCases)
    func oneFault(fault: Fault) throws {
      let model = try TinyModel(scale: 7, shift: 1)
      var completed = 0
      var refused = 0
      for seed in 0..<60 {
        let world = try SimulatedWorld(seed: UInt64(seed))
        try world.put(model)
        let random = SimulatedReactor(seed: UInt64(seed) &* 77 &+ 5, unixSeconds: 0)
        let connection = Int(random.nextRandom() % 2)
        let isForward = random.nextRandom().isMultiple(of: 2)
        // Most of the bytes are the blob's; half of the faults go to what comes before.
        let spread: UInt64 = random.nextRandom().isMultiple(of: 2) ? 6_000 : 90_000
        let place = Int(random.nextRandom() % spread)
        var isDone = false
        world.reactor.network.interfere = { flow, offset, bytes in
          guard !isDone, flow.connection == connection, flow.isForward == isForward,
            offset + bytes.count > place
          else { return .pieces([bytes]) }
          isDone = fault != .blackHole && fault != .drip
          return Self.apply(fault, to: bytes, at: max(place - offset, 0))
        }
        let token = Comment(rawValue: "fault \(fault), seed \(seed)")
        do throws(ClientDriverError) {
          let client = world.client
          let run = try client.open(model.key, policy: world.policy)
          let request: SecretBox
          do { request = SecretBox(try TinyModel.request(0, Self.input)) } catch {
            Issue.record("no request")
            return
          }
          guard let taken = request.take() else { return }
          let outcome = try run.infer(taken)
          let answer = (try? TinyModel.answer(outcome.response)) ?? []
          #expect(answer == model.expected(Self.input), token)
          _ = try run.close()
          completed += 1
        } catch {
          refused += 1
          #expect(!error.message.isEmpty)
        }
        world.settle()
        #expect(world.log(.enclave).fault == nil && world.log(.host).fault == nil, token)
        // The survivors serve the next session.
        world.reactor.network.interfere = nil
        let next = try world.client.open(model.key, policy: world.policy)
        _ = try next.close()
        world.settle()
      }
      #expect(completed + refused == 60)
      // A fault that never does anything, or an honest run that never succeeds, proves nothing.
      #expect(completed > 0, "\(fault)")
      #expect(fault == .drip ? refused == 0 : refused > 12, "\(fault): \(refused)")
    }

    private static func apply(_ fault: Fault, to bytes: [UInt8], at place: Int)
      -> SimulatedDelivery
    {
      switch fault {
      case .hangUp: return .hangUp
      case .blackHole: return .blackHole
      case .flip:
        var damaged = bytes
        damaged[min(place, bytes.count - 1)] ^= 0x10
        return .pieces([damaged])
      case .lose: return .pieces([])
      case .duplicate: return .pieces([bytes, bytes])
      case .drip: return .pieces(bytes.prefix(2000).map { [$0] } + [Array(bytes.dropFirst(2000))])
      }
    }
  }
#endif
