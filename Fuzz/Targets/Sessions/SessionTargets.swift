import EphemeralSession
import EphemeralWire
import PropertyTesting

/// What a role of a session must hold whatever bytes it is fed.
private struct RoleEnd: Equatable {
  var rows: [UInt16]
  var outcome: SessionOutcome?
}

/// The first byte says how the rest arrives, and the verdict does not depend on it.
private func isIndependentOfPieces(
  _ bytes: [UInt8], _ run: ([UInt8], UInt8) throws(Violation) -> RoleEnd
) throws(Violation) {
  guard let pattern = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  let whole = try run(stream, 0)
  try require(whole.outcome != nil, "the session has no end")
  guard pattern > 0 else { return }
  let dripped = try run(stream, pattern)
  try require(dripped == whole, "the session depends on how the stream arrives")
}

private func requireNoCanary(_ frames: [IncomingFrame<[UInt8]>]) throws(Violation) {
  for canary in SessionFixture.canaries {
    for frame in frames {
      try require(!contains(frame.payload, canary), "a secret leaves in a frame of \(frame.type)")
    }
  }
}

/// Whether `needle` stands somewhere in `hay`.
func contains(_ hay: [UInt8], _ needle: [UInt8]) -> Bool {
  guard let first = needle.first, hay.count >= needle.count else { return false }
  for start in 0...(hay.count - needle.count) where hay[start] == first {
    if hay[start..<(start + needle.count)].elementsEqual(needle) { return true }
  }
  return false
}

/// The seeds of one stream: the whole of it, and what is left when it is cut off.
private func streamSeeds(_ frames: [Frame]) -> [FuzzSeed] {
  [
    FuzzSeed("honest", [0] + frames.flatMap { $0.encoded() }),
    FuzzSeed("dripped", [2] + frames.prefix(3).flatMap { $0.encoded() }),
    FuzzSeed("reversed", [0] + frames.reversed().flatMap { $0.encoded() }),
  ]
}

private let sessionWords: [[UInt8]] =
  FrameType.allCases.map { [0, 0, 0, 0, $0.rawValue] }
  + AbortCode.allCases.prefix(3).map { Abort(code: $0).frame().encoded() }

/// A client that is fed anything accepts only what its enclave answered, and ends.
let sessionClientTarget = FuzzTarget(
  "session-client", "a client's session from bytes", maximumBytes: 16_384,
  dictionary: sessionWords, seeds: { streamSeeds(try SessionRecording.honest().toClient) }
) { (bytes, notes) throws(Violation) in
  var states: [(UInt64, UInt64)] = []
  try isIndependentOfPieces(bytes) { (stream, pattern) throws(Violation) in
    guard let role = accepted({ try ClientRole(0) }) else {
      throw Violation(message: "no client")
    }
    var time = SessionFixture.start
    role.handle(.start, at: time)
    feed(stream, pattern, allowed: .clientFromHost) {
      role.handle(.frame($0), at: time)
      states.append((UInt64(role.state.rawValue), UInt64(role.rows.last?.rawValue ?? 0)))
    } broken: {
      role.handle(.broken($0), at: time)
    }
    role.handle(.peerClosed, at: time)
    while role.outcome == nil, let deadline = role.deadline {
      time.nanoseconds = deadline
      role.handle(.deadline, at: time)
    }
    try require(role.wipes == 1, "wiped \(role.wipes) times")
    try requireNoCanary(role.outbox)
    let genuine = SessionFixture.canary("response", client: 0)
    try require(
      role.responses.allSatisfy { contains($0, genuine) } && role.responses.count <= 1,
      "a result that the enclave did not give")
    return RoleEnd(rows: role.rows.map(\.rawValue), outcome: role.outcome)
  }
  for (state, row) in states { notes.state(1, state, row) }
}

/// An enclave that is fed anything infers each request once at most, wipes once, and ends.
let sessionEnclaveTarget = FuzzTarget(
  "session-enclave", "an enclave's session from bytes", maximumBytes: 16_384,
  dictionary: sessionWords, seeds: { streamSeeds(try SessionRecording.honest().toEnclave) }
) { (bytes, notes) throws(Violation) in
  var states: [(UInt64, UInt64)] = []
  try isIndependentOfPieces(bytes) { (stream, pattern) throws(Violation) in
    guard let role = accepted({ try EnclaveRole(0) }) else {
      throw Violation(message: "no enclave")
    }
    var time = SessionFixture.start
    feed(stream, pattern, allowed: .enclaveFromHost) {
      role.handle(.frame($0), at: time)
      states.append((UInt64(role.state.rawValue), UInt64(role.rows.last?.rawValue ?? 0)))
    } broken: {
      role.handle(.broken($0), at: time)
    }
    role.handle(.peerClosed, at: time)
    while role.outcome == nil, let deadline = role.deadline {
      time.nanoseconds = deadline
      role.handle(.deadline, at: time)
    }
    try require(role.wipes == 1, "wiped \(role.wipes) times")
    try requireNoCanary(role.outbox)
    var ledger = ClaimLedger()
    try ledger.addEnclave(role.claims)
    try require(
      role.openedChunks == Array(0..<UInt64(role.openedChunks.count)), "chunks out of order")
    return RoleEnd(rows: role.rows.map(\.rawValue), outcome: role.outcome)
  }
  for (state, row) in states { notes.state(2, state, row) }
}

/// A host that is fed anything from both sides passes frames on unchanged or not at all, and ends.
///
/// The input is a sequence of pieces: a side and fifteen bits of length, then so many bytes.
let sessionHostTarget = FuzzTarget(
  "session-host", "a host's session from bytes of both sides", maximumBytes: 24_576,
  dictionary: sessionWords,
  seeds: {
    let honest = try SessionRecording.honest()
    let blob = BlobID([UInt8](repeating: 9, count: 32))
    let store: [(side: HostSide, frame: Frame)] = [
      (.client, Have(blobID: blob).frame()),
      (.client, PutBegin(blobID: blob, size: 70_000).frame()),
      (.client, PutData(offset: 0, bytes: [UInt8](repeating: 1, count: 100)).frame()),
    ]
    return [
      FuzzSeed("honest", [0] + segments(honest.toHost)), FuzzSeed("store", [0] + segments(store)),
    ]
  }
) { (bytes, notes) throws(Violation) in
  var states: [(UInt64, UInt64)] = []
  try isIndependentOfPieces(bytes) { (stream, pattern) throws(Violation) in
    let role = HostRole()
    var time = SessionFixture.start
    var decoders = [
      FrameDecoder(allowed: .hostFromClient), FrameDecoder(allowed: .hostFromEnclave),
    ]
    var isBroken = [false, false]
    var received: [IncomingFrame<[UInt8]>] = []
    for (side, content) in sides(stream) {
      let index = side == .client ? 0 : 1
      for piece in pieces(of: content, pattern: pattern) where !isBroken[index] {
        deliver(Array(piece), &decoders[index]) { frame in
          received.append(frame)
          role.handle(.frame(frame, from: side), at: time)
          states.append((UInt64(role.state.rawValue), UInt64(role.rows.last?.rawValue ?? 0)))
        } broken: {
          isBroken[index] = true
          role.handle(.broken($0, side), at: time)
        }
      }
    }
    role.handle(.closed(.client), at: time)
    role.handle(.closed(.enclave), at: time)
    while role.outcome == nil, let deadline = role.deadline {
      time.nanoseconds = deadline
      role.handle(.deadline, at: time)
    }
    try requireForwarded(role.forwarded, from: received)
    return RoleEnd(rows: role.rows.map(\.rawValue), outcome: role.outcome)
  }
  for (state, row) in states { notes.state(3, state, row) }
}

/// Every forwarded frame came in, in this order and no more often.
private func requireForwarded(
  _ forwarded: [IncomingFrame<[UInt8]>], from received: [IncomingFrame<[UInt8]>]
) throws(Violation) {
  var next = received.startIndex
  for frame in forwarded {
    guard let found = received[next...].firstIndex(of: frame) else {
      throw Violation(message: "the host forwards what did not come in")
    }
    next = found + 1
  }
}

private func segments(_ frames: [(side: HostSide, frame: Frame)]) -> [UInt8] {
  frames.flatMap { side, frame -> [UInt8] in
    let bytes = frame.encoded()
    let head = UInt8(bytes.count >> 8) << 1 | (side == .client ? 0 : 1)
    return [head, UInt8(bytes.count & 255)] + bytes
  }
}

private func sides(_ stream: [UInt8]) -> [(side: HostSide, content: [UInt8])] {
  var found: [(side: HostSide, content: [UInt8])] = []
  var rest = stream[...]
  while rest.count >= 2 {
    let head = rest[rest.startIndex]
    let length = Int(head >> 1) << 8 | Int(rest[rest.startIndex + 1])
    rest = rest.dropFirst(2)
    found.append((head & 1 == 0 ? .client : .enclave, Array(rest.prefix(length))))
    rest = rest.dropFirst(length)
  }
  return found
}

private func feed(
  _ stream: [UInt8], _ pattern: UInt8, allowed: FrameTypeSet,
  _ frame: (IncomingFrame<[UInt8]>) -> Void, broken: (AbortCode) -> Void
) {
  var decoder = FrameDecoder(allowed: allowed)
  var isBroken = false
  for piece in pieces(of: stream, pattern: pattern) where !isBroken {
    deliver(Array(piece), &decoder, frame) {
      isBroken = true
      broken($0)
    }
  }
}

private func deliver(
  _ piece: [UInt8], _ decoder: inout FrameDecoder, _ frame: (IncomingFrame<[UInt8]>) -> Void,
  broken: (AbortCode) -> Void
) {
  var position = 0
  do throws(WireError) {
    while let next = try decoder.next(from: piece.span, at: &position) {
      frame(IncomingFrame(type: next.type, payload: next.payload))
    }
  } catch {
    broken(error.abortCode)
  }
}
