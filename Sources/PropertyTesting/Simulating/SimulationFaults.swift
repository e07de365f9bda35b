/// What may go wrong in a simulation.
public enum SimulationFault: String, CaseIterable, Equatable, Hashable, Sendable {
  /// A message takes longer, and those behind it wait.
  case delay
  /// A message does not arrive.
  case drop
  /// A message arrives twice.
  case duplicate
  /// A message may overtake others, or be overtaken.
  case reorder
  /// A message arrives with an error in it.
  case corrupt
  /// A message arrives in two parts.
  case split
  /// A message arrives as one with that before it, where both are on their way.
  case merge
  /// Nodes of two sides cannot reach each other for a while.
  case partition
  /// One direction between two nodes is closed; the receiver is told.
  case close
  /// A node takes long over everything for a while.
  case slow
  /// A node stops, loses what it does not keep, and begins again later.
  case crash

  /// Whether the fault strikes single messages; the others strike nodes or links at a time.
  public var strikesMessages: Bool {
    switch self {
    case .delay, .drop, .duplicate, .reorder, .corrupt, .split, .merge: true
    case .partition, .close, .slow, .crash: false
    }
  }
}

/// Bounds and habits of a simulation.
public struct SimulationSettings: Sendable {
  /// The faults that a run may draw.
  public var faults: [SimulationFault]
  /// The least time that a message takes, in ticks.
  public var minimumLatency: UInt64
  /// The most that a message takes without a fault, in ticks.
  public var maximumLatency: UInt64
  /// Faults end at a drawn time of at most so many ticks.
  public var faultTicks: UInt64
  /// Ticks after the last fault within which the system must have converged.
  public var convergenceTicks: UInt64
  /// Events in one run at most; more is a livelock.
  public var maximumEvents: Int
  /// Partitions, closures, slow spells and crashes in one run at most.
  public var maximumStrikes: Int
  /// Lines of the trace that are kept, the last ones.
  public var maximumTraceLines: Int

  /// Settings for systems that answer within a few hundred ticks.
  public init(
    faults: [SimulationFault] = SimulationFault.allCases, minimumLatency: UInt64 = 1,
    maximumLatency: UInt64 = 10, faultTicks: UInt64 = 1_000, convergenceTicks: UInt64 = 10_000,
    maximumEvents: Int = 20_000, maximumStrikes: Int = 4, maximumTraceLines: Int = 2_000
  ) {
    precondition(minimumLatency <= maximumLatency && maximumEvents > 0 && maximumStrikes >= 0)
    self.faults = faults
    self.minimumLatency = minimumLatency
    self.maximumLatency = maximumLatency
    self.faultTicks = faultTicks
    self.convergenceTicks = convergenceTicks
    self.maximumEvents = maximumEvents
    self.maximumStrikes = maximumStrikes
    self.maximumTraceLines = maximumTraceLines
  }
}

/// The faults of one run: which kinds there are at all, how often, what strikes when, and when all
/// of it ends.
///
/// Each run leaves most kinds out (swarm testing: Groce and others, 2012): a run with everything on
/// at once never gets far, and two faults hide each other. Shrinks to fewer kinds, fewer strikes and an
/// earlier end.
struct FaultPlan: Sendable {
  /// One strike at a node or link.
  struct Strike: Sendable {
    let fault: SimulationFault
    let time: UInt64
    let ticks: UInt64
    /// A number by which node, link or sides are chosen.
    let place: UInt64
  }

  /// Each message fault with one over its rate; 0 where the run has none of it.
  let rates: [(fault: SimulationFault, oneIn: UInt64)]
  let strikes: [Strike]
  let healing: UInt64

  /// One over the rates that a kind may have, the first being none.
  private static let odds: [UInt64] = [0, 64, 16, 4]

  static func generator(_ settings: SimulationSettings) -> Generator<FaultPlan> {
    let kinds = settings.faults.filter(\.strikesMessages)
    let places = settings.faults.filter { !$0.strikesMessages }
    let strike = Generator<Strike> { (source) throws(DrawError) in
      let last = UInt64(max(places.count, 1) - 1)
      let kind = try source.integer(maximum: last) { $0.upTo(last) }
      let time = try source.integer(maximum: settings.faultTicks) {
        $0.upTo(settings.faultTicks)
      }
      let ticks = try source.integer(maximum: settings.faultTicks) {
        $0.upTo(settings.faultTicks / 4)
      }
      let place = try source.integer(maximum: 1 << 16) { $0.upTo(1 << 16) }
      return Strike(fault: places[Int(kind)], time: time, ticks: ticks, place: place)
    }
    let count = places.isEmpty ? 0...0 : 0...settings.maximumStrikes
    return Generator { (source) throws(DrawError) in
      var rates: [(fault: SimulationFault, oneIn: UInt64)] = []
      for kind in kinds {
        // Two kinds in three are left out of a run.
        let level = try source.integer(maximum: UInt64(odds.count - 1)) {
          $0.oneIn(3) ? 1 + $0.upTo(UInt64(odds.count - 2)) : 0
        }
        rates.append((kind, odds[Int(level)]))
      }
      let strikes = try Generator.array(of: strike, count: count).generate(&source)
      let healing = try source.integer(maximum: settings.faultTicks) {
        $0.upTo(settings.faultTicks)
      }
      return FaultPlan(rates: rates, strikes: strikes, healing: healing)
    }
  }

  /// What happens to one message: nothing, or one of the kinds that the run has.
  var fate: Generator<SimulationFault?> {
    let rates = rates
    return Generator { (source) throws(DrawError) in
      let index = try source.integer(maximum: UInt64(rates.count)) { random in
        for (index, rate) in rates.enumerated() where rate.oneIn > 0 {
          if random.oneIn(rate.oneIn) { return UInt64(index + 1) }
        }
        return 0
      }
      guard index > 0, rates[Int(index) - 1].oneIn > 0,
        !isBroken("harness-draws-no-faults")
      else { return nil }
      return rates[Int(index) - 1].fault
    }
  }
}
