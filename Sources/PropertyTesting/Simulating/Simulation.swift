/// One run: virtual time, links, timers and faults around a system's nodes.
struct Simulation<System: SimulatedSystem> {
  /// What is going to happen.
  enum Event {
    case arrival(System.Payload, from: Int, to: Int, life: UInt64)
    case timer(Int, node: Int)
    case strike(Int)
    case release(Int)
    case restart(Int)
    case healing
  }

  var system: System
  let settings: SimulationSettings
  let plan: FaultPlan
  var now: UInt64 = 0
  var events = 0
  var trace: [SimulationTraceLine] = []
  var counts = [Int](repeating: 0, count: SimulationFault.allCases.count)
  var queue = EventQueue<Event>()
  /// The timers that each node waits for, by number.
  var timers: [[(number: Int, timer: System.Timer)]]
  var timersSet = 0
  /// When the last message of each link arrives; links are first in, first out.
  var arrivals: [UInt64]
  var isClosed: [Bool]
  /// How many partitions are in force between each pair.
  var barriers: [Int]
  var isDown: [Bool]
  var lives: [UInt64]
  var slowness: [UInt64]
  var isHealed = false
  let count: Int

  init(_ system: System, _ settings: SimulationSettings, _ plan: FaultPlan) {
    self.system = system
    self.settings = settings
    self.plan = plan
    count = system.nodeNames.count
    precondition(count > 0, "a system needs a node")
    arrivals = [UInt64](repeating: 0, count: count * count)
    isClosed = [Bool](repeating: false, count: count * count)
    barriers = [Int](repeating: 0, count: count * count)
    isDown = [Bool](repeating: false, count: count)
    lives = [UInt64](repeating: 0, count: count)
    slowness = [UInt64](repeating: 0, count: count)
    timers = Array(repeating: [], count: count)
  }

  /// Runs to the end; every decision is drawn from the case.
  mutating func run(_ testCase: inout TestCase) throws(DrawError) -> SimulationOutcome {
    for (index, strike) in plan.strikes.enumerated() where strike.time < plan.healing {
      queue.add(.strike(index), at: strike.time)
    }
    queue.add(.healing, at: plan.healing)
    for node in 0..<count {
      try act(node, &testCase) { $0.start(node, &$1) }
      if let wrong = system.violation { return .violated(wrong) }
    }
    let limit = plan.healing + settings.convergenceTicks
    while let time = queue.nextTime {
      if isHealed && system.isConverged { return .converged }
      guard time <= limit else { return .stuck(isQuiet: false) }
      guard let next = queue.removeFirst() else { break }
      now = next.time
      events += 1
      guard events <= settings.maximumEvents else { return .livelocked }
      try handle(next.event, &testCase)
      if let wrong = system.violation { return .violated(wrong) }
    }
    return system.isConverged ? .converged : .stuck(isQuiet: true)
  }

  /// How often each fault struck.
  var strikes: [(fault: SimulationFault, count: Int)] {
    SimulationFault.allCases.enumerated().map { ($1, counts[$0]) }
  }

  private mutating func handle(_ event: Event, _ testCase: inout TestCase) throws(DrawError) {
    switch event {
    case .arrival(let payload, let sender, let node, let life):
      let label = system.label(of: payload)
      guard life == lives[node], !isDown[node], !isBarred(sender, node) else {
        record(node, .loss(from: sender), label)
        return
      }
      record(node, .arrival(from: sender), label)
      try act(node, &testCase) { $0.receive(payload, from: sender, at: node, &$1) }
    case .timer(let number, let node):
      guard let index = timers[node].firstIndex(where: { $0.number == number }) else { return }
      let timer = timers[node].remove(at: index).timer
      record(node, .timer, "timer \(timer)")
      try act(node, &testCase) { $0.fire(timer, at: node, &$1) }
    case .strike(let index): try strike(index, &testCase)
    case .release(let index): release(index)
    case .restart(let node): try restart(node, &testCase)
    case .healing:
      isHealed = !isBroken("harness-never-heals")
      for link in isClosed.indices {
        isClosed[link] = false
        barriers[link] = 0
      }
      for node in 0..<count { slowness[node] = 0 }
      record(0, .healing, "")
      for node in 0..<count { try restart(node, &testCase) }
    }
  }

  /// Lets a node act and carries out what it wishes.
  mutating func act(
    _ node: Int, _ testCase: inout TestCase,
    _ body: (inout System, inout SimulationContext<System.Payload, System.Timer>) -> Void
  ) throws(DrawError) {
    var context = SimulationContext<System.Payload, System.Timer>(now: now)
    body(&system, &context)
    for wish in context.wishes {
      switch wish {
      case .send(let payload, let receiver):
        precondition((0..<count).contains(receiver), "no such node")
        try send(payload, from: node, to: receiver, &testCase)
      case .set(let timer, let ticks):
        timers[node].append((timersSet, timer))
        queue.add(.timer(timersSet, node: node), at: now + ticks + slowness[node])
        timersSet += 1
      case .cancel(let timer): timers[node].removeAll { $0.timer == timer }
      case .note(let text): record(node, .remark, text)
      }
    }
  }
}
