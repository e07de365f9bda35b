import EphemeralSession
public import PropertyTesting

/// Explores the production machines over symbolic cryptography.
public enum SymbolicExploration {
  /// Explores a world completely, or to its first violation.
  ///
  /// - Parameters:
  ///   - configuration: the world and its bounds.
  ///   - keepsLines: whether the projected lines are handed out.
  ///   - stopsAtViolation: whether the first violation ends it; it is a shortest one in any case.
  ///   - explored: called when the exploration is done and only the figures are left to be made.
  public static func run(
    configuration: WorldConfiguration, keepsLines: Bool = false, stopsAtViolation: Bool = true,
    explored: () -> Void = {}
  ) throws(ExplorationError) -> ExplorationVerdict {
    let options = ExplorationOptions(
      maximumStates: 1 << 28, stopsAtViolation: stopsAtViolation, checksLiveness: true)
    switch configuration.world {
    case .roleClient:
      let world = ClientRoleWorld()
      let report = ExplorationReport(configuration, world, try explore(world, options))
      explored()
      let rows = ClientRow.allCases.map { "\($0.identifier)" }
      return report.verdict(world.lines.lines, keepsLines, rows: rows, kind: "client")
    case .roleHost:
      let world = HostRoleWorld()
      let report = ExplorationReport(configuration, world, try explore(world, options))
      explored()
      let rows = HostRow.allCases.map { "\($0.identifier)" }
      return report.verdict(world.lines.lines, keepsLines, rows: rows, kind: "host")
    case .roleEnclave:
      let world = EnclaveRoleWorld()
      let report = ExplorationReport(configuration, world, try explore(world, options))
      explored()
      let rows = EnclaveRow.allCases.map { "\($0.identifier)" }
      return report.verdict(world.lines.lines, keepsLines, rows: rows, kind: "enclave")
    case .hostile:
      let world = HostileWorld(configuration)
      let report = ExplorationReport(configuration, world, try explore(world, options))
      explored()
      return report.verdict(world.projections.lines(in: world.pool), keepsLines)
    case .relay:
      let world = RelayWorld(configuration)
      let report = ExplorationReport(configuration, world, try explore(world, options))
      explored()
      return report.verdict(world.projections.lines, keepsLines)
    case .twin:
      let world = TwinWorld(configuration)
      let report = ExplorationReport(configuration, world, try explore(world, options))
      explored()
      return report.verdict(world.left.projections.lines(in: world.left.pool), keepsLines)
    }
  }
}

/// Makes a verdict of what an exploration found.
struct ExplorationReport<System: ChartedWorld> {
  let configuration: WorldConfiguration
  let world: System
  let result: Exploration<System>

  init(
    _ configuration: WorldConfiguration, _ world: System, _ result: Exploration<System>
  ) {
    self.configuration = configuration
    self.world = world
    self.result = result
  }

  /// The verdict; of a role alone, L3 is judged as well: each of its rows must be reached.
  func verdict(
    _ lines: [String], _ keepsLines: Bool, rows: [String] = [], kind: String? = nil
  ) -> ExplorationVerdict {
    let figures = ProjectedFigures(lines: lines, kind: kind)
    var violations = result.violations.map { verdict in
      ExplorationVerdict.Violation(
        property: verdict.name, steps: verdict.path?.steps.map(world.text) ?? [],
        chart: verdict.path.map {
          world.chart(of: $0, title: "\(configuration.name): \(verdict.name)")
        })
    }
    let reached = Set(figures.rows.map(\.name))
    for row in rows where result.isComplete && !reached.contains("\(kind ?? "").\(row)") {
      violations.append(
        ExplorationVerdict.Violation(property: "L3 \(row) is reached", steps: [], chart: nil))
    }
    return ExplorationVerdict(
      name: configuration.name, bounds: configuration.bounds, isComplete: result.isComplete,
      states: result.distinctStates, transitions: result.transitions, depth: result.depth,
      violations: violations, figures: figures, lines: keepsLines ? lines.sorted() : [])
  }
}
