import PropertyTesting
import Testing

/// Two nodes that send to each other at each tick; there is nothing that they have to reach.
private struct Metronome: SimulatedSystem {
  let nodeNames = ["left", "right"]

  mutating func start(_ node: Int, _ context: inout SimulationContext<Int, Int>) {
    context.setTimer(0, after: 1)
  }
  mutating func receive(
    _ payload: Int, from sender: Int, at node: Int,
    _ context: inout SimulationContext<Int, Int>
  ) {}
  mutating func fire(
    _ timer: Int, at node: Int, _ context: inout SimulationContext<Int, Int>
  ) {
    context.send(0, to: 1 - node)
    context.setTimer(timer, after: 1)
  }

  var violation: String? { nil }
  var isConverged: Bool { true }
}

/// Each strike does what its line in the trace says: a fault that is counted and does nothing would
/// make the required coverage of all who use the simulator hollow.
@Suite("Strikes of a simulation")
struct StrikeTests {
  @Test("a partition in force loses messages, and nothing else loses any")
  func partition() throws {
    try run(.partition) { report, testCase in
      let blows = report.trace.filter { $0.kind == .fault(.partition) }
      let losses = report.trace.filter(\.isLoss)
      for blow in blows where blow.time >= 3 && blow.time + 3 < report.healing && blow.ticks >= 3 {
        testCase.label("judged")
        let during = blow.time...(blow.time + blow.ticks)
        try testCase.require(losses.contains { during.contains($0.time) }, "\(blow)")
      }
      for loss in losses {
        try testCase.require(
          blows.contains { ($0.time...($0.time + $0.ticks)).contains(loss.time) }, "\(loss)")
      }
    }
  }

  @Test("a slow spell lasts its time, whichever others end meanwhile")
  func slow() throws {
    try run(.slow) { report, testCase in
      let blows = report.trace.filter { $0.kind == .fault(.slow) }
      for node in 0..<2 {
        let beats = report.trace.filter { $0.kind == .timer && $0.node == node }.map(\.time)
        for (beat, next) in zip(beats, beats.dropFirst()) where beat < report.healing {
          let own = blows.filter { $0.node == node && $0.time <= beat }
          if own.isEmpty { try testCase.require(next == beat + 1) }
          for blow in own where blow.time < beat && beat < blow.time + blow.ticks {
            testCase.label("judged")
            try testCase.require(next - beat >= 2 + blow.ticks / 4, "\(blow), \(beat), \(next)")
          }
        }
      }
    }
  }

  @Test("a node that is down hears nothing, and never what was sent to its former life")
  func crash() throws {
    let latency: UInt64 = 50
    try run(.crash, latency: latency) { report, testCase in
      for (index, line) in report.trace.enumerated() where line.kind == .fault(.crash) {
        var isDown = true
        for later in report.trace[(index + 1)...] where later.node == line.node {
          switch later.kind {
          case .remark: isDown = false
          case .arrival:
            try testCase.require(!isDown, "heard while down")
            try testCase.require(later.time >= line.time + latency, "heard from before")
          case .timer: try testCase.require(!isDown, "woken while down")
          case .loss, .fault, .healing: break
          }
        }
        testCase.label("judged")
        try testCase.require(!isDown, "never begins again")
      }
    }
  }

  @Test("a closed link lets nothing through until the faults end, and has no other fault")
  func close() throws {
    let faults: [SimulationFault] = [.close, .drop, .duplicate, .delay, .reorder]
    try run(.close, faults: faults) { report, testCase in
      for (index, line) in report.trace.enumerated() where line.kind == .fault(.close) {
        for later in report.trace[(index + 1)...] {
          if later.kind == .healing { break }
          guard later.node == line.node else { continue }
          testCase.label("judged")
          if case .fault(let fault) = later.kind {
            try testCase.require(!fault.strikesMessages, "\(later)")
          }
          // What was on its way when the link closed may still arrive.
          if case .arrival = later.kind {
            try testCase.require(later.time <= line.time + 40, "\(later)")
          }
        }
      }
    }
  }

  /// Runs many metronomes under one kind of strike, and requires that enough of them were judged.
  private func run(
    _ strike: SimulationFault, faults: [SimulationFault]? = nil, latency: UInt64 = 1,
    _ judge: @escaping (SimulationReport<Metronome>, inout TestCase) throws -> Void
  ) throws {
    let settings = SimulationSettings(
      faults: faults ?? [strike], minimumLatency: latency, maximumLatency: latency,
      faultTicks: 200, maximumTraceLines: 100_000)
    try check(
      name: "strikes: \(strike.rawValue)", cases: 200,
      covering: [
        RequiredLabel("fault: \(strike.rawValue)", share: 0.3), RequiredLabel("judged", share: 0.2),
      ]
    ) { testCase in
      let report = try testCase.simulate(Metronome(), settings)
      try testCase.require(report.outcome == .converged, "\(report.outcome)")
      try judge(report, &testCase)
    }
  }
}

extension SimulationTraceLine {
  fileprivate var isLoss: Bool {
    if case .loss = kind { true } else { false }
  }

  /// How long a strike lasts: its label ends with that.
  fileprivate var ticks: UInt64 { label.split(separator: " ").last.flatMap { UInt64($0) } ?? 0 }
}
