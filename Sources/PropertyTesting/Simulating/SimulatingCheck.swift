extension TestCase {
  /// Runs a system under drawn faults until it has converged, or shown that it does not.
  ///
  /// Labels the case with each fault that struck (`fault: drop`). Requires nothing: judge
  /// `outcome`, or call ``requireConvergence(of:_:fileID:line:)``.
  public mutating func simulate<System: SimulatedSystem>(
    _ system: System, _ settings: SimulationSettings = SimulationSettings()
  ) throws(DrawError) -> SimulationReport<System> {
    let plan = try drawUnit(FaultPlan.generator(settings)) { plan, _ in plan.description }
    var simulation = Simulation(system, settings, plan)
    let outcome = try simulation.run(&self)
    for strike in simulation.strikes where strike.count > 0 {
      label("fault: \(strike.fault.rawValue)")
    }
    return SimulationReport(
      system: simulation.system, outcome: outcome, ticks: simulation.now,
      healing: plan.healing, events: simulation.events, strikes: simulation.strikes,
      trace: Array(simulation.trace.suffix(settings.maximumTraceLines)))
  }

  /// Runs a system under drawn faults and requires that it converges and never does wrong; the
  /// report of a failure holds the run as a message sequence chart.
  @discardableResult
  public mutating func requireConvergence<System: SimulatedSystem>(
    of system: System, _ settings: SimulationSettings = SimulationSettings(),
    fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> SimulationReport<System> {
    let report = try simulate(system, settings)
    guard report.outcome != .converged else { return report }
    note(report.chart.text())
    throw Violation(message: report.outcome.description, fileID: fileID, line: line)
  }
}

extension FaultPlan: CustomStringConvertible {
  /// The kinds of fault that the run has, its strikes and its end.
  var description: String {
    let kinds = rates.filter { $0.oneIn > 0 }.map { "\($0.fault.rawValue) 1/\($0.oneIn)" }
    let blows = strikes.filter { $0.time < healing }
      .map { "\($0.fault.rawValue) at \($0.time) for \($0.ticks)" }
    let all = kinds + blows
    return all.isEmpty
      ? "no faults" : "faults: " + all.joined(separator: ", ") + "; until \(healing)"
  }
}

extension SimulationOutcome: CustomStringConvertible {
  /// The outcome in words.
  public var description: String {
    switch self {
    case .converged: "converged"
    case .violated(let text): "violated: \(text)"
    case .stuck(true): "stuck: nothing more happens, and the system has not converged"
    case .stuck(false): "stuck: not converged in time after the last fault"
    case .livelocked: "livelocked: more events than a run may have"
    }
  }
}
