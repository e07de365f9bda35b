#if Mock
  import EphemeralWire
  import PropertyTesting

  /// Faults for several frames of one session, at most one for each.
  struct FaultPlan: CustomStringConvertible, Sendable {
    let faults: [FrameSpot: Fault]

    var description: String {
      let parts = faults.map { "\($0.key): \($0.value)" }.sorted()
      return "[" + parts.joined(separator: "; ") + "]"
    }

    /// Faults for a session whose frames are known; the places of a fault lie inside its frame.
    static func session(_ honest: HonestSession, count: Int = 6) -> Generator<FaultPlan> {
      // The phase first: most frames are the weights', and most faults end a session, so places
      // drawn evenly would hardly ever reach the last phases.
      let phases = HonestSession.phases.map { phase in
        honest.places.filter { $0.phase == phase }.map { ($0.spot, $0.byteCount) }
      }.filter { !$0.isEmpty }
      let entry = Generator<Int>.integer(in: 0...phases.count - 1).flatMap { phase in
        Generator<Int>.integer(in: 0...phases[phase].count - 1).flatMap { index in
          let (spot, count) = phases[phase][index]
          return fault(frameBytes: count).map { (spot, $0) }
        }
      }
      return plan(of: entry, count: count)
    }

    /// Faults for the few frames of a push.
    static let push = plan(
      of: Generator<Int>.integer(in: 0...4).flatMap { number in
        // PutBegin, one PutData; PutStatus twice; what a second attempt would send.
        let spot = FrameSpot(hop: .client, isForward: number < 3, index: number % 3)
        return fault(frameBytes: number == 1 ? 60_000 : 8).map { (spot, $0) }
      })

    private static func plan(
      of entry: Generator<(FrameSpot, Fault)>, count: Int = 6
    ) -> Generator<FaultPlan> {
      Generator<[(FrameSpot, Fault)]>.array(of: entry, count: 1...count).map { entries in
        FaultPlan(faults: Dictionary(entries, uniquingKeysWith: { first, _ in first }))
      }
    }

    /// Any fault of a frame of so many bytes, head included.
    private static func fault(frameBytes: Int) -> Generator<Fault> {
      let position = Generator<Int>.integer(in: 0...frameBytes - 1)
      let payload = Generator<Int>.integer(in: 0...max(frameBytes - Frame.headBytes - 1, 0))
      let bit = Generator<Int>.integer(in: 0...7)
      return .weighted([
        (4, Generator<Int>.integer(in: 1...2000).map { .split(pieceBytes: $0) }),
        (4, Generator<Int>.integer(in: 0...100).map { .delay(milliseconds: $0) }),
        (2, Generator<Int>.integer(in: 0...4_000_000).map { .delay(milliseconds: $0) }),
        (2, Generator<Fault>.constant(.duplicate)),
        (2, Generator<Fault>.constant(.reorder)),
        (2, Generator<Fault>.constant(.drop)),
        (
          3,
          Generator<(Int, Int)>.tuple(position, bit).map { .flip(byte: $0.0, bit: $0.1) }
        ),
        (2, payload.map { .shorten(payloadBytes: $0) }),
        (1, position.map { .lose(after: $0) }),
        (2, position.map { .cut(after: $0) }),
        (1, Generator<Fault>.constant(.silence)),
        (1, Generator<UInt8>.integer(in: 0...30).map { .abort(code: $0 == 21 ? 20 : $0) }),
      ])
    }
  }
#endif
