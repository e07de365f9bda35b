import PropertyTesting

/// A place at which a production machine does not do what the table says.
package struct Divergence: Error, CustomStringConvertible {
  /// The machine.
  package let role: ProtocolTable.Role
  /// The rows that led there, the diverging one last.
  package let path: [String]
  /// What differs.
  package let complaints: [String]

  package var description: String {
    "\(role): \(complaints.joined(separator: "; ")), after \(path.joined(separator: ", "))"
  }
}

/// What a run over the cells saw.
package struct CellReport: Sendable {
  /// Rows that were brought about, each several times.
  package var rows = 0
  /// Events that were compared.
  package var steps = 0
}

/// Runs production machines beside the tables.
package enum Lockstep {
  /// Different ways into each cell.
  package static let pathsPerCell = 2
  /// Sessions that are tried to bring one row about.
  private static let attempts = 60
  /// Rows of one path into a cell.
  private static let longestPath = 120

  /// Compares one role's machine with the table in every row, whatever message brings it about,
  /// over several drawn paths into its state.
  @discardableResult
  package static func cells(
    _ role: ProtocolTable.Role, seed: UInt64 = 1, table: ProtocolTable? = nil
  ) throws -> CellReport {
    let table = try table ?? ProtocolTable(role)
    switch role {
    case .client: return try cells(ClientBench.self, table, seed)
    case .host: return try cells(HostBench.self, table, seed)
    case .enclave: return try cells(EnclaveBench.self, table, seed)
    }
  }

  private static func cells<Machine: Bench>(
    _: Machine.Type, _ table: ProtocolTable, _ seed: UInt64
  ) throws -> CellReport {
    var report = CellReport()
    for (number, row) in table.rows.enumerated() {
      let own = SeededRandom.mix(seed, UInt64(number))
      try cell(Machine.self, row, table, own, pathsPerCell, &report)
    }
    return report
  }

  /// Compares the machine with one row.
  package static func cell(
    _ role: ProtocolTable.Role, _ row: TableRow, _ table: ProtocolTable, seed: UInt64 = 1,
    paths: Int = pathsPerCell
  ) throws {
    var report = CellReport()
    switch role {
    case .client: try cell(ClientBench.self, row, table, seed, paths, &report)
    case .host: try cell(HostBench.self, row, table, seed, paths, &report)
    case .enclave: try cell(EnclaveBench.self, row, table, seed, paths, &report)
    }
  }

  private static func cell<Machine: Bench>(
    _: Machine.Type, _ row: TableRow, _ table: ProtocolTable, _ seed: UInt64, _ paths: Int,
    _ report: inout CellReport
  ) throws {
    var played = 0
    let map = RowMap(table, to: row.state)
    for attempt in 0..<attempts where played < paths {
      var random = SeededRandom(seed: SeededRandom.mix(seed, UInt64(attempt)))
      let dice: Dice = { Int(random.upTo(UInt64($0 - 1))) }
      var walk = Walk<Machine>(bench: try Machine(dice, aim: row), table: table)
      guard try walk.reach(row, map, dice, longest: longestPath) else { continue }
      played += 1
      report.steps += walk.path.count
    }
    guard played == paths else {
      throw Divergence(
        role: Machine.role, path: [row.id], complaints: ["the row could not be brought about"])
    }
    report.rows += 1
  }

  /// Walks at random over the rows of all three tables, honest ones mostly, and compares each step;
  /// a divergence is shrunk to a shortest walk.
  @discardableResult
  package static func walks(
    seed: UInt64? = nil, count: Int, length: Int, tables: [ProtocolTable]? = nil
  ) throws -> Int {
    var steps = 0
    let all = try tables ?? ProtocolTable.Role.allCases.map { try ProtocolTable($0) }
    for table in all {
      try check(name: "walks of the \(table.role) beside its table", cases: count, seed: seed) {
        testCase in
        steps += try walk(table, length, &testCase)
      }
    }
    return steps
  }

  private static func walk(
    _ table: ProtocolTable, _ length: Int, _ testCase: inout TestCase
  ) throws -> Int {
    switch table.role {
    case .client: try walk(ClientBench.self, table, length, &testCase)
    case .host: try walk(HostBench.self, table, length, &testCase)
    case .enclave: try walk(EnclaveBench.self, table, length, &testCase)
    }
  }

  private static func walk<Machine: Bench>(
    _: Machine.Type, _ table: ProtocolTable, _ length: Int, _ testCase: inout TestCase
  ) throws -> Int {
    var current = testCase
    defer { testCase = current }
    let dice: Dice = { bound in try current.draw(.integer(in: 0...(bound - 1))) }
    var walk = Walk<Machine>(bench: try Machine(dice, aim: nil), table: table)
    for _ in 0..<length {
      guard try dice(16) < 15 else { break }
      try walk.wander(dice)
    }
    current.note("path: \(walk.path.joined(separator: ", "))")
    return walk.path.count
  }
}
