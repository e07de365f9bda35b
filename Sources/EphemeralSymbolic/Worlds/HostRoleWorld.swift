import EphemeralSession
import EphemeralWire
import PropertyTesting

/// One host, to which its environment gives every event of its table (Spec/Model/World.md §1).
struct HostRoleWorld: ExplorableSystem {
  /// An event and its time.
  struct Step: Equatable {
    let event: HostEvent<Term>
    let time: SessionTime
  }

  let environment = RoleEnvironment()
  let lines = LineRecorder()
  let hosts: HostPool
  private var crypto: SymbolicCryptography { environment.crypto }

  init() { hosts = HostPool(environment.crypto) }

  func initialStates() -> [UInt32] { [hosts.first()] }
  func fingerprint(of state: UInt32) -> Fingerprint { Fingerprint(of: UInt64(state) + 1) }
  func isTerminal(_ state: UInt32) -> Bool { true }

  func successors(
    of state: UInt32, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming UInt32) -> Void
  ) {
    let run = hosts.runs[Int(state)]
    lines.record("\(run.state)|\(run.lastRow.map { "\($0.identifier)" } ?? "-")")
    for step in steps(of: run) {
      visit(step, hosts.step(state, step.event, at: step.time).number)
    }
  }

  private func steps(of run: HostRun) -> [Step] {
    let junk = environment.junk
    let abort = crypto.encode(AbortCode.busy)
    var events: [HostEvent<Term>] = []
    for type in FrameType.allCases {
      let payloads: [Term] =
        switch type {
        case .abort: [abort, junk]
        case .putBegin: [range(100, 0), range(UInt64(1 << 31), 1), junk]
        case .putData: [range(40, 59), range(40, 60), range(40, 61), junk]
        case .have: [environment.blob, junk]
        case .weightRequest: [range(0, 2), junk]
        case .audit: [crypto.arena.make(.audit, junk), junk]
        default: [junk]
        }
      for payload in payloads {
        let frame = IncomingFrame(type: type, payload: payload)
        events += [.frame(frame, from: .client), .frame(frame, from: .enclave)]
      }
    }
    let next = run.machine.unreadRanges.first?.first ?? 0
    events += [
      .broken(.tooLarge, .client), .broken(.tooLarge, .enclave), .storeReady(offset: 40),
      .storeReady(offset: 100), .storeReady(offset: 101), .stored, .blobFound(.absent),
      .weightsRead(chunk(next)), .weightsRead(chunk(next + 1)), .failed(.enclaveUnreachable),
      .failed(.storeFull), .closed(.client), .closed(.enclave), .cancel,
    ]
    var steps = events.map { Step(event: $0, time: RolePool.now) }
    for time in [RolePool.now, RolePool.late, RolePool.over] {
      steps.append(Step(event: .deadline, time: time))
    }
    return steps
  }

  private func chunk(_ index: UInt64) -> ChunkFields<Term> {
    ChunkFields(index: index, header: environment.nothing, ciphertext: environment.junk)
  }

  /// A blob and two numbers: PutBegin's size, PutData's place and length, WeightRequest's chunks.
  private func range(_ first: UInt64, _ count: UInt64) -> Term {
    crypto.encode(WeightRange(blobID: environment.blob, first: first, count: count))
  }
}
