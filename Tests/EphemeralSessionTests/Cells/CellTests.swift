import EphemeralLockstep
import EphemeralSession
import Testing

@Suite("Every row of the tables, beside the machines")
struct CellTests {
  static let cells: [Cell] = ProtocolTable.Role.allCases.flatMap { role in
    ((try? ProtocolTable(role))?.rows ?? []).map { Cell(role: role, row: $0) }
  }

  struct Cell: CustomTestStringConvertible, Sendable {
    let role: ProtocolTable.Role
    let row: TableRow
    var testDescription: String { "\(role) \(row)" }
  }

  @Test("the reader's table, the expanded file and the generated rows agree")
  func tables() throws {
    for role in ProtocolTable.Role.allCases {
      let rows = try ProtocolTable(role).rows
      #expect(rows == (try ProtocolTable.expanded(role)))
      let generated: [String] =
        switch role {
        case .client: ClientRow.allCases.map { "\($0.identifier)" }
        case .host: HostRow.allCases.map { "\($0.identifier)" }
        case .enclave: EnclaveRow.allCases.map { "\($0.identifier)" }
        }
      #expect(rows.map(\.id) == generated)
    }
    #expect(Self.cells.count == 998)
  }

  @Test("row", arguments: cells)
  func row(_ cell: Cell) throws {
    try Lockstep.cell(cell.role, cell.row, try ProtocolTable(cell.role))
  }

  @Test("walks, honest ones mostly")
  func walks() throws {
    let steps = try Lockstep.walks(count: 200, length: 60)
    #expect(steps > 2000)
  }

  @Test("a table that is wrong in one cell diverges")
  func canary() throws {
    var table = try ProtocolTable(.client)
    let index = try #require(
      table.rows.firstIndex { $0.id == "awaitingConfirm-keyConfirm-matches" })
    table.rows[index].effects.removeLast()
    #expect(throws: Divergence.self) { try Lockstep.cell(.client, table.rows[index], table) }
  }
}
