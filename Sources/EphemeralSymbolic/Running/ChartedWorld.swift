import EphemeralSession
import PropertyTesting

/// A world whose counterexamples can be told and drawn.
protocol ChartedWorld: ExplorableSystem {
  /// The participants from left to right.
  var participants: [String] { get }
  /// The participants' states.
  func states(of state: State) -> [String?]
  /// What a step looks like, between two states.
  func events(of step: Step, from before: State, to after: State) -> [SequenceChart.Event]
  /// The step as one line of text.
  func text(of step: Step) -> String
}

extension ChartedWorld {
  /// The chart of a counterexample.
  func chart(of path: ExploredPath<Self>, title: String) -> SequenceChart {
    var chart = SequenceChart(
      title: title, participants: participants, initialStates: states(of: path.initial))
    var before = path.initial
    for (index, move) in path.moves.enumerated() {
      if path.cycleStart == index { chart.append(.note("from here on for ever")) }
      let events = events(of: move.step, from: before, to: move.state)
      for (place, event) in events.enumerated() {
        let isEnd = place == events.count - 1
        chart.append(
          event, states: isEnd ? states(of: move.state) : [],
          isHighlighted: isEnd && index == path.moves.count - 1)
      }
      before = move.state
    }
    return chart
  }
}

/// A role alone: one participant, to which everything happens.
protocol LonelyWorld: ChartedWorld where State == UInt32 {
  var roleName: String { get }
  func stateName(of number: UInt32) -> String
}

extension LonelyWorld {
  var participants: [String] { [roleName] }
  func states(of state: UInt32) -> [String?] { [stateName(of: state)] }
  func events(of step: Step, from: UInt32, to: UInt32) -> [SequenceChart.Event] {
    [.local(at: 0, label: text(of: step))]
  }
}

extension ClientRoleWorld: LonelyWorld {
  var roleName: String { "client" }
  func stateName(of number: UInt32) -> String { "\(pool.runs[Int(number)].state)" }
  func text(of step: Step) -> String { "\(step.input.message)" }
}

extension EnclaveRoleWorld: LonelyWorld {
  var roleName: String { "enclave" }
  func stateName(of number: UInt32) -> String { "\(pool.runs[Int(number)].state)" }
  func text(of step: Step) -> String { "\(step.input.message)" }
}

extension HostRoleWorld: LonelyWorld {
  var roleName: String { "host" }
  func stateName(of number: UInt32) -> String { "\(hosts.runs[Int(number)].state)" }
  func text(of step: Step) -> String { "\(step.event)" }
}

extension HostileWorld: ChartedWorld {
  var participants: [String] {
    ["c1", "c2"].prefix(configuration.clients) + ["attacker"]
      + ["e1", "e2"].prefix(configuration.enclaves)
  }

  func states(of state: HostileState) -> [String?] {
    (0..<configuration.clients).map { "\(pool.clients[Int(state[$0])].state)" } + [nil]
      + (0..<configuration.enclaves).map { "\(pool.enclaves[Int(state[2 + $0])].state)" }
  }

  func text(of step: HostileStep) -> String { step.text(in: pool) }

  func events(
    of step: HostileStep, from before: HostileState, to after: HostileState
  ) -> [SequenceChart.Event] {
    let attacker = configuration.clients
    let role = Int(step.role)
    let own = role < 2 ? role : attacker + 1 + role - 2
    let label = step.label(in: pool)
    let first: SequenceChart.Event =
      step.kind.isLocal
      ? .local(at: own, label: label) : .message(from: attacker, to: own, label: label)
    var sent: [SequenceChart.Event] = []
    var list = frames(of: role, in: after)
    let end = frames(of: role, in: before)
    while list != end {
      let node = pool.frames.last(of: list)
      sent.append(.message(from: own, to: attacker, label: "\(node.item.message)"))
      list = node.parent
    }
    return [first] + sent.reversed()
  }

  private func frames(of role: Int, in state: HostileState) -> UInt32 {
    let number = Int(state[role])
    return role < 2 ? pool.clients[number].history.frames : pool.enclaves[number].history.frames
  }
}

extension HostileStep.Kind {
  /// Whether the role's own driver does it, and not the attacker.
  var isLocal: Bool {
    switch self {
    case .start, .infer, .close, .resultTaken, .document, .admitted, .chunkOpened,
      .chunkRefused, .assembled, .inferred, .failed, .wiped, .deadline, .lifetime, .cancel:
      true
    case .evidence, .malformedEvidence, .hello, .malformedHello, .unsupportedHello, .keyExchange,
      .attackerKeyExchange, .malformedKeyExchange, .attackerTopology, .attackerRequest,
      .attackerEarlyRequest, .attackerMalformedRequest, .attackerClose, .attackerAbort,
      .attackerAssembled, .genuineChunk, .forgedChunk, .misplacedChunk, .malformedChunk,
      .sealed, .abort, .unknownAbort, .otherFrame, .broken, .peerClosed:
      false
    }
  }
}

extension HostileStep {
  /// The step as one line of text.
  func text(in pool: RolePool) -> String { "\(roleName): \(label(in: pool))" }

  /// What happens, without the role.
  func label(in pool: RolePool) -> String {
    let arena = pool.arena
    switch kind {
    case .sealed where arena.isMade(first, by: .sealed):
      let direction = arena.number(first, 3) == 0 ? "c2e" : "e2c"
      return "record \(arena.number(first, 4)) \(direction)"
    case .sealed: return "a record that nobody sealed"
    case .evidence:
      let session = arena.owner(arena.argument(first, 0))
      let key = arena.owner(arena.argument(arena.argument(first, 1), 0))
      let body = Partner(session: session, key: key).name
      guard let facts = pool.crypto.facts(of: second) else { return "evidence of \(body)" }
      let seed = arena.argument(arena.argument(second, 2), 0)
      let kind =
        !facts.isGenuine
        ? "unsigned " : facts.isDebug ? "debug " : facts.isPinned ? "" : "unpinned "
      return "evidence \(body), \(kind)document \(arena.owner(seed).name)"
    case .hello: return "hello of \(arena.owner(arena.argument(first, 0)).name)"
    case .keyExchange:
      return "keyExchange of \(arena.owner(arena.argument(arena.argument(first, 0), 0)).name)"
    default: return "\(kind)"
    }
  }
}

extension RelayWorld: ChartedWorld {
  var participants: [String] { ["c1", "h", "e1"] }

  func states(of state: RelayState) -> [String?] {
    [
      "\(pool.clients[Int(state.roles.c1)].state)", "\(hosts.runs[Int(state.host)].state)",
      "\(pool.enclaves[Int(state.roles.e1)].state)",
    ]
  }

  func text(of step: RelayStep) -> String {
    switch step {
    case .deliver(let queue): "deliver \(queue.name)"
    case .role(let step): step.text(in: pool)
    case .host(let kind): "h: \(kind)"
    }
  }

  func events(
    of step: RelayStep, from before: RelayState, to after: RelayState
  ) -> [SequenceChart.Event] {
    switch step {
    case .deliver(let queue):
      let ends: (Int, Int) =
        switch queue {
        case .clientToHost: (0, 1)
        case .hostToClient: (1, 0)
        case .hostToEnclave: (1, 2)
        case .enclaveToHost: (2, 1)
        }
      return [.message(from: ends.0, to: ends.1, label: before[queue].first?.name ?? "")]
    case .role(let step): return [.local(at: Int(step.role), label: "\(step.kind)")]
    case .host(let kind): return [.local(at: 1, label: "\(kind)")]
    }
  }
}
