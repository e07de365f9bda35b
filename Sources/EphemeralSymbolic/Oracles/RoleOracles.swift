import EphemeralSession
import EphemeralWire
import PropertyTesting

/// Properties of one role alone: judged once for each run, for they depend on nothing else.
extension RolePool {
  /// Judges a client's run.
  func judge(
    _ machine: borrowing ClientSession<SymbolicCryptography>, index: Int,
    history: RoleHistory, secrets: Int
  ) -> Violations {
    var found: Violations = []
    let state = machine.state
    let claimed = claims.items(of: history.claims)
    for frame in frames.items(of: history.frames) {
      switch frame.message {
      case .topologyDeliver, .inferRequest:
        let isVerified = claimed.contains { $0.kind == .evidenceVerified }
        let isSafe =
          arena.isMade(frame.key, by: .recordKey)
          && isSafe(arena.argument(frame.key, 0), for: .client(index))
        if !isVerified || !isSafe { found.insert(.s1) }
      case .keyExchange:
        // The claim that evidence is verified must be true when it is made, not only later.
        let finished = arena.argument(frame.payload, 1)
        if !isSafe(arena.argument(finished, 0), for: .client(index)) { found.insert(.s1) }
      case .abort, .sealedAbort:
        if !saysOnlyACode(frame) { found.insert(.s9) }
      default: break
      }
    }
    if !isCleared(
      secrets: secrets, held: state.held, said: machine.held,
      isWipeOrdered: history.isWipeOrdered, hasEnded: state == .ended,
      isOver: state == .wiping || state == .ended, isVisible: machine.outcome != nil)
    {
      found.insert(.s8)
    }
    if state == .ended, !absorbs(machine) { found.insert(.s9) }
    return found
  }

  /// Judges an enclave's run.
  func judge(
    _ machine: borrowing EnclaveSession<SymbolicCryptography>, index: Int,
    history: RoleHistory, surroundings: EnclaveSurroundings, secrets: Int
  ) -> Violations {
    var found: Violations = []
    let state = machine.state
    for frame in frames.items(of: history.frames) {
      if frame.message == .abort || frame.message == .sealedAbort, !saysOnlyACode(frame) {
        found.insert(.s9)
      }
    }
    found.formUnion(order(of: history, surroundings))
    if !isCleared(
      secrets: secrets, held: state.held, said: machine.held,
      isWipeOrdered: history.isWipeOrdered, hasEnded: state == .ended,
      isOver: state == .reporting || state == .wiping || state == .ended,
      isVisible: machine.outcome != nil)
    {
      found.insert(.s8)
    }
    if state == .ended, !absorbs(machine) { found.insert(.s9) }
    return found
  }

  /// S1: the context comes from the client's own seed and the KEM key of an enclave whose genuine,
  /// pinned document vouches for that key, this nonce and this transcript.
  private func isSafe(_ context: Term, for client: Owner) -> Bool {
    guard arena.isMade(context, by: .context) else { return false }
    let key = arena.argument(context, 0)
    let seed = arena.argument(key, 0)
    let enclave = arena.owner(seed)
    guard arena.isMade(key, by: .kemPublic), arena.kind(seed) == .keySeed,
      enclave == .enclave1 || enclave == .enclave2,
      arena.argument(context, 1) == arena.make(.kemPublic, arena.atom(.clientSeed, client))
    else { return false }
    let offer = arena.argument(context, 2)
    guard arena.isMade(offer, by: .transcriptOffer) else { return false }
    let evidence = arena.argument(offer, 0)
    let document = arena.argument(offer, 1)
    guard let facts = crypto.facts(of: document) else { return false }
    let nonce = arena.atom(.nonce, client)
    let body = arena.argument(evidence, 1)
    return facts == DocumentFacts() && arena.argument(document, 0) == evidence
      && arena.argument(document, 1) == nonce && arena.argument(document, 2) == key
      && arena.argument(evidence, 0) == arena.make(.hello, nonce)
      && arena.owner(arena.argument(body, 0)) == enclave && arena.argument(body, 1) == key
  }

  /// S9: an Abort says its code and nothing else.
  private func saysOnlyACode(_ frame: FrameRecord) -> Bool {
    let content = frame.isSealed ? arena.argument(frame.payload, 2) : frame.payload
    return arena.isMade(content, by: .abortCode)
  }

  /// S2 and S3 of an enclave's own claims: keys, topology, assembly, then requests 0, 1, …, and
  /// nothing after the wipe; with an honest partner the topology is that partner's.
  private func order(
    of history: RoleHistory, _ surroundings: EnclaveSurroundings
  ) -> Violations {
    var found: Violations = []
    var stage = 0
    var answered: UInt64 = 0
    for claim in claims.items(of: history.claims) {
      switch claim.kind {
      case .keysAccepted: stage = stage == 0 ? 1 : 9
      case .topologyReceived: stage = stage == 1 ? 2 : 9
      case .assembled:
        stage = stage == 2 ? 3 : 9
        if claim.first != arena.make(.model, surroundings.topology) { found.insert(.s2) }
      case .inferred:
        if stage != 3 { stage = 9 }
        if claim.sequence != answered { found.insert(.s3) }
        answered += 1
      case .wiped: stage = 4
      case .evidenceVerified, .keysAgreed, .topologySent, .modelAgreed, .resultAccepted,
        .completed:
        stage = 9
      }
    }
    if stage == 9 { found.insert(.s2) }
    let partner = history.partner.session
    if surroundings.topology != .none,
      surroundings.topology != arena.atom(.topology, partner)
    {
      found.insert(.s2)
    }
    return found
  }

  /// S8: a state holds the secrets that its table lets it hold, the end none; the driver was told
  /// to wipe before, and only then is the outcome visible.
  private func isCleared(
    secrets: Int, held: SecretSlots, said: SecretSlots, isWipeOrdered: Bool, hasEnded: Bool,
    isOver: Bool, isVisible: Bool
  ) -> Bool {
    secrets == held.subtracting(.driver).rawValue.nonzeroBitCount && said == held
      && isWipeOrdered == isOver && isVisible == hasEnded && (!hasEnded || held.isEmpty)
  }

  /// S9: nothing changes an ended client.
  private func absorbs(_ machine: borrowing ClientSession<SymbolicCryptography>) -> Bool {
    var before = FeatureSink()
    machine.feed(into: &before)
    var events: [ClientEvent<SymbolicCryptography>] = [
      .start, .broken(.tooLarge), .infer(request: attacker.request(0, in: arena)), .resultTaken,
      .close, .wiped, .deadline, .peerClosed, .cancel,
    ]
    for type in FrameType.allCases {
      events.append(.frame(IncomingFrame(type: type, payload: attacker.junk)))
    }
    for event in events {
      var fork = machine.fork()
      let actions = fork.handle(event, at: Self.over)
      var after = FeatureSink()
      fork.feed(into: &after)
      if !actions.isEmpty || after.builder.finish() != before.builder.finish() { return false }
    }
    return true
  }

  /// S9: nothing changes an ended enclave.
  private func absorbs(_ machine: borrowing EnclaveSession<SymbolicCryptography>) -> Bool {
    var before = FeatureSink()
    machine.feed(into: &before)
    let fields = AssembledFields(modelHash: attacker.junk, weightBytes: 1, nanoseconds: 1)
    var events: [EnclaveEvent<SymbolicCryptography>] = [
      .broken(.tooLarge), .evidenceReady(document: attacker.junk), .chunkOpened(index: 0),
      .assembled(fields), .failed(.busy), .deadline, .peerClosed, .cancel,
      .inferred(
        response: attacker.junk,
        statistics: InferenceStatistics(milliseconds: 1, peakMegabytes: 1, exposureNanoseconds: 5)),
      .wiped(WipeTally(regions: 1, bytes: 1, exposureNanoseconds: 6, auditHead: attacker.junk)),
    ]
    for type in FrameType.allCases {
      events.append(.frame(IncomingFrame(type: type, payload: attacker.junk)))
    }
    for event in events {
      var fork = machine.fork()
      let actions = fork.handle(event, at: Self.over)
      var after = FeatureSink()
      fork.feed(into: &after)
      if !actions.isEmpty || after.builder.finish() != before.builder.finish() { return false }
    }
    return true
  }
}
