import EphemeralSession
import EphemeralWire
import PropertyTesting

/// All runs of clients and enclaves that an exploration has met, and how one leads to the next.
///
/// A step forks the run's machine, gives the fork the event, and finds the fork's features again
/// among the runs or adds it to them. Machines are run at every step; only what was judged of a run
/// is remembered.
final class RolePool {
  let configuration: WorldConfiguration
  let arena: TermArena
  let crypto: SymbolicCryptography
  let knowledge: AttackerKnowledge
  private(set) var clients: ContiguousArray<ClientRun> = []
  private(set) var enclaves: ContiguousArray<EnclaveRun> = []
  var claims = Histories<ClaimRecord>()
  var frames = Histories<FrameRecord>()
  private var clientIndex = InternTable()
  private var enclaveIndex = InternTable()
  /// Roles' parts of projected lines, without and with frames.
  private(set) var projections: [String] = []
  private var projectionIndex: [String: UInt32] = [:]
  let attacker: AttackerValues

  /// The one instant at which everything happens, but for deadlines.
  static let now = SessionTime(nanoseconds: 1_000, unixSeconds: 1_800_000_000)
  /// After every phase's deadline, before the end of a session's life.
  static let late = SessionTime(nanoseconds: 1_000_000_001_000, unixSeconds: 1_800_001_000)
  /// After the deadline of a phase that a missed deadline began.
  static let later = SessionTime(nanoseconds: 2_000_000_001_000, unixSeconds: 1_800_002_000)
  /// After every session's life.
  static let over = SessionTime(nanoseconds: 20_000_000_001_000, unixSeconds: 1_800_020_000)

  init(_ configuration: WorldConfiguration) {
    self.configuration = configuration
    let arena = TermArena(secretVariant: configuration.secretVariant)
    self.arena = arena
    crypto = SymbolicCryptography(arena: arena, flaws: configuration.flaws)
    knowledge = AttackerKnowledge(
      arena: arena, mishap: configuration.mishap.map { arena.atom($0.kind, $0.owner) })
    attacker = AttackerValues(crypto)
  }

  /// The number of a client that has not begun.
  func client(_ index: Int) -> UInt32 {
    let owner = Owner.client(index)
    let topology = arena.atom(.topology, owner)
    let machine = ClientSession(
      configuration: ClientConfiguration(
        crypto: crypto, purpose: .infer, modelHash: arena.make(.model, topology)),
      secrets: ClientSecrets(
        nonce: arena.atom(.nonce, owner), seed: arena.atom(.clientSeed, owner),
        topology: topology),
      at: Self.now)
    return record(
      machine, index: index, history: RoleHistory(), row: nil, hello: .none, exchange: .none)
  }

  /// The number of an enclave that has not begun.
  func enclave(_ index: Int) -> UInt32 {
    let owner = Owner.enclave(index)
    let machine = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: crypto, weightWindow: 2),
      secrets: EnclaveSecrets(
        sessionID: arena.atom(.sessionID, owner), keySeed: arena.atom(.keySeed, owner),
        receiptSeed: arena.atom(.receiptSeed, owner)),
      at: Self.now)
    return record(
      machine, index: index, history: RoleHistory(), surroundings: EnclaveSurroundings(),
      row: nil)
  }

  // MARK: Steps

  /// Gives a client's run an event; the number of the run that it leads to.
  func step(
    _ run: ClientRun, _ event: ClientEvent<SymbolicCryptography>, at time: SessionTime
  ) -> UInt32 {
    var machine = run.machine.fork()
    let actions = machine.handle(event, at: time)
    var history = run.history
    let row: ClientRow
    if let last = machine.last {
      row = last.row
      for claim in last.claims {
        let record = ClaimRecord(claim)
        history.claims = claims.append(record, to: history.claims)
        switch record.kind {
        case .evidenceVerified:
          let key = arena.argument(record.second, 0)
          history.partner = Partner(
            session: arena.owner(record.first), key: arena.owner(key))
        case .resultAccepted: history.inferences += 1
        default: break
        }
      }
    } else {
      preconditionFailure("an event makes a transition")
    }
    var hello = run.hello
    var exchange = run.exchange
    for action in actions {
      switch action {
      case .send(let frame):
        let record = FrameRecord(frame, to: history.partner, in: arena)
        history.frames = frames.append(record, to: history.frames)
        if frame.message == .clientHello { hello = frame.payload }
        if frame.message == .keyExchange { exchange = frame.payload }
      case .wipe: history.isWipeOrdered = true
      case .assembled, .deliverResult, .audit, .close: break
      }
    }
    return record(
      machine, index: run.index, history: history, row: row, hello: hello, exchange: exchange)
  }

  /// Gives an enclave's run an event; the number of the run that it leads to.
  func step(
    _ run: EnclaveRun, _ event: EnclaveEvent<SymbolicCryptography>, at time: SessionTime,
    adjusting surroundings: EnclaveSurroundings? = nil, partner: Owner? = nil
  ) -> UInt32 {
    var machine = run.machine.fork()
    let actions = machine.handle(event, at: time)
    var history = run.history
    var surroundings = surroundings ?? run.surroundings
    guard let last = machine.last else { preconditionFailure("an event makes a transition") }
    for claim in last.claims {
      let record = ClaimRecord(claim)
      history.claims = claims.append(record, to: history.claims)
      switch record.kind {
      case .keysAccepted: if let partner { history.partner = Partner(partner) }
      case .inferred: history.inferences += 1
      default: break
      }
    }
    var sent = false
    for action in actions {
      switch action {
      case .send(let frame):
        let record = FrameRecord(frame, to: history.partner, in: arena)
        history.frames = frames.append(record, to: history.frames)
        sent = frame.message == .evidence
      case .requestEvidence(let userData, let nonce, let publicKey):
        if let partner { history.partner = Partner(partner) }
        surroundings.userData = userData
        surroundings.nonce = nonce
        surroundings.publicKey = publicKey
      case .openChunk(let index):
        // A driver takes the chunk at once.
        _ = machine.takeChunk(index: index)
      case .wipe: history.isWipeOrdered = true
      case .admitTopology, .finishAssembly, .dropPlaintext, .infer, .audit, .close: break
      }
    }
    if sent, history.frames != Histories<FrameRecord>.empty {
      let evidence = frames.last(of: history.frames).item.payload
      surroundings.body = arena.argument(evidence, 0)
      surroundings.document = arena.argument(evidence, 1)
    }
    return record(
      machine, index: run.index, history: history, surroundings: surroundings, row: last.row)
  }

  // MARK: Finding runs again

  private func record(
    _ machine: consuming ClientSession<SymbolicCryptography>, index: Int,
    history: RoleHistory, row: ClientRow?, hello: Term, exchange: Term
  ) -> UInt32 {
    var sink = FeatureSink()
    sink.feed(word: UInt64(index) << 32 | UInt64(row?.rawValue ?? .max))
    history.feed(into: &sink)
    machine.feed(into: &sink)
    let key = sink.builder.finish()
    if let known = clientIndex.find(key) { return known }
    let number = UInt32(clients.count)
    let violations = judge(
      machine, index: index, history: history, secrets: sink.secrets)
    let line = projection(
      state: "\(machine.state)", row: row.map { "\($0.identifier)" },
      received: machine.recordsReceived, history: history, chunks: nil)
    clients.append(
      ClientRun(
        machine, index: index, history: history, lastRow: row, hello: hello,
        exchange: exchange, violations: violations, projection: line))
    clientIndex.insert(key, number)
    return number
  }

  private func record(
    _ machine: consuming EnclaveSession<SymbolicCryptography>, index: Int,
    history: RoleHistory, surroundings: EnclaveSurroundings, row: EnclaveRow?
  ) -> UInt32 {
    var sink = FeatureSink()
    sink.feed(word: UInt64(index) << 32 | UInt64(row?.rawValue ?? .max))
    history.feed(into: &sink)
    surroundings.feed(into: &sink)
    machine.feed(into: &sink)
    let key = sink.builder.finish()
    if let known = enclaveIndex.find(key) { return known }
    let number = UInt32(enclaves.count)
    let violations = judge(
      machine, index: index, history: history, surroundings: surroundings,
      secrets: sink.secrets)
    let line = projection(
      state: "\(machine.state)", row: row.map { "\($0.identifier)" },
      received: machine.recordsReceived, history: history,
      chunks: chunks(machine.fetchProgress, surroundings))
    enclaves.append(
      EnclaveRun(
        machine, index: index, history: history, surroundings: surroundings, lastRow: row,
        violations: violations, projection: line))
    enclaveIndex.insert(key, number)
    return number
  }

  private func chunks(_ fetch: FetchProgress?, _ surroundings: EnclaveSurroundings) -> String {
    guard let fetch else { return "-" }
    var letters = ""
    for place in 0..<surroundings.unopenedCount {
      letters += surroundings.unopened >> UInt64(2 * place) & 3 == 1 ? "g" : "f"
    }
    return "\(fetch.requested)/\(fetch.received)/\(fetch.opened)\(letters)"
  }

  /// A role's part of a projected line, without its name (Spec/Model/World.md §2.4).
  private func projection(
    state: String, row: String?, received: UInt64, history: RoleHistory, chunks: String?
  ) -> UInt32 {
    func list(_ members: [String]) -> String {
      members.isEmpty ? "-" : members.joined(separator: ",")
    }
    var parts = [
      state, row ?? "-", history.partner.name, "\(received)", "\(history.inferences)",
    ]
    if let chunks { parts.append(chunks) }
    parts.append(list(claims.items(of: history.claims).map { "\($0.kind)" }))
    if configuration.world != .relay {
      parts.append(list(frames.items(of: history.frames).map(\.label)))
    }
    let line = parts.joined(separator: "|")
    if let known = projectionIndex[line] { return known }
    let number = UInt32(projections.count)
    projections.append(line)
    projectionIndex[line] = number
    return number
  }
}

/// Values that the attacker owns, made once.
struct AttackerValues {
  let hello: Term
  let unsupportedHello: Term
  let seed: Term
  let body: Term
  let keyPublic: Term
  let topology: Term
  let junk: Term
  let abort: Term

  init(_ crypto: SymbolicCryptography) {
    let arena = crypto.arena
    hello = crypto.encodeHello(nonce: arena.atom(.nonce, .attacker))
    unsupportedHello = arena.make(.unsupportedHello)
    seed = arena.atom(.clientSeed, .attacker)
    keyPublic = arena.make(.kemPublic, arena.atom(.keySeed, .attacker))
    body = crypto.encode(
      EvidenceFields(
        sessionID: arena.atom(.sessionID, .attacker), keyPublic: keyPublic,
        receiptPublic: arena.make(.signPublic, arena.atom(.receiptSeed, .attacker)),
        limits: .standard))
    topology = arena.atom(.topology, .attacker)
    junk = arena.make(.junk)
    abort = crypto.encode(.cancelled)
  }

  /// A request of the attacker's.
  func request(_ sequence: UInt32, in arena: TermArena) -> Term {
    arena.make(
      .request, arena.atom(.random, .attacker, sequence), arena.atom(.input, .attacker, sequence),
      numbers: sequence)
  }
}
