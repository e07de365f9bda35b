import EphemeralSymbolic

/// The machines in every state that a hostile host can bring about, within small bounds.
enum ExplorationOracle {
  /// The worlds: those that are explored in a second.
  private static let worlds = ["role-client", "role-host", "role-enclave", "relay-honest", "relay"]

  static let run: @Sendable () throws -> Void = {
    for name in worlds {
      guard let world = WorldConfiguration.named(name) else {
        throw Finding("there is no world \(name)")
      }
      let verdict = try SymbolicExploration.run(configuration: world)
      try expect(verdict.violations.isEmpty, "\(name): \(verdict.violations)")
      try expect(verdict.isComplete, "\(name) is not explored completely")
    }
  }
}
