import EphemeralSession
import EphemeralWire
import PropertyTesting

/// Clients and enclaves with the attacker alone between them (Spec/Model/World.md §2).
///
/// The attacker gives each role every frame that it knows and that the role's state reads, and those
/// of its own making.
struct HostileWorld: ExplorableSystem {
  let pool: RolePool
  let configuration: WorldConfiguration
  let projections = ProjectionRecorder()
  let judgements = CrossJudgements()

  init(_ configuration: WorldConfiguration) {
    self.configuration = configuration
    pool = RolePool(configuration)
  }

  func initialStates() -> [HostileState] {
    var state = HostileState()
    for index in 0..<configuration.clients { state[index] = pool.client(index) }
    for index in 0..<configuration.enclaves { state[2 + index] = pool.enclave(index) }
    return [state]
  }

  func fingerprint(of state: HostileState) -> Fingerprint { state.fingerprint }

  var counterNames: [String] { WorldRows.names }
  var fairnessClasses: [String] { ["deadline", "wiped"] }

  func fairnessClass(of step: HostileStep) -> Int? {
    switch step.kind {
    case .deadline, .lifetime: HostileStep.fairDeadline
    case .wiped: HostileStep.fairWipe
    default: nil
    }
  }

  func isTerminal(_ state: HostileState) -> Bool { true }

  func successors(
    of state: HostileState, counting counters: inout ExplorationCounters,
    _ visit: (HostileStep, consuming HostileState) -> Void
  ) {
    projections.record(state, in: pool)
    let left = UInt8(configuration.budget) - state.spent
    for index in 0..<configuration.clients {
      let run = pool.clients[Int(state[index])]
      clientSteps(of: run, in: state, left: left) { step in
        let next = apply(step, to: run, in: state)
        if let row = pool.clients[Int(next[index])].lastRow {
          counters.bump(Int(row.rawValue))
        }
        visit(step, next)
      }
    }
    for index in 0..<configuration.enclaves {
      let run = pool.enclaves[Int(state[2 + index])]
      enclaveSteps(of: run, in: state, left: left) { step in
        let next = apply(step, to: run, in: state)
        if let row = pool.enclaves[Int(next[2 + index])].lastRow {
          counters.bump(WorldRows.firstEnclaveRow + Int(row.rawValue))
        }
        visit(step, next)
      }
    }
  }

  var invariants: [Invariant<HostileState>] {
    Violations.named.map { property in
      Invariant(property.name) { !$0.violations.contains(property.bit) }
    }
  }

  var sometimes: [Sometimes<HostileState>] {
    let pool = self.pool
    return [
      Sometimes("a client completes") { state in
        state.c1 != HostileState.absent
          && pool.clients[Int(state.c1)].lastRow == .awaitingZeroizedZeroizedValid
      },
      Sometimes("an enclave wipes") { pool.enclaves[Int($0.e1)].lastRow == .reportingWipedAlways },
    ]
  }

  var liveness: [Liveness<HostileState>] {
    guard configuration.hasFreeDeadlines else { return [] }
    let pool = self.pool
    let configuration = self.configuration
    return [
      .leadsTo(
        "L1 what has begun ends", underFairness: ["deadline", "wiped"],
        from: { state in
          (0..<configuration.clients).contains {
            let run = pool.clients[Int(state[$0])]
            return run.state != .idle && run.state != .ended
          }
            || (0..<configuration.enclaves).contains {
              let run = pool.enclaves[Int(state[2 + $0])]
              return run.state != .listening && run.state != .ended
            }
        },
        to: { state in
          (0..<configuration.clients).allSatisfy {
            let run = pool.clients[Int(state[$0])]
            return run.state == .idle || run.state == .ended
          }
            && (0..<configuration.enclaves).allSatisfy {
              let run = pool.enclaves[Int(state[2 + $0])]
              return run.state == .listening || run.state == .ended
            }
        })
    ]
  }

  // MARK: What follows a step

  /// The state after a client's step.
  private func apply(
    _ step: HostileStep, to run: ClientRun, in state: HostileState
  ) -> HostileState {
    let time = pool.time(of: step)
    let number = pool.step(run, pool.clientEvent(of: step, run), at: time)
    let next = pool.clients[Int(number)]
    return follow(
      state, step, number, before: run.history, after: next.history, next.violations)
  }

  /// The state after an enclave's step.
  private func apply(
    _ step: HostileStep, to run: EnclaveRun, in state: HostileState
  ) -> HostileState {
    let number = pool.step(run, step)
    let next = pool.enclaves[Int(number)]
    return follow(
      state, step, number, before: run.history, after: next.history, next.violations)
  }

  /// Puts a role's new run into the state, tells the attacker what was sent, and judges.
  private func follow(
    _ state: HostileState, _ step: HostileStep, _ number: UInt32, before: RoleHistory,
    after: RoleHistory, _ violations: Violations
  ) -> HostileState {
    var next = state
    next[Int(step.role)] = number
    next.spent += step.cost
    next.violations.formUnion(violations)
    if after.frames != before.frames {
      // A step sends few frames; their order does not matter to a set.
      var list = after.frames
      while list != before.frames {
        let node = pool.frames.last(of: list)
        next.knowledge = pool.knowledge.extending(next.knowledge, by: node.item.payload)
        list = node.parent
      }
      if pool.knowledge.leak(in: next.knowledge) != .none { next.violations.insert(.s7) }
      next.violations.formUnion(judgements.judgeFrames(of: next, in: pool))
    }
    if after.claims != before.claims {
      next.violations.formUnion(judgements.judgeClaims(of: next, in: pool))
    }
    return next
  }
}

/// The rows of clients and enclaves as one list of counters.
enum WorldRows {
  static let firstEnclaveRow = ClientRow.allCases.count
  static let names: [String] =
    ClientRow.allCases.map { "\($0.identifier)" } + EnclaveRow.allCases.map { "\($0.identifier)" }
}
