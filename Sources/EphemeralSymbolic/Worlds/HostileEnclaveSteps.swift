import EphemeralSession
import EphemeralWire

extension HostileWorld {
  /// Names all steps that an enclave can take (Spec/Model/World.md §2.3).
  @inline(__always)
  func enclaveSteps(
    of run: EnclaveRun, in state: HostileState, left: UInt8, _ emit: (HostileStep) -> Void
  ) {
    let role = UInt8(2 + run.index)
    func free(_ kind: HostileStep.Kind, _ first: Term = .none) {
      emit(HostileStep(kind: kind, role: role, cost: 0, first: first))
    }
    func costly(_ kind: HostileStep.Kind, _ first: Term = .none) {
      emit(HostileStep(kind: kind, role: role, cost: 1, first: first))
    }
    pool.driverSteps(of: run, left: left, forges: true, free: { free($0) }, costly: { costly($0) })
    switch run.state {
    case .listening: handshake(run, in: state, left, \.hello, .hello, free, costly)
    case .offered: handshake(run, in: state, left, \.exchange, .keyExchange, free, costly)
    case .assembling, .refetching:
      if let fetch = run.fetch {
        if fetch.received < fetch.requested {
          free(.genuineChunk)
          if left > 0 { costly(.forgedChunk) }
        }
        if left > 0 {
          costly(.misplacedChunk)
          costly(.malformedChunk)
        }
      }
    case .attesting, .keyed, .gathering, .admitting, .finishing, .ready, .collecting,
      .inferring, .reporting, .wiping, .ended:
      break
    }
    if run.isSecured {
      knownSealed(in: state) { frame in
        if frame.key == run.receiveKey, UInt64(frame.sequence) == run.received {
          free(.sealed, frame.payload)
        } else if left > 0 {
          costly(.sealed, frame.payload)
        }
      }
      if left > 0 { costly(.sealed, pool.attacker.junk) }
      if run.history.partner.session == .attacker { attackerRecords(left, free, costly) }
    }
    if left > 0, run.isLive || run.state == .reporting { costly(.peerClosed) }
    guard run.isLive else { return }
    let hasLife = run.state.timer == .life
    if configuration.hasFreeDeadlines {
      free(hasLife ? .lifetime : .deadline)
    } else if left > 0, !hasLife {
      costly(.deadline)
    }
    guard left > 0 else { return }
    costly(.abort)
    costly(.unknownAbort)
    costly(.otherFrame)
    costly(.broken)
    costly(.cancel)
  }

  /// ClientHello or KeyExchange: the paired client's, others', the attacker's own, bad ones.
  @inline(__always)
  private func handshake(
    _ run: EnclaveRun, in state: HostileState, _ left: UInt8, _ sent: (ClientRun) -> Term,
    _ kind: HostileStep.Kind, _ free: (HostileStep.Kind, Term) -> Void,
    _ costly: (HostileStep.Kind, Term) -> Void
  ) {
    for index in 0..<configuration.clients {
      let payload = sent(pool.clients[Int(state[index])])
      if payload == .none { continue }
      if index == run.index {
        free(kind, payload)
      } else if left > 0 {
        costly(kind, payload)
      }
    }
    guard left > 0 else { return }
    if kind == .hello {
      costly(.hello, pool.attacker.hello)
      costly(.malformedHello, .none)
      costly(.unsupportedHello, .none)
    } else {
      costly(.attackerKeyExchange, .none)
      costly(.malformedKeyExchange, .none)
    }
  }

  /// Records that the attacker seals as the enclave's partner.
  @inline(__always)
  private func attackerRecords(
    _ left: UInt8, _ free: (HostileStep.Kind, Term) -> Void,
    _ costly: (HostileStep.Kind, Term) -> Void
  ) {
    free(.attackerTopology, .none)
    free(.attackerRequest, .none)
    free(.attackerClose, .none)
    guard left > 0 else { return }
    costly(.attackerEarlyRequest, .none)
    costly(.attackerMalformedRequest, .none)
    costly(.attackerAbort, .none)
    costly(.attackerAssembled, .none)
  }
}

extension RolePool {
  /// Names what an enclave's driver does.
  @inline(__always)
  func driverSteps(
    of run: EnclaveRun, left: UInt8, forges: Bool, free: (HostileStep.Kind) -> Void,
    costly: (HostileStep.Kind) -> Void
  ) {
    switch run.state {
    case .attesting: free(.document)
    case .admitting: free(.admitted)
    case .assembling, .refetching:
      if run.surroundings.unopened != 0 {
        free(run.surroundings.unopened & 3 == 1 ? .chunkOpened : .chunkRefused)
      }
      return
    case .finishing:
      free(.assembled)
      return
    case .inferring: free(.inferred)
    case .reporting, .wiping:
      free(.wiped)
      return
    case .listening, .offered, .keyed, .gathering, .ready, .collecting, .ended: return
    }
    if left > 0 { costly(.failed) }
  }

  /// Gives an enclave's run the event of a step.
  func step(_ run: EnclaveRun, _ step: HostileStep) -> UInt32 {
    let time = time(of: step)
    var surroundings = run.surroundings
    switch step.kind {
    case .hello:
      let owner = arena.owner(arena.argument(step.first, 0))
      return self.step(run, frame(.clientHello, step.first), at: time, partner: owner)
    case .keyExchange:
      let seed = arena.argument(arena.argument(step.first, 0), 0)
      return self.step(
        run, frame(.keyExchange, step.first), at: time, partner: arena.owner(seed))
    case .attackerKeyExchange:
      let exchange = attackerExchange(with: run)
      return self.step(run, frame(.keyExchange, exchange), at: time, partner: .attacker)
    case .genuineChunk, .forgedChunk:
      let place = UInt64(2 * surroundings.unopenedCount)
      let isGenuine = step.kind == .genuineChunk
      surroundings.unopened |= (isGenuine ? 1 : 2) << place
      return self.step(
        run, frame(.weightChunk, chunk(run.fetch?.received ?? 0, isGenuine: isGenuine)), at: time,
        adjusting: surroundings)
    case .chunkOpened:
      surroundings.unopened >>= 2
      let event = EnclaveEvent<SymbolicCryptography>.chunkOpened(index: run.fetch?.opened ?? 0)
      return self.step(run, event, at: time, adjusting: surroundings)
    case .admitted:
      surroundings.topology = run.machine.withTopology { $0 } ?? .none
      return self.step(run, .topologyAdmitted(admission), at: time, adjusting: surroundings)
    default:
      return self.step(run, enclaveEvent(of: step, run), at: time)
    }
  }

  private func frame(
    _ type: FrameType, _ payload: Term
  ) -> EnclaveEvent<SymbolicCryptography> {
    .frame(IncomingFrame(type: type, payload: payload))
  }

  /// The events that need no surroundings.
  private func enclaveEvent(
    of step: HostileStep, _ run: EnclaveRun
  ) -> EnclaveEvent<SymbolicCryptography> {
    let surroundings = run.surroundings
    switch step.kind {
    case .malformedHello: return frame(.clientHello, attacker.junk)
    case .unsupportedHello: return frame(.clientHello, attacker.unsupportedHello)
    case .malformedKeyExchange: return frame(.keyExchange, attacker.junk)
    case .document:
      return .evidenceReady(
        document: crypto.document(
          userData: surroundings.userData, nonce: surroundings.nonce,
          key: surroundings.publicKey))
    case .attackerTopology: return record(.topologyDeliver, attacker.topology, run)
    case .attackerRequest:
      return record(.inferRequest, attacker.request(run.history.inferences, in: arena), run)
    case .attackerEarlyRequest:
      return record(.inferRequest, attacker.request(run.history.inferences + 1, in: arena), run)
    case .attackerMalformedRequest: return record(.inferRequest, attacker.junk, run)
    case .attackerClose: return record(.close, arena.make(.close), run)
    case .attackerAbort: return record(.abort, attacker.abort, run)
    case .attackerAssembled:
      return record(
        .assembled, arena.make(.assembled, arena.make(.model, attacker.topology)), run)
    case .misplacedChunk:
      return frame(.weightChunk, chunk((run.fetch?.received ?? 0) + 1, isGenuine: true))
    case .malformedChunk: return frame(.weightChunk, attacker.junk)
    case .chunkRefused: return .failed(.weightsInvalid)
    case .assembled:
      return .assembled(
        AssembledFields(
          modelHash: arena.make(.model, surroundings.topology), weightBytes: 1, nanoseconds: 1))
    case .inferred:
      return .inferred(
        response: response(of: run),
        statistics: InferenceStatistics(milliseconds: 1, peakMegabytes: 1, exposureNanoseconds: 5))
    case .failed: return .failed(failure(in: run.state))
    case .sealed: return frame(.sealed, step.first)
    case .abort: return frame(.abort, attacker.abort)
    case .unknownAbort: return frame(.abort, attacker.junk)
    case .otherFrame: return frame(.evidence, attacker.junk)
    case .broken: return .broken(.tooLarge)
    case .wiped:
      return .wiped(
        WipeTally(
          regions: 1, bytes: 1, exposureNanoseconds: 6, auditHead: arena.atom(.auditHead, .nobody)))
    case .deadline, .lifetime: return .deadline
    case .peerClosed: return .peerClosed
    case .cancel: return .cancel
    case .hello, .keyExchange, .attackerKeyExchange, .genuineChunk, .forgedChunk, .chunkOpened,
      .admitted, .start, .evidence, .malformedEvidence, .infer, .close, .resultTaken:
      preconditionFailure("handled elsewhere")
    }
  }
}

extension RolePool {
  /// What an enclave's driver reports of the work that it could not do.
  private func failure(in state: EnclaveState) -> AbortCode {
    switch state {
    case .attesting: .attestationUnavailable
    case .admitting: .topologyInvalid
    default: .inferenceFailed
    }
  }

  /// What the driver finds in a topology.
  private var admission: TopologyAdmission<Term> {
    TopologyAdmission(
      blobID: arena.atom(.blob, .nobody), chunkCount: UInt64(configuration.chunks),
      source: .host,
      lifetime: configuration.lifetime == .session
        ? .session : .perInference(keepsSealedCopy: false),
      maximumInferences: UInt64(configuration.requests), maximumSeconds: 3600,
      model: ModelIdentity(
        name: arena.atom(.modelName, .nobody), version: arena.atom(.modelVersion, .nobody)))
  }

  /// A chunk of the weight blob, or one that does not open.
  func chunk(_ index: UInt64, isGenuine: Bool) -> Term {
    let header =
      index == 0 ? arena.atom(.header, .nobody) : arena.atom(.empty, .nobody)
    let number = UInt32(truncatingIfNeeded: index)
    let content = arena.atom(isGenuine ? .chunk : .forgedChunk, .nobody, number)
    return arena.make(
      .weightChunk, SIMD8(header.id, content.id, number, 0, 0, 0, 0, 0))
  }

  /// The attacker's own key exchange with an enclave's key, under the enclave's transcript.
  private func attackerExchange(with run: EnclaveRun) -> Term {
    let surroundings = run.surroundings
    let transcript = crypto.transcriptOffer(
      surroundings.userData, document: surroundings.document)
    guard
      let offer = try? crypto.offerKeys(
        to: surroundings.publicKey, seed: attacker.seed, transcript: transcript)
    else { preconditionFailure("the enclave's key is one") }
    return crypto.encode(offer.exchange)
  }

  /// A record that the attacker seals as the enclave's partner: it derives the key.
  private func record(
    _ type: InnerType, _ content: Term, _ run: EnclaveRun
  ) -> EnclaveEvent<SymbolicCryptography> {
    let phase: UInt32 =
      switch type {
      case .topologyDeliver: 3
      case .assembled: 4
      case .inferRequest: 5
      default: 6
      }
    let session = arena.argument(run.surroundings.body, 0)
    let sequence =
      configuration.flaws.contains(.sequenceUnbound)
      ? 0 : UInt32(truncatingIfNeeded: run.received)
    let payload = arena.make(
      .sealed,
      SIMD8(
        run.receiveKey.id, session.id, content.id, 0, sequence,
        UInt32(type.rawValue) << 16 | phase << 8 | 1, 0, 0))
    return frame(.sealed, payload)
  }

  /// The response to the request that the enclave computes.
  private func response(of run: EnclaveRun) -> Term {
    guard let request = run.machine.withRequest({ $0 }) else {
      preconditionFailure("an enclave that infers has a request")
    }
    let node = arena.node(request)
    let output = arena.make(.output, run.surroundings.topology, Term(node.arguments[1]))
    return arena.make(
      .response, SIMD8(node.arguments[0], output.id, node.arguments[2], 0, 0, 0, 0, 0))
  }
}
