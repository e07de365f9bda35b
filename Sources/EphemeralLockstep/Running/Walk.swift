/// How far each state is from a goal over honest rows.
struct RowMap {
  private var distances: [String: Int] = [:]

  init(_ table: ProtocolTable, to goal: String) {
    distances[goal] = 0
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for row in table.rows where row.state != row.next {
        guard let after = distances[row.next] else { continue }
        // A state that only sessions reach that stop has to be reached so.
        let cost = after + (row.isHonest ? 1 : 50)
        if cost < distances[row.state] ?? .max {
          distances[row.state] = cost
          isGrowing = true
        }
      }
    }
  }

  func distance(_ state: String) -> Int? { distances[state] }
}

/// One session of a machine beside the table.
struct Walk<Machine: Bench> {
  let bench: Machine
  let table: ProtocolTable
  /// The rows that were taken.
  private(set) var path: [String] = []

  init(bench: Machine, table: ProtocolTable) {
    self.bench = bench
    self.table = table
  }

  /// Goes to the row's state by honest rows, sometimes by a detour, and brings the row about; false
  /// where it does not come about in this session.
  mutating func reach(
    _ goal: TableRow, _ map: RowMap, _ dice: Dice, longest: Int
  ) throws -> Bool {
    for _ in 0..<longest {
      let here = bench.stateName
      if here == goal.state, try dice(3) > 0, try play(goal, dice) { return true }
      guard let distance = map.distance(here) else { return false }
      let wanders = try dice(5) == 0
      let candidates = table.rows.filter { row in
        guard row.state == here, let after = map.distance(row.next) else { return false }
        if distance == 0 { return row.next == here || row.isHonest && after < 50 }
        return after < distance || wanders && row.isHonest && after < 50
      }
      guard !candidates.isEmpty else { return false }
      _ = try play(candidates[try dice(candidates.count)], dice)
    }
    return false
  }

  /// Takes any row of the state, an honest one mostly.
  mutating func wander(_ dice: Dice) throws {
    let rows = table.rows.filter { $0.state == bench.stateName }
    let honest = rows.filter { $0.isHonest && $0.next != "ended" || $0.state == "reporting" }
    let isHonest = try !honest.isEmpty && dice(10) < 9
    let from = isHonest ? honest : rows
    _ = try play(from[try dice(from.count)], dice)
  }

  /// Plays a row and throws what diverges; false where the row cannot come about.
  private mutating func play(_ row: TableRow, _ dice: Dice) throws -> Bool {
    guard let complaints = try bench.play(row, table, dice) else { return false }
    path.append(row.id)
    guard complaints.isEmpty else {
      throw Divergence(role: Machine.role, path: path, complaints: complaints)
    }
    return true
  }
}
