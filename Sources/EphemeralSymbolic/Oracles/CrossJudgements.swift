import EphemeralSession
import PropertyTesting

/// Properties of several roles together: pure functions of what the roles have sent and claimed,
/// each combination of which is judged once and remembered.
final class CrossJudgements {
  private var byFrames = InternTable()
  private var byClaims = InternTable()

  /// S5 and S6, over all frames of all roles.
  func judgeFrames(of state: HostileState, in pool: RolePool) -> Violations {
    let key = Self.key(of: state, in: pool, \.frames)
    if let known = byFrames.find(key) { return Violations(rawValue: UInt16(known)) }
    let found = frames(of: state, in: pool)
    byFrames.insert(key, UInt32(found.rawValue))
    return found
  }

  /// S3 and S4, over all claims of all roles.
  func judgeClaims(of state: HostileState, in pool: RolePool) -> Violations {
    let key = Self.key(of: state, in: pool, \.claims)
    if let known = byClaims.find(key) { return Violations(rawValue: UInt16(known)) }
    let found = claims(of: state, in: pool)
    byClaims.insert(key, UInt32(found.rawValue))
    return found
  }

  @inline(__always)
  private static func key(
    of state: HostileState, in pool: RolePool, _ list: (RoleHistory) -> UInt32
  ) -> Fingerprint {
    var lists = SIMD4<UInt32>.zero
    for role in 0..<4 {
      if let history = history(of: role, state, pool) { lists[role] = list(history) }
    }
    var builder = FingerprintBuilder()
    builder.combine(UInt64(lists[0]) << 32 | UInt64(lists[1]))
    builder.combine(UInt64(lists[2]) << 32 | UInt64(lists[3]))
    return builder.finish()
  }

  @inline(__always)
  private static func history(
    of role: Int, _ state: HostileState, _ pool: RolePool
  ) -> RoleHistory? {
    let number = state[role]
    if number == HostileState.absent { return nil }
    return role < 2 ? pool.clients[Int(number)].history : pool.enclaves[Int(number)].history
  }

  private func frames(of state: HostileState, in pool: RolePool) -> Violations {
    let arena = pool.arena
    var found: Violations = []
    var sealed: [(role: Int, frame: FrameRecord)] = []
    for role in 0..<4 {
      guard let history = Self.history(of: role, state, pool) else { continue }
      for frame in pool.frames.items(of: history.frames) where frame.isSealed {
        for other in sealed where other.frame.key == frame.key {
          if other.frame.sequence == frame.sequence { found.insert(.s5) }
          let isOneUse =
            other.role == role
            && arena.argument(other.frame.payload, 1) == arena.argument(frame.payload, 1)
            && arena.number(other.frame.payload, 3) == arena.number(frame.payload, 3)
          if !isOneUse { found.insert(.s6) }
        }
        let direction: UInt32 = role < 2 ? 0 : 1
        if arena.number(frame.payload, 3) != direction { found.insert(.s6) }
        if !isSignedProperly(frame, by: role, arena) { found.insert(.s6) }
        sealed.append((role, frame))
      }
    }
    return found
  }

  /// The receipt key signs receipts and wipe reports, each in its own message, and nothing else.
  private func isSignedProperly(_ frame: FrameRecord, by role: Int, _ arena: TermArena) -> Bool {
    let content = arena.argument(frame.payload, 2)
    let statement: Term
    switch frame.message {
    case .inferResult:
      statement = arena.argument(content, 1)
      if !arena.isMade(statement, by: .receipt) { return false }
    case .zeroized:
      statement = arena.argument(content, 0)
      if !arena.isMade(statement, by: .wipeReport) { return false }
    default: return true
    }
    let seed = arena.argument(arena.argument(statement, 0), 0)
    return arena.kind(seed) == .receiptSeed && arena.owner(seed) == .enclave(role - 2)
  }

  private func claims(of state: HostileState, in pool: RolePool) -> Violations {
    var found: Violations = []
    let enclaves = (2..<4).compactMap { role in
      Self.history(of: role, state, pool).map {
        EnclaveClaims(
          owner: .enclave(role - 2), claims: pool.claims.items(of: $0.claims))
      }
    }
    // S3, across enclaves: a client's request is answered once.
    var answered: [Term] = []
    for enclave in enclaves {
      for claim in enclave.claims where claim.kind == .inferred {
        let random = pool.arena.argument(pool.arena.argument(claim.first, 0), 0)
        guard pool.arena.owner(random).isHonest else { continue }
        if answered.contains(claim.first) { found.insert(.s3) }
        answered.append(claim.first)
      }
    }
    // S4: each client's claims have their counterparts in one enclave, its own alone.
    var peers: [Owner] = []
    for role in 0..<2 {
      guard let history = Self.history(of: role, state, pool) else { continue }
      let claims = pool.claims.items(of: history.claims)
      let agreement = Agreement(
        client: .client(role), claims: claims, enclaves: enclaves, arena: pool.arena)
      switch agreement.peer() {
      case .none: break
      case .one(let owner):
        if peers.contains(owner) { found.insert(.s4) }
        peers.append(owner)
      case .contradiction: found.insert(.s4)
      }
    }
    return found
  }
}

/// What an enclave claims.
struct EnclaveClaims {
  let owner: Owner
  let claims: [ClaimRecord]
}

/// S4 for one client: who its peer is, and whether both say the same.
struct Agreement {
  enum Peer {
    /// The client has agreed on no keys yet.
    case none
    case one(Owner)
    case contradiction
  }

  let client: Owner
  let claims: [ClaimRecord]
  let enclaves: [EnclaveClaims]
  let arena: TermArena

  /// Finds the enclave of the client's keys and compares claim by claim.
  func peer() -> Peer {
    guard let keys = claims.first(where: { $0.kind == .keysAgreed }) else { return .none }
    let matching = enclaves.filter { enclave in
      enclave.claims.contains { $0.kind == .keysAccepted && $0.second == keys.first }
    }
    guard matching.count == 1, let peer = matching.first,
      agreesOnInstance(peer, transcript: keys.first), agreesOnWork(peer)
    else { return .contradiction }
    return .one(peer.owner)
  }

  /// Session id, KEM key, nonce and document: by what both name, and by what T2 binds.
  private func agreesOnInstance(_ peer: EnclaveClaims, transcript: Term) -> Bool {
    guard let verified = claims.first(where: { $0.kind == .evidenceVerified }),
      let accepted = peer.claims.first(where: { $0.kind == .keysAccepted }),
      accepted.first == verified.first, arena.owner(verified.first) == peer.owner,
      arena.owner(arena.argument(verified.second, 0)) == peer.owner
    else { return false }
    let offer = arena.argument(transcript, 0)
    let evidence = arena.argument(offer, 0)
    let body = arena.argument(evidence, 1)
    let document = arena.argument(offer, 1)
    return arena.argument(evidence, 0) == arena.make(.hello, arena.atom(.nonce, client))
      && arena.argument(body, 0) == verified.first && arena.argument(body, 1) == verified.second
      && arena.argument(document, 0) == evidence
      && arena.argument(transcript, 1)
        == arena.make(.kemPublic, arena.atom(.clientSeed, client))
  }

  /// Model, requests, responses, and the end.
  private func agreesOnWork(_ peer: EnclaveClaims) -> Bool {
    let model = arena.make(.model, arena.atom(.topology, client))
    var accepted = 0
    for claim in claims {
      switch claim.kind {
      case .modelAgreed:
        let isAssembled = peer.claims.contains {
          $0.kind == .assembled && $0.first == claim.first
        }
        if claim.first != model || !isAssembled { return false }
      case .resultAccepted:
        accepted += 1
        let isInferred = peer.claims.contains {
          $0.kind == .inferred && $0.sequence == claim.sequence && $0.first == claim.first
            && $0.second == claim.second
        }
        let request = arena.argument(claim.first, 0)
        let isOwn = arena.owner(arena.argument(request, 1)) == client
        if !isInferred || !isOwn { return false }
      case .completed:
        let answered = peer.claims.filter { $0.kind == .inferred }.count
        let isWiped = peer.claims.contains { $0.kind == .wiped }
        if answered != accepted || !isWiped { return false }
      case .evidenceVerified, .keysAgreed, .topologySent, .keysAccepted, .topologyReceived,
        .assembled, .inferred, .wiped:
        break
      }
    }
    return true
  }
}
