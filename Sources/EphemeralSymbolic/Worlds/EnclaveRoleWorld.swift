import EphemeralSession
import EphemeralWire
import PropertyTesting

/// One enclave, to which its environment gives every event of its table (Spec/Model/World.md §1).
struct EnclaveRoleWorld: ExplorableSystem {
  /// A machine at one point of its life.
  final class Run {
    let machine: EnclaveSession<SymbolicCryptography>
    let state: EnclaveState
    let row: EnclaveRow?
    let fetch: FetchProgress?
    let limits: EnclaveLimits
    let isSound: Bool

    init(
      _ machine: consuming EnclaveSession<SymbolicCryptography>, row: EnclaveRow?,
      limits: EnclaveLimits, isSound: Bool
    ) {
      state = machine.state
      fetch = machine.fetchProgress
      self.machine = machine
      self.row = row
      self.limits = limits
      self.isSound = isSound
    }
  }

  /// All runs that were met.
  final class Pool {
    var runs: ContiguousArray<Run> = []
    var index = InternTable()
  }

  /// An input and what comes with it.
  struct Step: Equatable {
    let input: EnclaveInput<SymbolicCryptography>
    let content: Term?
    let time: SessionTime

    static func == (left: Step, right: Step) -> Bool {
      left.input.message == right.input.message && left.content == right.content
        && left.time == right.time
    }
  }

  let environment = RoleEnvironment()
  let pool = Pool()
  let lines = LineRecorder()

  func initialStates() -> [UInt32] {
    // The bounds let one full piece be too much, or two.
    [600_000, 200_000].map { (bytes: UInt64) in
      let limits = EnclaveLimits(
        maxTopologyBytes: bytes, maxRequestBytes: bytes, maxWeightBytes: 1,
        maxSessionSeconds: 3600)
      let machine = EnclaveSession(
        configuration: EnclaveConfiguration(
          crypto: environment.crypto, limits: limits, weightWindow: 2),
        secrets: environment.enclaveSecrets, at: RolePool.now)
      return record(machine, nil, limits)
    }
  }

  func fingerprint(of state: UInt32) -> Fingerprint { Fingerprint(of: UInt64(state) + 1) }
  func isTerminal(_ state: UInt32) -> Bool { true }

  var invariants: [Invariant<UInt32>] {
    let pool = self.pool
    return [Invariant("S8 secrets are where the table says") { pool.runs[Int($0)].isSound }]
  }

  func successors(
    of state: UInt32, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming UInt32) -> Void
  ) {
    let run = pool.runs[Int(state)]
    lines.record("\(run.state)|\(run.row.map { "\($0.identifier)" } ?? "-")")
    for step in steps(of: run) {
      var machine = run.machine.fork()
      let arrival =
        step.content.map { Arrival<SymbolicCryptography>($0) } ?? Arrival()
      let actions = machine.dispatch(step.input, arrival, at: step.time)
      for case .openChunk(let index) in actions { _ = machine.takeChunk(index: index) }
      let row = machine.last?.row
      visit(step, record(machine, row, run.limits))
    }
  }

  private func record(
    _ machine: consuming EnclaveSession<SymbolicCryptography>, _ row: EnclaveRow?,
    _ limits: EnclaveLimits
  ) -> UInt32 {
    var sink = FeatureSink()
    machine.feed(into: &sink)
    sink.feed(word: limits.maxRequestBytes)
    sink.feed(word: UInt64(row?.rawValue ?? .max))
    let key = sink.builder.finish()
    if let known = pool.index.find(key) { return known }
    let held = machine.state.held
    let isSound =
      machine.held == held
      && sink.secrets == held.subtracting(.driver).rawValue.nonzeroBitCount
    let number = UInt32(pool.runs.count)
    pool.runs.append(Run(machine, row: row, limits: limits, isSound: isSound))
    pool.index.insert(key, number)
    return number
  }

  // MARK: The environment

  private func steps(of run: Run) -> [Step] {
    var steps: [Step] = []
    func give(
      _ input: EnclaveInput<SymbolicCryptography>, _ content: Term? = nil,
      at time: SessionTime = RolePool.now
    ) {
      steps.append(Step(input: input, content: content, time: time))
    }
    let junk = environment.junk
    for hello in environment.hellos { give(.clientHello(hello)) }
    for exchange in environment.exchanges(run.limits) { give(.keyExchange(exchange)) }
    give(.abort(environment.crypto.encode(.busy)))
    give(.abort(junk))
    let received = run.fetch?.received ?? 0
    give(.weightChunk(environment.chunk(received)))
    give(.weightChunk(environment.chunk(received + 1)))
    give(.weightChunk(junk))
    let opened = run.fetch?.opened ?? 0
    give(.chunkOpened(opened))
    give(.chunkOpened(opened + 1))
    messages {
      give(.topologyDeliver($0), $1)
    } request: {
      give(.inferRequest($0), $1)
    }
    give(.close, junk)
    give(.sealedAbort(nil), junk)
    give(.sealedAbort(.busy), junk)
    give(.otherRecord, junk)
    for document in environment.documents { give(.evidenceReady(document: document)) }
    for admission in environment.admissions { give(.topologyAdmitted(admission)) }
    give(.assembled(environment.assembledFields))
    for response in environment.responses {
      give(.inferred(RoleEnvironment.statistics), response)
    }
    give(.failed(.busy))
    give(.wiped(environment.tally))
    for time in [RolePool.now, RolePool.late, RolePool.over] { give(.deadline, at: time) }
    give(.otherFrame)
    give(.broken(.tooLarge))
    give(.unreadable)
    give(.fault)
    give(.peerClosed)
    give(.cancel)
    return steps
  }

  /// Pieces of a topology and of a request; the content comes with the last one.
  private func messages(topology: (Piece, Term) -> Void, request: (Piece, Term) -> Void) {
    for piece in [RoleEnvironment.full, RoleEnvironment.broken] {
      topology(piece, environment.nothing)
      request(piece, environment.nothing)
    }
    for piece in [RoleEnvironment.last, RoleEnvironment.fullAndLast] {
      topology(piece, environment.topology)
      request(piece, environment.requests[0])
    }
    request(RoleEnvironment.last, environment.junk)
    request(RoleEnvironment.last, environment.requests[2])
  }
}
