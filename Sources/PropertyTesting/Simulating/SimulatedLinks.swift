extension Simulation {
  /// Sends a message, unless a fault changes its fate.
  mutating func send(
    _ payload: System.Payload, from sender: Int, to node: Int, _ testCase: inout TestCase
  ) throws(DrawError) {
    let spread = settings.maximumLatency - settings.minimumLatency
    let latency =
      try settings.minimumLatency + number(upTo: spread, &testCase) + slowness[sender]
      + slowness[node]
    // What a closed link loses has no other fate, so that no fault is counted which changes nothing.
    let isSpared = isHealed || sender == node || isClosed[sender * count + node]
    let fate = isSpared ? nil : try testCase.drawUnit(plan.fate) { _, _ in nil }
    guard let fate else {
      deliver(payload, from: sender, to: node, after: latency)
      return
    }
    let choice = try number(upTo: 1 << 16, &testCase)
    if !strike(fate, payload, from: sender, to: node, after: latency, choice) {
      deliver(payload, from: sender, to: node, after: latency)
    }
  }

  /// Changes a message's fate; false where the message cannot have the fault.
  private mutating func strike(
    _ fault: SimulationFault, _ payload: System.Payload, from sender: Int, to node: Int,
    after latency: UInt64, _ choice: UInt64
  ) -> Bool {
    let label = system.label(of: payload)
    let spread = settings.maximumLatency - settings.minimumLatency
    let late = latency + choice % (4 * spread + 16)
    switch fault {
    case .delay:
      deliver(payload, from: sender, to: node, after: late + 1)
    case .drop:
      record(node, .loss(from: sender), label)
    case .duplicate:
      deliver(payload, from: sender, to: node, after: latency)
      deliver(payload, from: sender, to: node, after: late)
    case .reorder:
      let event = Event.arrival(payload, from: sender, to: node, life: lives[node])
      queue.add(event, at: now + settings.minimumLatency + choice % (4 * spread + 16))
    case .corrupt:
      guard let broken = system.corrupted(payload, choice: choice) else { return false }
      deliver(broken, from: sender, to: node, after: latency)
    case .split:
      guard let parts = system.split(payload, choice: choice) else { return false }
      deliver(parts.0, from: sender, to: node, after: latency)
      deliver(parts.1, from: sender, to: node, after: late)
    case .merge:
      guard let held = withdrawLast(from: sender, to: node) else { return false }
      guard let whole = system.merged(held, payload) else {
        deliver(held, from: sender, to: node, after: latency)
        return false
      }
      deliver(whole, from: sender, to: node, after: latency)
    case .partition, .close, .slow, .crash:
      preconditionFailure("not a message's fault")
    }
    tally(fault, node, label)
    return true
  }

  private mutating func deliver(
    _ payload: System.Payload, from sender: Int, to node: Int, after latency: UInt64
  ) {
    let link = sender * count + node
    guard !isClosed[link] else {
      record(node, .loss(from: sender), system.label(of: payload))
      return
    }
    let time = max(arrivals[link], now + latency)
    arrivals[link] = time
    queue.add(.arrival(payload, from: sender, to: node, life: lives[node]), at: time)
  }

  /// Takes back the last message of a link that is still on its way.
  private mutating func withdrawLast(from sender: Int, to node: Int) -> System.Payload? {
    queue.withdrawLast { event in
      guard case .arrival(let payload, sender, node, let life) = event, life == lives[node]
      else { return nil }
      return payload
    }
  }

  private mutating func number(
    upTo maximum: UInt64, _ testCase: inout TestCase
  ) throws(DrawError) -> UInt64 {
    let generator = Generator<UInt64> { (source) throws(DrawError) in
      try source.integer(maximum: maximum) { $0.upTo(maximum) }
    }
    return try testCase.drawUnit(generator) { _, _ in nil }
  }
}
