import EphemeralSession
import EphemeralWire
import PropertyTesting

/// One client, to which its environment gives every event of its table (Spec/Model/World.md §1).
struct ClientRoleWorld: ExplorableSystem {
  /// A machine, and what its environment has to know to answer it.
  final class Run {
    let machine: ClientSession<SymbolicCryptography>
    let state: ClientState
    let row: ClientRow?
    /// T2, once KeyExchange is sent.
    let transcript: Term
    let inferences: UInt64
    /// Which of the configurations the machine has.
    let variant: Int
    let isSound: Bool

    init(
      _ machine: consuming ClientSession<SymbolicCryptography>, row: ClientRow?, transcript: Term,
      inferences: UInt64, variant: Int, isSound: Bool
    ) {
      state = machine.state
      self.machine = machine
      self.row = row
      self.transcript = transcript
      self.inferences = inferences
      self.variant = variant
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
    let input: ClientInput<SymbolicCryptography>
    let content: Term?
    let time: SessionTime
    /// The environment's transcript where the input makes one.
    let transcript: Term?

    static func == (left: Step, right: Step) -> Bool {
      left.input.message == right.input.message && left.content == right.content
        && left.time == right.time
    }
  }

  let environment = RoleEnvironment()
  let pool = Pool()
  let lines = LineRecorder()
  private var crypto: SymbolicCryptography { environment.crypto }

  func initialStates() -> [UInt32] {
    // The bounds on a result let one full piece be too much, or two.
    let variants: [(ClientConfiguration<SymbolicCryptography>.Purpose, UInt64)] = [
      (.infer, 600_000), (.attest, 600_000), (.infer, 200_000),
    ]
    return variants.enumerated().map { number, variant in
      let machine = ClientSession(
        configuration: ClientConfiguration(
          crypto: crypto, purpose: variant.0, modelHash: environment.modelHash,
          maximumResultBytes: variant.1),
        secrets: ClientSecrets(
          nonce: environment.nonce, seed: environment.clientSeed,
          topology: environment.topology),
        at: RolePool.now)
      return record(machine, number, nil, transcript: .none, inferences: 0)
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
      _ = machine.dispatch(step.input, arrival, at: step.time)
      let row = machine.last?.row
      let results = machine.last?.claims.filter { "\($0.name)" == "resultAccepted" }.count ?? 0
      visit(
        step,
        record(
          machine, run.variant, row, transcript: step.transcript ?? run.transcript,
          inferences: run.inferences + UInt64(results)))
    }
  }

  private func record(
    _ machine: consuming ClientSession<SymbolicCryptography>, _ variant: Int, _ row: ClientRow?,
    transcript: Term, inferences: UInt64
  ) -> UInt32 {
    var sink = FeatureSink()
    machine.feed(into: &sink)
    sink.feed(word: UInt64(row?.rawValue ?? .max) << 32 | UInt64(transcript.id))
    sink.feed(word: inferences << 8 | UInt64(variant))
    let key = sink.builder.finish()
    if let known = pool.index.find(key) { return known }
    let held = machine.state.held
    let isSound =
      machine.held == held
      && sink.secrets == held.subtracting(.driver).rawValue.nonzeroBitCount
    let number = UInt32(pool.runs.count)
    pool.runs.append(
      Run(
        machine, row: row, transcript: transcript, inferences: inferences, variant: variant,
        isSound: isSound))
    pool.index.insert(key, number)
    return number
  }

  // MARK: The environment

  private func steps(of run: Run) -> [Step] {
    var steps: [Step] = []
    func give(
      _ input: ClientInput<SymbolicCryptography>, _ content: Term? = nil,
      at time: SessionTime = RolePool.now, transcript: Term? = nil
    ) {
      steps.append(Step(input: input, content: content, time: time, transcript: transcript))
    }
    let junk = environment.junk
    for evidence in environment.evidence {
      give(.evidence(evidence.payload), transcript: evidence.transcript)
    }
    give(.evidence(junk))
    give(.abort(crypto.encode(.busy)))
    give(.abort(junk))
    give(.keyConfirm, run.transcript)
    give(.keyConfirm, junk)
    give(.assembled, environment.assembled(right: true))
    give(.assembled, environment.assembled(right: false))
    give(.assembled, junk)
    results { give(.inferResult($0), $1) }
    give(.zeroized, environment.zeroized(inferences: run.inferences))
    give(.zeroized, environment.zeroized(inferences: 9))
    give(.zeroized, junk)
    give(.sealedAbort(nil), junk)
    give(.sealedAbort(.busy), junk)
    give(.otherRecord, junk)
    // One answered request is enough.
    if run.inferences == 0 || run.state != .ready {
      for request in environment.requests { give(.infer, request) }
    }
    for time in [RolePool.now, RolePool.late, RolePool.over] { give(.deadline, at: time) }
    give(.otherFrame)
    give(.broken(.tooLarge))
    give(.unreadable)
    give(.start)
    give(.resultTaken)
    give(.close)
    give(.fault)
    give(.wiped)
    give(.peerClosed)
    give(.cancel)
    return steps
  }

  /// Pieces of a result; the content comes with the last one.
  private func results(_ give: (Piece, Term) -> Void) {
    let environment = self.environment
    give(RoleEnvironment.full, environment.nothing)
    give(RoleEnvironment.broken, environment.nothing)
    give(RoleEnvironment.fullAndLast, environment.result(right: true))
    give(RoleEnvironment.last, environment.result(right: true))
    give(RoleEnvironment.last, environment.result(right: false))
    give(RoleEnvironment.last, environment.junk)
  }
}
