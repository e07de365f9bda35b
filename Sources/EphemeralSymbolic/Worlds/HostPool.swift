import EphemeralSession
import EphemeralWire
import PropertyTesting

/// All runs of the host that an exploration has met.
final class HostPool {
  private(set) var runs: ContiguousArray<HostRun> = []
  private var index = InternTable()
  private let crypto: SymbolicCryptography

  init(_ crypto: SymbolicCryptography) { self.crypto = crypto }

  /// The number of a host that has not begun.
  func first() -> UInt32 {
    let configuration = HostConfiguration(codec: crypto, maximumBlobBytes: 1 << 30)
    return record(HostSession(configuration: configuration, at: RolePool.now), nil)
  }

  /// Gives a run an event; the run that it leads to, and the actions.
  func step(
    _ number: UInt32, _ event: HostEvent<Term>, at time: SessionTime
  ) -> (number: UInt32, actions: [HostAction<Term>]) {
    var machine = runs[Int(number)].machine.fork()
    let actions = machine.handle(event, at: time)
    let row = machine.last?.row
    return (record(machine, row), actions)
  }

  private func record(
    _ machine: consuming HostSession<SymbolicCryptography>, _ row: HostRow?
  ) -> UInt32 {
    var sink = FeatureSink()
    sink.feed(word: UInt64(row?.rawValue ?? .max))
    machine.feed(into: &sink)
    let key = sink.builder.finish()
    if let known = index.find(key) { return known }
    let number = UInt32(runs.count)
    runs.append(HostRun(machine, lastRow: row))
    index.insert(key, number)
    return number
  }

  /// Which message a relayed frame is: the host does not see, its queue's head did.
  func message(
    of frame: IncomingFrame<Term>, from queue: RelayState.Queue, in pool: RolePool,
    _ state: RelayState
  ) -> SessionMessage {
    let history =
      queue == .clientToHost
      ? pool.clients[Int(state.roles.c1)].history.frames
      : pool.enclaves[Int(state.roles.e1)].history.frames
    let sent = pool.frames.items(of: history).first { $0.payload == frame.payload }
    guard let sent else { preconditionFailure("an honest host relays what was sent") }
    return sent.message
  }
}

/// Collects the distinct projected lines of the world `Relay`.
final class RelayProjections {
  private var seen = InternTable()
  private(set) var lines: [String] = []

  /// Notes a state; one that projects like an earlier one adds nothing.
  func record(_ state: RelayState, _ pool: RolePool, _ hosts: HostPool) {
    let client = pool.clients[Int(state.roles.c1)]
    let enclave = pool.enclaves[Int(state.roles.e1)]
    let host = hosts.runs[Int(state.host)]
    var builder = FingerprintBuilder()
    builder.combine(UInt64(client.projection) << 32 | UInt64(enclave.projection))
    builder.combine(UInt64(host.state.rawValue) << 32 | UInt64(host.lastRow?.rawValue ?? .max))
    builder.combine(host.unread << 8 | UInt64(state.roles.spent))
    for queue in state.queues {
      builder.combine(queue.count)
      for item in queue { builder.combine(item.code) }
    }
    let key = builder.finish()
    if seen.find(key) != nil { return }
    seen.insert(key, 0)
    let queues = RelayState.Queue.allCases.map { queue in
      let names = state[queue].map(\.name)
      return "\(queue.name):" + (names.isEmpty ? "-" : names.joined(separator: ","))
    }
    lines.append(
      [
        "c1=" + pool.projections[Int(client.projection)], "h=" + host.line,
        "e1=" + pool.projections[Int(enclave.projection)],
        "q=" + queues.joined(separator: "/"), "spent=\(state.roles.spent)",
      ].joined(separator: " ; "))
  }
}
