import EphemeralSession
import EphemeralWire
import PropertyTesting

/// Three machines and an honest host between four queues (Spec/Model/World.md §3).
struct RelayWorld: ExplorableSystem {
  let configuration: WorldConfiguration
  let pool: RolePool
  let hosts: HostPool
  let judgements = CrossJudgements()
  let projections = RelayProjections()

  init(_ configuration: WorldConfiguration) {
    self.configuration = configuration
    pool = RolePool(configuration)
    hosts = HostPool(pool.crypto)
  }

  func initialStates() -> [RelayState] {
    var state = RelayState()
    state.roles[0] = pool.client(0)
    state.roles[2] = pool.enclave(0)
    state.host = hosts.first()
    return [state]
  }

  func fingerprint(of state: RelayState) -> Fingerprint {
    var builder = FingerprintBuilder()
    builder.combine(state.roles.fingerprint)
    builder.combine(UInt64(state.host))
    for queue in state.queues {
      builder.combine(queue.count)
      for item in queue { builder.combine(item.code << 32 | UInt64(item.payload.id)) }
    }
    return builder.finish()
  }

  var counterNames: [String] { [] }
  var fairnessClasses: [String] { ["deadline", "wiped", "deliver", "driver"] }

  func fairnessClass(of step: RelayStep) -> Int? {
    switch step {
    case .deliver: 2
    case .host(.weightsRead): 3
    case .host(.deadline): 0
    case .host(.failed), .host(.cancel): nil
    case .role(let step):
      switch step.kind {
      case .deadline, .lifetime: 0
      case .wiped: 1
      default: step.cost == 0 ? 3 : nil
      }
    }
  }

  func isTerminal(_ state: RelayState) -> Bool { true }

  func successors(
    of state: RelayState, counting counters: inout ExplorationCounters,
    _ visit: (RelayStep, consuming RelayState) -> Void
  ) {
    projections.record(state, pool, hosts)
    for queue in RelayState.Queue.allCases where !state[queue].isEmpty {
      visit(.deliver(queue), deliver(queue, in: state))
    }
    let left = UInt8(configuration.budget) - state.roles.spent
    let client = pool.clients[Int(state.roles.c1)]
    clientSteps(of: client, left: left) { step in
      let number = pool.step(client, pool.clientEvent(of: step, client), at: pool.time(of: step))
      visit(.role(step), follow(state, client: number, cost: step.cost))
    }
    let enclave = pool.enclaves[Int(state.roles.e1)]
    enclaveSteps(of: enclave, left: left) { step in
      visit(.role(step), follow(state, enclave: pool.step(enclave, step), cost: step.cost))
    }
    hostSteps(of: hosts.runs[Int(state.host)], left: left) { kind, cost, event, time in
      visit(.host(kind), follow(state, host: event, at: time, cost: cost))
    }
  }

  var invariants: [Invariant<RelayState>] {
    Violations.named.map { property in
      Invariant(property.name) { !$0.roles.violations.contains(property.bit) }
    }
  }

  var sometimes: [Sometimes<RelayState>] {
    let pool = self.pool
    return [
      Sometimes("a client completes") {
        pool.clients[Int($0.roles.c1)].lastRow == .awaitingZeroizedZeroizedValid
      }
    ]
  }

  var liveness: [Liveness<RelayState>] {
    if configuration.hasFreeDeadlines { return [endsAtLast] }
    return configuration.budget == 0 ? [completesAtLast] : []
  }

  private var endsAtLast: Liveness<RelayState> {
    let (pool, hosts) = (self.pool, self.hosts)
    func isOpen(_ state: RelayState) -> Bool {
      let client = pool.clients[Int(state.roles.c1)].state
      let enclave = pool.enclaves[Int(state.roles.e1)].state
      let host = hosts.runs[Int(state.host)].state
      return (client != .idle && client != .ended)
        || (enclave != .listening && enclave != .ended) || (host != .idle && host != .ended)
    }
    return .leadsTo(
      "L1 what has begun ends", underFairness: ["deadline", "wiped", "deliver"],
      from: isOpen, to: { !isOpen($0) })
  }

  private var completesAtLast: Liveness<RelayState> {
    let pool = self.pool
    return .eventually("L2 an undisturbed session completes", underFairness: fairnessClasses) {
      let client = pool.clients[Int($0.roles.c1)]
      let enclave = pool.enclaves[Int($0.roles.e1)]
      let claims = pool.claims.items(of: enclave.history.claims)
      return client.machine.outcome == .completed && claims.last?.kind == .wiped
    }
  }
}

extension RelayWorld {
  /// What a client's driver does, and what may disturb it.
  private func clientSteps(of run: ClientRun, left: UInt8, _ emit: (HostileStep) -> Void) {
    func step(_ kind: HostileStep.Kind, _ cost: UInt8) {
      emit(HostileStep(kind: kind, role: 0, cost: cost))
    }
    switch run.state {
    case .idle: step(.start, 0)
    case .ready:
      if Int(run.history.inferences) < configuration.requests { step(.infer, 0) }
      step(.close, 0)
    case .delivering: step(.resultTaken, 0)
    case .wiping: step(.wiped, 0)
    case .awaitingEvidence, .awaitingConfirm, .awaitingAssembly, .awaitingResult, .gathering,
      .awaitingZeroized, .ended:
      break
    }
    guard run.isLive else { return }
    deadline(of: run.state.timer, left) { step($0, $1) }
    if left > 0 { step(.cancel, 1) }
  }

  /// What an enclave's driver does, and what may disturb it.
  private func enclaveSteps(of run: EnclaveRun, left: UInt8, _ emit: (HostileStep) -> Void) {
    func step(_ kind: HostileStep.Kind, _ cost: UInt8) {
      emit(HostileStep(kind: kind, role: 2, cost: cost))
    }
    pool.driverSteps(
      of: run, left: left, forges: false, free: { step($0, 0) }, costly: { step($0, 1) })
    guard run.isLive else { return }
    deadline(of: run.state.timer, left) { step($0, $1) }
    if left > 0 { step(.cancel, 1) }
  }

  private func deadline(
    of timer: SessionTimer, _ left: UInt8, _ step: (HostileStep.Kind, UInt8) -> Void
  ) {
    if configuration.hasFreeDeadlines {
      step(timer == .life ? .lifetime : .deadline, 0)
    } else if left > 0, timer != .life {
      step(.deadline, 1)
    }
  }

  /// What a host's driver does, and what may disturb it.
  private func hostSteps(
    of run: HostRun, left: UInt8,
    _ emit: (RelayStep.HostKind, UInt8, HostEvent<Term>, SessionTime) -> Void
  ) {
    if let range = run.machine.unreadRanges.first {
      let fields = pool.crypto.decodeWeightChunk(pool.chunk(range.first, isGenuine: true))
      if let fields { emit(.weightsRead, 0, .weightsRead(fields), RolePool.now) }
      if left > 0 { emit(.failed, 1, .failed(.weightsUnavailable), RolePool.now) }
    }
    let isTimed = run.state == .attesting || run.state == .offered || run.state == .draining
    let time = run.state == .draining ? RolePool.later : RolePool.late
    if isTimed, configuration.hasFreeDeadlines { emit(.deadline, 0, .deadline, time) }
    guard left > 0 else { return }
    if isTimed, !configuration.hasFreeDeadlines { emit(.deadline, 1, .deadline, time) }
    if run.state == .attesting { emit(.failed, 1, .failed(.enclaveUnreachable), RolePool.now) }
    if run.state != .draining, run.state != .ended { emit(.cancel, 1, .cancel, RolePool.now) }
  }

  /// Takes the first of a queue to the machine that it leads to.
  private func deliver(_ queue: RelayState.Queue, in state: RelayState) -> RelayState {
    var state = state
    let item = state[queue].removeFirst()
    switch queue {
    case .clientToHost:
      let event: HostEvent<Term> =
        item.isEnd ? .closed(.client) : .frame(item.frame, from: .client)
      return follow(state, host: event, at: RolePool.now, cost: 0)
    case .enclaveToHost:
      let event: HostEvent<Term> =
        item.isEnd ? .closed(.enclave) : .frame(item.frame, from: .enclave)
      return follow(state, host: event, at: RolePool.now, cost: 0)
    case .hostToClient:
      let run = pool.clients[Int(state.roles.c1)]
      let event: ClientEvent<SymbolicCryptography> =
        item.isEnd ? .peerClosed : .frame(item.frame)
      return follow(state, client: pool.step(run, event, at: RolePool.now), cost: 0)
    case .hostToEnclave:
      let run = pool.enclaves[Int(state.roles.e1)]
      return follow(state, enclave: receive(item, run), cost: 0)
    }
  }

  private func receive(_ item: QueueItem, _ run: EnclaveRun) -> UInt32 {
    if item.isEnd { return pool.step(run, .peerClosed, at: RolePool.now) }
    switch item.message {
    case .clientHello:
      return pool.step(run, HostileStep(kind: .hello, role: 2, cost: 0, first: item.payload))
    case .keyExchange:
      return pool.step(
        run, HostileStep(kind: .keyExchange, role: 2, cost: 0, first: item.payload))
    case .weightChunk:
      var surroundings = run.surroundings
      if run.fetch != nil { surroundings.unopened |= 1 << UInt64(2 * surroundings.unopenedCount) }
      return pool.step(run, .frame(item.frame), at: RolePool.now, adjusting: surroundings)
    default: return pool.step(run, .frame(item.frame), at: RolePool.now)
    }
  }

  // MARK: What follows a step

  private func follow(_ state: RelayState, client number: UInt32, cost: UInt8) -> RelayState {
    let before = pool.clients[Int(state.roles.c1)]
    let after = pool.clients[Int(number)]
    var next = state
    next.roles[0] = number
    next.roles.spent += cost
    next[.clientToHost] += sent(before.history, after.history)
    if after.state == .ended, before.state != .ended { next[.clientToHost].append(.end) }
    return settle(next, before.history, after.history, after.violations)
  }

  private func follow(_ state: RelayState, enclave number: UInt32, cost: UInt8) -> RelayState {
    let before = pool.enclaves[Int(state.roles.e1)]
    let after = pool.enclaves[Int(number)]
    var next = state
    next.roles[2] = number
    next.roles.spent += cost
    next[.enclaveToHost] += sent(before.history, after.history)
    if after.state == .ended, before.state != .ended { next[.enclaveToHost].append(.end) }
    return settle(next, before.history, after.history, after.violations)
  }

  private func follow(
    _ state: RelayState, host event: HostEvent<Term>, at time: SessionTime, cost: UInt8
  ) -> RelayState {
    var next = state
    next.roles.spent += cost
    let (number, actions) = hosts.step(state.host, event, at: time)
    next.host = number
    func end(_ queue: RelayState.Queue) {
      if next[queue].last?.isEnd != true { next[queue].append(.end) }
    }
    for action in actions {
      switch action {
      case .send(let frame, let side):
        next[side == .client ? .hostToClient : .hostToEnclave].append(
          QueueItem(frame.message, frame.payload))
      case .forward(let frame, let side):
        let source: RelayState.Queue = side == .client ? .enclaveToHost : .clientToHost
        let message = hosts.message(of: frame, from: source, in: pool, state)
        next[side == .client ? .hostToClient : .hostToEnclave].append(
          QueueItem(message, frame.payload))
      case .finishWritingToEnclave: end(.hostToEnclave)
      case .close:
        end(.hostToClient)
        end(.hostToEnclave)
      case .connectEnclave, .beginStore, .storeData, .finishStore, .abandonStore, .lookUpBlob,
        .readWeights, .logEnclave, .audit:
        break
      }
    }
    return settle(next, RoleHistory(), RoleHistory(), [])
  }

  private func sent(_ before: RoleHistory, _ after: RoleHistory) -> [QueueItem] {
    var items: [QueueItem] = []
    var list = after.frames
    while list != before.frames {
      let node = pool.frames.last(of: list)
      items.append(QueueItem(node.item.message, node.item.payload))
      list = node.parent
    }
    return items.reversed()
  }

  /// Drops what no machine takes, tells the attacker what was sent, and judges.
  private func settle(
    _ state: RelayState, _ before: RoleHistory, _ after: RoleHistory, _ violations: Violations
  ) -> RelayState {
    var next = state
    let client = pool.clients[Int(next.roles.c1)]
    let enclave = pool.enclaves[Int(next.roles.e1)]
    if !client.isLive { next[.hostToClient] = [] }
    if enclave.state == .reporting {
      next[.hostToEnclave].removeAll { !$0.isEnd }
    } else if !enclave.isLive {
      next[.hostToEnclave] = []
    }
    if hosts.runs[Int(next.host)].state == .ended {
      next[.clientToHost] = []
      next[.enclaveToHost] = []
    }
    next.roles.violations.formUnion(violations)
    if after.frames != before.frames {
      for item in sent(before, after) {
        next.roles.knowledge = pool.knowledge.extending(
          next.roles.knowledge, by: item.payload)
      }
      if pool.knowledge.leak(in: next.roles.knowledge) != .none {
        next.roles.violations.insert(.s7)
      }
      next.roles.violations.formUnion(judgements.judgeFrames(of: next.roles, in: pool))
    }
    if after.claims != before.claims {
      next.roles.violations.formUnion(judgements.judgeClaims(of: next.roles, in: pool))
    }
    return next
  }
}
