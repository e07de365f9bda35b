import EphemeralSession
import EphemeralWire
import PropertyTesting

/// What the attacker does next: the mutations of tlspuffin on frames, and what happens by itself.
enum RecipeStep: Int, CaseIterable {
  /// Lets the next frame through. The simplest, and thrice as likely as anything else.
  case deliver, deliverAgain, deliverOnce
  /// Drops it.
  case skip
  /// Delivers it twice.
  case `repeat`
  /// Exchanges it with the one behind.
  case swap
  /// Delivers any frame that was ever seen in its place.
  case replaceReuse
  /// Delivers a frame of the same type in its place, of either session.
  case replaceMatch
  /// Delivers it with one of its terms, alone or in the place of the same term of another frame.
  case lift
  /// Delivers a frame of the attacker's own making.
  case generate
  /// Delivers it with one bit over.
  case flip
  /// Something happens to a role: cancelled, its peer gone, its time over.
  case happen
}

/// Recipes of frames over two whole sessions of real machines; the claims of all roles are judged.
///
/// A recipe is decoded from the input by the same choices that generators make. No recipe is an
/// honest run, which must complete.
let interleavingsTarget = FuzzTarget(
  "interleavings", "frames of two whole sessions, dropped, repeated, spliced and forged",
  maximumBytes: 256,
  seeds: { recipeSeeds() }
) { (bytes, notes) throws(Violation) in
  guard let world = accepted({ try InterleavedWorld() }) else {
    throw Violation(message: "no world")
  }
  var recipe = Recipe(source: ChoiceSource(bytes: bytes))
  do throws(DrawError) {
    for _ in 0..<(try recipe.number(below: 64)) {
      try recipe.step(world)
      for pair in 0..<SessionFixture.pairs {
        notes.state(
          4, UInt64(pair), UInt64(world.clients[pair].state.rawValue),
          UInt64(world.enclaves[pair].state.rawValue))
      }
    }
  } catch {
    return
  }
  try world.settle()
  try world.judge()
  for pair in 0..<SessionFixture.pairs {
    for row in world.clients[pair].rows { notes.state(5, UInt64(row.rawValue)) }
    for row in world.hosts[pair].rows { notes.state(6, UInt64(row.rawValue)) }
    for row in world.enclaves[pair].rows { notes.state(7, UInt64(row.rawValue)) }
  }
  if bytes.isEmpty {
    try require(
      world.clients.allSatisfy { $0.outcome == .completed && $0.responses.count == 1 },
      "an honest session does not complete")
  }
}

/// An honest run, and one with each mutation at several places of it.
private func recipeSeeds() -> [FuzzSeed] {
  var seeds = [FuzzSeed("honest", [])]
  for step in RecipeStep.allCases.dropFirst(3) {
    for place in [2, 6, 12, 19] {
      var bytes = [UInt8(place + 1)]
      for turn in 0..<place { bytes += [0, UInt8(turn % 2)] }
      bytes += [UInt8(step.rawValue), 0, 3, 1, 2]
      seeds.append(FuzzSeed("\(step)-\(place)", bytes))
    }
  }
  return seeds
}

/// Decodes steps and carries them out.
private struct Recipe {
  var source: ChoiceSource

  mutating func number(below count: Int) throws(DrawError) -> Int {
    let maximum = UInt64(max(count, 1) - 1)
    return Int(try source.integer(maximum: maximum) { $0.upTo(maximum) })
  }

  mutating func step(_ world: InterleavedWorld) throws(DrawError) {
    let step = RecipeStep.allCases[try number(below: RecipeStep.allCases.count)]
    if step == .happen {
      world.happen(try number(below: 8), to: try number(below: SessionFixture.pairs))
      return
    }
    if step == .generate {
      let wire = try number(below: world.queues.count)
      world.deliver(.frame(try generated(world)), over: wire)
      return
    }
    let wires = world.busyWires
    let choice = try number(below: 8)
    guard !wires.isEmpty else { return }
    let wire = wires[choice % wires.count]
    guard let frame = world.nextFrame(of: wire) else {
      if let end = world.takeNext(of: wire) { world.deliver(end, over: wire) }
      return
    }
    if step == .swap {
      world.swapNext(of: wire)
      return
    }
    _ = world.takeNext(of: wire)
    for frame in try replaced(frame, by: step, world) { world.deliver(.frame(frame), over: wire) }
  }

  private mutating func replaced(
    _ frame: IncomingFrame<[UInt8]>, by step: RecipeStep, _ world: InterleavedWorld
  ) throws(DrawError) -> [IncomingFrame<[UInt8]>] {
    switch step {
    case .deliver, .deliverAgain, .deliverOnce: return [frame]
    case .skip, .swap, .generate, .happen: return []
    case .repeat: return [frame, frame]
    case .replaceReuse: return [world.known[try number(below: world.known.count)]]
    case .replaceMatch:
      let matching = world.known.filter { $0.type == frame.type }
      return [matching.isEmpty ? frame : matching[try number(below: matching.count)]]
    case .lift: return [try lifted(frame, world)]
    case .flip:
      var payload = frame.payload
      guard !payload.isEmpty else { return [frame] }
      let place = try number(below: payload.count)
      payload[place] ^= 1 << UInt8(try number(below: 8))
      return [IncomingFrame(type: frame.type, payload: payload)]
    }
  }

  /// A term of the frame becomes its payload, or goes into the place of the same term of another.
  private mutating func lifted(
    _ frame: IncomingFrame<[UInt8]>, _ world: InterleavedWorld
  ) throws(DrawError) -> IncomingFrame<[UInt8]> {
    let own = terms(of: frame.payload)
    guard !own.isEmpty else { return frame }
    let index = try number(below: own.count)
    if try number(below: 3) == 2 {
      return IncomingFrame(type: frame.type, payload: Array(frame.payload[own[index]]))
    }
    let matching = world.known.filter { $0.type == frame.type && $0 != frame }
    guard !matching.isEmpty else { return frame }
    let other = matching[try number(below: matching.count)]
    let others = terms(of: other.payload)
    guard index < others.count else { return frame }
    // Heads differ where lengths do; only terms of one length can change places.
    guard others[index].count == own[index].count else { return other }
    var payload = frame.payload
    payload.replaceSubrange(own[index], with: other.payload[others[index]])
    return IncomingFrame(type: frame.type, payload: payload)
  }

  /// Where the byte strings of a message's outermost array lie.
  private func terms(of payload: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var reader = CBORReader()
    do throws(CBORError) {
      let count = try reader.arrayHeader(in: payload.span, maximum: 16)
      for _ in 0..<count {
        if try reader.peekMajor(in: payload.span) == .bytes {
          found.append(try reader.byteRange(in: payload.span, maximum: .max))
        } else {
          try reader.skip(in: payload.span)
        }
      }
    } catch {
      return found
    }
    return found
  }

  private mutating func generated(
    _ world: InterleavedWorld
  ) throws(DrawError) -> IncomingFrame<[UInt8]> {
    func frame(_ frame: Frame) -> IncomingFrame<[UInt8]> {
      IncomingFrame(type: frame.type, payload: frame.payload)
    }
    switch try number(below: 8) {
    case 0:
      let code = AbortCode.allCases[try number(below: AbortCode.allCases.count)]
      return frame(Abort(code: code).frame())
    case 1:
      let nonce = [UInt8](repeating: UInt8(try number(below: 256)), count: ClientHello.nonceBytes)
      return frame(ClientHello(nonce: nonce).frame())
    case 2:
      let nonce = SessionFixture.nonce(client: try number(below: SessionFixture.pairs))
      return frame(ClientHello(nonce: nonce).frame())
    case 3:
      let index = UInt64(try number(below: 4))
      let chunk = SessionFixture.chunk(index, forged: try number(below: 2) == 1)
      return IncomingFrame(type: .weightChunk, payload: LibcryptoCryptography().encode(chunk))
    case 4:
      let point = [UInt8](repeating: UInt8(try number(below: 256)), count: 32)
      return frame(KeyExchange(encapsulation: point, ciphertext: point + point).frame())
    case 5:
      let types = FrameType.allCases
      let type = types[try number(below: types.count)]
      return IncomingFrame(type: type, payload: try source.bytes(count: 0...64))
    case 6: return try forgedEvidence(world)
    default: return IncomingFrame(type: .sealed, payload: try source.bytes(count: 0...128))
    }
  }

  /// A genuine document under a body that names a key of the attacker's.
  private mutating func forgedEvidence(
    _ world: InterleavedWorld
  ) throws(DrawError) -> IncomingFrame<[UInt8]> {
    let client = try number(below: SessionFixture.pairs)
    let enclave = try number(below: SessionFixture.pairs)
    let key = [UInt8](repeating: 9, count: EvidenceBody.publicKeyBytes)
    let body = EvidenceBody(
      sessionID: SessionFixture.sessionID(enclave: enclave), kemPublicKey: key,
      receiptPublicKey: key, limits: .standard)
    let document = SessionFixture.shared.documents[client][enclave]
    let evidence = Evidence(body: body, document: document).frame()
    return IncomingFrame(type: evidence.type, payload: evidence.payload)
  }
}
