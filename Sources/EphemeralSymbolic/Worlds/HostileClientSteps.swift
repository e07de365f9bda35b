import EphemeralSession
import EphemeralWire

extension HostileWorld {
  /// Names all steps that a client can take (Spec/Model/World.md §2.2).
  @inline(__always)
  func clientSteps(
    of run: ClientRun, in state: HostileState, left: UInt8, _ emit: (HostileStep) -> Void
  ) {
    let role = UInt8(run.index)
    func free(_ kind: HostileStep.Kind, _ first: Term = .none, _ second: Term = .none) {
      emit(HostileStep(kind: kind, role: role, cost: 0, first: first, second: second))
    }
    func costly(_ kind: HostileStep.Kind, _ first: Term = .none, _ second: Term = .none) {
      emit(HostileStep(kind: kind, role: role, cost: 1, first: first, second: second))
    }
    switch run.state {
    case .idle: free(.start)
    case .awaitingEvidence:
      if run.index < configuration.enclaves {
        let paired = pool.enclaves[Int(state[2 + run.index])].surroundings
        if paired.document != .none { free(.evidence, paired.body, paired.document) }
      }
      if left > 0 {
        everyOtherEvidence(run, in: state) { body, document in
          costly(.evidence, body, document)
        }
        costly(.malformedEvidence)
      }
    case .ready:
      if Int(run.history.inferences) < configuration.requests { free(.infer) }
      free(.close)
    case .delivering: free(.resultTaken)
    case .wiping: free(.wiped)
    case .awaitingConfirm, .awaitingAssembly, .awaitingResult, .gathering, .awaitingZeroized,
      .ended:
      break
    }
    guard run.isLive else { return }
    if run.receiveKey != .none {
      knownSealed(in: state) { frame in
        if frame.key == run.receiveKey, UInt64(frame.sequence) == run.received {
          free(.sealed, frame.payload)
        } else if left > 0 {
          costly(.sealed, frame.payload)
        }
      }
      if left > 0 { costly(.sealed, pool.attacker.junk) }
    }
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
    costly(.peerClosed)
    costly(.cancel)
  }

  /// Every pair of a body and a document that the attacker can put together, but for the pair
  /// that the paired enclave sent.
  @inline(__always)
  private func everyOtherEvidence(
    _ run: ClientRun, in state: HostileState, _ emit: (Term, Term) -> Void
  ) {
    let count = configuration.enclaves
    func sent(_ index: Int) -> EnclaveSurroundings {
      pool.enclaves[Int(state[2 + index])].surroundings
    }
    // Bodies: 0 the attacker's own, then two for each enclave: as sent, and with another key.
    for bodyIndex in 0...(2 * count) {
      let body: Term
      if bodyIndex == 0 {
        body = pool.attacker.body
      } else {
        let original = sent((bodyIndex - 1) / 2).body
        if original == .none { continue }
        body = bodyIndex % 2 == 1 ? original : pool.withAttackerKey(original)
      }
      for index in 0..<count {
        let enclave = sent(index)
        if enclave.document == .none { continue }
        if index == run.index, body == enclave.body { continue }
        emit(body, enclave.document)
      }
      for facts in pool.attackerDocuments {
        emit(
          body,
          pool.crypto.document(
            facts, userData: pool.crypto.transcriptEvidence(hello: run.hello, body: body),
            nonce: pool.arena.argument(run.hello, 0), key: pool.arena.argument(body, 1)))
      }
    }
  }

  /// Every sealed frame that some role has sent.
  @inline(__always)
  func knownSealed(in state: HostileState, _ emit: (FrameRecord) -> Void) {
    for role in 0..<4 {
      let number = state[role]
      if number == HostileState.absent { continue }
      var list =
        role < 2
        ? pool.clients[Int(number)].history.frames : pool.enclaves[Int(number)].history.frames
      while list != 0 {
        let node = pool.frames.last(of: list)
        if node.item.isSealed { emit(node.item) }
        list = node.parent
      }
    }
  }
}

extension RolePool {
  /// Documents of the attacker's making: what its own enclaves get, and one that nobody signed.
  var attackerDocuments: [DocumentFacts] { Self.madeDocuments }
  private static let madeDocuments = [
    DocumentFacts(isPinned: false), DocumentFacts(isDebug: true), DocumentFacts(isGenuine: false),
  ]

  /// An enclave's body with the attacker's KEM key.
  func withAttackerKey(_ body: Term) -> Term {
    var arguments = arena.node(body).arguments
    arguments[1] = attacker.keyPublic.id
    return arena.make(.body, arguments)
  }

  /// When a step happens.
  func time(of step: HostileStep) -> SessionTime {
    switch step.kind {
    case .deadline: Self.late
    case .lifetime: Self.over
    default: Self.now
    }
  }

  /// A client's event for a step.
  func clientEvent(
    of step: HostileStep, _ run: ClientRun
  ) -> ClientEvent<SymbolicCryptography> {
    func frame(_ type: FrameType, _ payload: Term) -> ClientEvent<SymbolicCryptography> {
      .frame(IncomingFrame(type: type, payload: payload))
    }
    switch step.kind {
    case .start: return .start
    case .evidence: return frame(.evidence, arena.make(.evidence, step.first, step.second))
    case .malformedEvidence: return frame(.evidence, attacker.junk)
    case .infer: return .infer(request: request(of: run))
    case .close: return .close
    case .resultTaken: return .resultTaken
    case .sealed: return frame(.sealed, step.first)
    case .abort: return frame(.abort, attacker.abort)
    case .unknownAbort: return frame(.abort, attacker.junk)
    case .otherFrame: return frame(.clientHello, attacker.hello)
    case .broken: return .broken(.tooLarge)
    case .wiped: return .wiped
    case .deadline, .lifetime: return .deadline
    case .peerClosed: return .peerClosed
    case .cancel: return .cancel
    case .hello, .malformedHello, .unsupportedHello, .document, .keyExchange,
      .attackerKeyExchange, .malformedKeyExchange, .attackerTopology, .attackerRequest,
      .attackerEarlyRequest, .attackerMalformedRequest, .attackerClose, .attackerAbort,
      .attackerAssembled, .admitted, .genuineChunk, .forgedChunk, .misplacedChunk,
      .malformedChunk, .chunkOpened, .chunkRefused, .assembled, .inferred, .failed:
      preconditionFailure("an enclave's step")
    }
  }

  /// A client's next request: random value and input of its own.
  private func request(of run: ClientRun) -> Term {
    let owner = Owner.client(run.index)
    let number = run.history.inferences
    return arena.make(
      .request,
      SIMD8(
        arena.atom(.random, owner, number).id, arena.atom(.input, owner, number).id, number, 0,
        0, 0, 0, 0))
  }
}
