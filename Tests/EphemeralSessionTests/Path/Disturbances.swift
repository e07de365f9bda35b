import EphemeralAttestation
import EphemeralLockstep
import EphemeralSession
import EphemeralWire
import Testing

/// What is done to one frame between client and host.
enum Disturbance: CaseIterable, Sendable {
  case drop, duplicate, swap, truncate, flipFirst, flipMiddle, flipLast, extend, retype
}

@Suite("One disturbed frame")
struct Disturbances {
  /// Runs a session in which frame `index` of a leg is disturbed; `nil` once there is no such frame.
  private func run(_ leg: Trio.Leg, _ index: Int, _ kind: Disturbance) throws -> Trio? {
    let trio = try Trio(
      chunks: 2, requests: [try Samples.tensors(sequence: 0), try Samples.tensors(sequence: 1)])
    var held: Frame?
    var touched = false
    trio.hook = { at, position, frame in
      if at == leg, let late = held {
        held = nil
        return [frame, late]
      }
      guard at == leg, position == index, !touched else { return [frame] }
      touched = true
      var payload = frame.payload
      switch kind {
      case .drop: return []
      case .duplicate: return [frame, frame]
      case .swap:
        held = frame
        return []
      case .truncate: payload.removeLast()
      case .flipFirst: payload[0] ^= 1
      case .flipMiddle: payload[payload.count / 2] ^= 0x10
      case .flipLast: payload[payload.count - 1] ^= 0x80
      case .extend:
        guard payload.count < frame.type.maximumPayloadBytes else { return [] }
        payload.append(0)
      case .retype:
        return [Frame(type: frame.type == .sealed ? .abort : .sealed, payload: [1, 2])]
      }
      return [Frame(type: frame.type, payload: payload)]
    }
    try trio.run()
    return touched ? trio : nil
  }

  @Test("never a wrong answer; all three end, both sides wipe", arguments: Disturbance.allCases)
  func disturbed(_ kind: Disturbance) throws {
    for leg in [Trio.Leg.toHost, .toClient] {
      var index = 0
      while let trio = try run(leg, index, kind) {
        let place = "\(leg) \(index) \(kind)"
        #expect(trio.isOver, "\(place)")
        #expect(trio.clientWipes == 1, "\(place)")
        #expect(trio.enclaveWipes == 1, "\(place)")
        // A copy of the last frame comes when nobody listens any more; all else is noticed.
        let isLast = leg == .toClient ? index >= 5 : index >= 5
        if trio.client.outcome == .completed {
          #expect(kind == .duplicate && isLast, "\(place)")
        }
        for response in trio.responses {
          #expect(response.suffix(8) == [UInt8](repeating: 0x5a, count: 8)[...], "\(place)")
        }
        index += 1
      }
      #expect(index >= 5)
    }
  }

  @Test("records of another session or direction do not open")
  func splicing() throws {
    let donor = try Trio(requests: [try Samples.tensors(sequence: 0)])
    try donor.run()
    let foreign = donor.seen.filter { $0.0 == .toHost && $0.1.type == .sealed }.map(\.1)
    let back = donor.seen.filter { $0.0 == .toClient && $0.1.type == .sealed }.map(\.1)
    for frame in [foreign[0], foreign[1], back[0]] {
      let trio = try Trio(requests: [try Samples.tensors(sequence: 0)])
      var replaced = false
      trio.hook = { leg, _, original in
        guard leg == .toHost, original.type == .sealed, !replaced else { return [original] }
        replaced = true
        return [frame]
      }
      try trio.run()
      #expect(trio.enclaveRows.contains(.keyedUnreadableAlways))
      #expect(trio.client.outcome == .aborted(.recordInvalid, authenticated: true))
      #expect(trio.responses.isEmpty)
    }
  }

  @Test("another session's evidence is refused")
  func relayedEvidence() throws {
    let donor = try Trio(requests: [])
    try donor.run()
    let evidence = try #require(donor.seen.first { $0.1.type == .evidence }?.1)
    let trio = try Trio(requests: [])
    trio.hook = { _, _, frame in frame.type == .evidence ? [evidence] : [frame] }
    try trio.run()
    #expect(trio.client.outcome == .failed(.evidenceRefused))
    #expect(trio.client.evidenceReport?.failed.contains(.nonce) == true)
    #expect(trio.client.evidenceReport?.failed.contains(.userDataMismatch) == true)
  }

  @Test("a cleartext Abort ends the session and is not believed")
  func cleartextAbort() throws {
    let trio = try Trio(requests: [try Samples.tensors(sequence: 0)])
    trio.hook = { leg, index, frame in
      leg == .toClient && index == 2
        ? [Frame(type: .abort, payload: Abort(code: .busy).encoded())] : [frame]
    }
    try trio.run()
    #expect(trio.client.outcome == .aborted(.busy, authenticated: false))
    #expect(trio.isOver)
  }
}
