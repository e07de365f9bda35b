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
  public static func run(
    configuration: WorldConfiguration, keepsLines: Bool = false, stopsAtViolation: Bool = true
  ) throws(ExplorationError) -> ExplorationVerdict {
    let options = ExplorationOptions(
      maximumStates: 1 << 28, stopsAtViolation: stopsAtViolation, checksLiveness: true)
    switch configuration.world {
    case .roleClient:
      let world = ClientRoleWorld()
      let report = ExplorationReport(configuration, try explore(world, options), keepsLines) {
        "client: \($0.input.message)"
      }
      let rows = ClientRow.allCases.map { "\($0.identifier)" }
      return report.verdict(lines: world.lines.lines, rows: rows, kind: "client")
    case .roleHost:
      let world = HostRoleWorld()
      let report = ExplorationReport(configuration, try explore(world, options), keepsLines) {
        "host: \($0.event)"
      }
      let rows = HostRow.allCases.map { "\($0.identifier)" }
      return report.verdict(lines: world.lines.lines, rows: rows, kind: "host")
    case .roleEnclave:
      let world = EnclaveRoleWorld()
      let report = ExplorationReport(configuration, try explore(world, options), keepsLines) {
        "enclave: \($0.input.message)"
      }
      let rows = EnclaveRow.allCases.map { "\($0.identifier)" }
      return report.verdict(lines: world.lines.lines, rows: rows, kind: "enclave")
    case .hostile:
      let world = HostileWorld(configuration)
      let report = ExplorationReport(configuration, try explore(world, options), keepsLines) {
        $0.text(in: world.pool)
      }
      return report.verdict(lines: world.projections.lines(in: world.pool))
    case .relay:
      let world = RelayWorld(configuration)
      let report = ExplorationReport(configuration, try explore(world, options), keepsLines) {
        $0.text
      }
      return report.verdict(lines: world.projections.lines)
    }
  }
}

/// Makes a verdict of what an exploration found.
struct ExplorationReport<System: ExplorableSystem> {
  let configuration: WorldConfiguration
  let result: Exploration<System>
  let keepsLines: Bool
  let text: (System.Step) -> String

  init(
    _ configuration: WorldConfiguration, _ result: Exploration<System>, _ keepsLines: Bool,
    text: @escaping (System.Step) -> String
  ) {
    self.configuration = configuration
    self.result = result
    self.keepsLines = keepsLines
    self.text = text
  }

  /// The verdict; of a role alone, L3 is judged as well: each of its rows must be reached.
  func verdict(
    lines: [String], rows: [String] = [], kind: String? = nil
  ) -> ExplorationVerdict {
    let figures = ProjectedFigures(lines: lines, kind: kind)
    var violations = result.violations.map { verdict in
      ExplorationVerdict.Violation(
        property: verdict.name, steps: verdict.path?.steps.map(text) ?? [])
    }
    let reached = Set(figures.rows.map(\.name))
    for row in rows where result.isComplete && !reached.contains("\(kind ?? "").\(row)") {
      violations.append(
        ExplorationVerdict.Violation(property: "L3 \(row) is reached", steps: []))
    }
    return ExplorationVerdict(
      name: configuration.name, bounds: configuration.bounds, isComplete: result.isComplete,
      states: result.distinctStates, transitions: result.transitions, depth: result.depth,
      violations: violations, figures: figures, lines: keepsLines ? lines.sorted() : [])
  }
}

extension HostileStep {
  /// The step as text.
  func text(in pool: RolePool) -> String {
    var text = "\(roleName): \(kind)"
    let arena = pool.arena
    switch kind {
    case .sealed where arena.isMade(first, by: .sealed):
      text += " \(arena.number(first, 3) == 0 ? "c2e" : "e2c") #\(arena.number(first, 4))"
    case .evidence:
      let session = arena.owner(arena.argument(first, 0))
      let key = arena.owner(arena.argument(arena.argument(first, 1), 0))
      text += " body \(Partner(session: session, key: key).name)"
      if let facts = pool.crypto.facts(of: second) {
        let signer = facts.isGenuine ? "" : " unsigned"
        let kind = facts.isPinned ? (facts.isDebug ? " debug" : "") : " unpinned"
        let seed = arena.argument(arena.argument(second, 2), 0)
        text += ", document for \(arena.owner(seed).name)\(signer)\(kind)"
      }
    case .hello: text += " of \(arena.owner(arena.argument(first, 0)).name)"
    case .keyExchange:
      text += " of \(arena.owner(arena.argument(arena.argument(first, 0), 0)).name)"
    default: break
    }
    return text
  }
}

extension RelayStep {
  /// The step as text.
  var text: String {
    switch self {
    case .deliver(let queue): "deliver \(queue.name)"
    case .role(let step): "\(step.roleName): \(step.kind)"
    case .host(let kind): "host: \(kind)"
    }
  }
}
