extension Simulation {
  /// Whether a partition keeps messages from a node.
  func isBarred(_ sender: Int, _ node: Int) -> Bool {
    barriers[sender * count + node] > 0
  }

  /// Carries out one of the plan's strikes.
  mutating func strike(_ index: Int, _ testCase: inout TestCase) throws(DrawError) {
    guard !isHealed else { return }
    let strike = plan.strikes[index]
    let node = Int(strike.place) % count
    switch strike.fault {
    case .partition:
      guard count > 1 else { return }
      tally(.partition, node, "from some others for \(strike.ticks)")
      bar(strike, by: 1)
      queue.add(.release(index), at: now + strike.ticks)
    case .slow:
      tally(.slow, node, "for \(strike.ticks)")
      slowness[node] += slowing(strike)
      queue.add(.release(index), at: now + strike.ticks)
    case .close:
      guard count > 1 else { return }
      let sender = (node + 1 + Int(strike.place >> 8) % (count - 1)) % count
      guard !isClosed[sender * count + node] else { return }
      tally(.close, node, "from \(system.nodeNames[sender])")
      isClosed[sender * count + node] = true
      if !isDown[node] { try act(node, &testCase) { $0.close(sender, at: node, &$1) } }
    case .crash:
      guard !isDown[node] else { return }
      tally(.crash, node, "for \(strike.ticks)")
      isDown[node] = true
      lives[node] += 1
      timers[node] = []
      system.crash(node)
      queue.add(.restart(node), at: now + strike.ticks + 1)
    case .delay, .drop, .duplicate, .reorder, .corrupt, .split, .merge:
      preconditionFailure("not a strike")
    }
  }

  /// Ends a partition or a slow spell, unless all faults have ended already.
  mutating func release(_ index: Int) {
    guard !isHealed else { return }
    let strike = plan.strikes[index]
    switch strike.fault {
    case .partition: bar(strike, by: -1)
    case .slow: slowness[Int(strike.place) % count] -= slowing(strike)
    case .delay, .drop, .duplicate, .reorder, .corrupt, .split, .merge, .close, .crash: break
    }
  }

  /// What a slow spell adds to each step of its node; spells that overlap add up.
  private func slowing(_ strike: FaultPlan.Strike) -> UInt64 { strike.ticks / 4 + 1 }

  /// Puts up or takes down the barriers between a node with some of the others and the rest.
  private mutating func bar(_ strike: FaultPlan.Strike, by step: Int) {
    let first = Int(strike.place) % count
    var side = (0..<count).map { $0 == first || strike.place >> (8 + UInt64($0 % 8)) & 1 == 1 }
    if !side.contains(false) {
      // A partition with nobody on its other side would be counted and do nothing.
      side = (0..<count).map { $0 == first }
    }
    for sender in 0..<count {
      for node in 0..<count where side[sender] != side[node] {
        let link = sender * count + node
        barriers[link] += step
      }
    }
  }

  /// Lets a node that is down begin again.
  mutating func restart(_ node: Int, _ testCase: inout TestCase) throws(DrawError) {
    guard isDown[node] else { return }
    isDown[node] = false
    record(node, .remark, "begins again")
    try act(node, &testCase) { $0.restart(node, &$1) }
  }

  /// Counts a fault and notes it.
  mutating func tally(_ fault: SimulationFault, _ node: Int, _ label: String) {
    if let index = SimulationFault.allCases.firstIndex(of: fault) { counts[index] += 1 }
    record(node, .fault(fault), label)
  }

  /// Adds a line to the trace.
  mutating func record(
    _ node: Int, _ kind: SimulationTraceLine.Kind, _ label: String
  ) {
    if trace.count >= 2 * settings.maximumTraceLines {
      trace.removeFirst(trace.count - settings.maximumTraceLines)
    }
    trace.append(SimulationTraceLine(time: now, node: node, kind: kind, label: label))
  }
}
