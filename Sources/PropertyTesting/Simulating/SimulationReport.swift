/// How a simulation ended.
public enum SimulationOutcome: Equatable, Sendable {
  /// The faults ended and the system did what it is for.
  case converged
  /// Something was wrong that must never be.
  case violated(String)
  /// The system did not converge in time after the last fault; nothing more would happen where
  /// `isQuiet`.
  case stuck(isQuiet: Bool)
  /// More events than a run may have.
  case livelocked
}

/// One line of a simulation's trace.
public struct SimulationTraceLine: Equatable, Sendable {
  /// What a line tells of.
  public enum Kind: Equatable, Sendable {
    /// A message arrived.
    case arrival(from: Int)
    /// A message was lost on its way.
    case loss(from: Int)
    /// A timer was due.
    case timer
    /// A fault struck the node, or the message that the node was to receive.
    case fault(SimulationFault)
    /// The node made a remark.
    case remark
    /// All faults end.
    case healing
  }

  /// When, in ticks.
  public let time: UInt64
  /// At which node.
  public let node: Int
  /// What the line tells of.
  public let kind: Kind
  /// What it was, in a few words.
  public let label: String
}

/// A simulation that has run.
public struct SimulationReport<System: SimulatedSystem> {
  /// The system as it was at the end.
  public let system: System
  /// How the run ended.
  public let outcome: SimulationOutcome
  /// Virtual time at the end, in ticks.
  public let ticks: UInt64
  /// When the faults ended, in ticks.
  public let healing: UInt64
  /// Events that were handled.
  public let events: Int
  /// How often each fault struck, in the order of `SimulationFault.allCases`.
  public let strikes: [(fault: SimulationFault, count: Int)]
  /// The last lines of what happened.
  public let trace: [SimulationTraceLine]

  /// How often a fault struck.
  public func count(of fault: SimulationFault) -> Int {
    strikes.first { $0.fault == fault }?.count ?? 0
  }

  /// The trace as a message sequence chart.
  public var chart: SequenceChart {
    let names = system.nodeNames
    var chart = SequenceChart(title: "\(outcome) at \(ticks)", participants: names)
    for line in trace {
      switch line.kind {
      case .arrival(let sender):
        chart.append(.message(from: sender, to: line.node, label: line.label))
      case .loss(let sender):
        chart.append(.lost(from: sender, to: line.node, label: line.label))
      case .timer, .remark: chart.append(.local(at: line.node, label: line.label))
      case .fault(let fault):
        chart.append(.local(at: line.node, label: "\(fault.rawValue): \(line.label)"))
      case .healing: chart.append(.note("faults end at \(line.time)"))
      }
    }
    return chart
  }
}
