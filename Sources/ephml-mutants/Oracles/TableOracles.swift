import EphemeralLockstep

/// The machines beside an independent reading of their tables.
enum TableOracles {
  /// Walks of each role, and their longest length.
  private static let walkCount = 60
  private static let walkLength = 60

  /// Every row of every table.
  static let cells: @Sendable () throws -> Void = {
    for role in ProtocolTable.Role.allCases { try Lockstep.cells(role) }
  }

  /// Random walks.
  static let walks: @Sendable () throws -> Void = {
    _ = try Lockstep.walks(seed: 7, count: walkCount, length: walkLength)
  }
}
