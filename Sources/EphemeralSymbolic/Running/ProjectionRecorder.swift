import PropertyTesting

/// Collects the distinct projections of the states that are explored.
final class ProjectionRecorder {
  /// A projected state: the numbers of its roles' parts, and the rest.
  struct Key {
    var parts: SIMD4<UInt32>
    var spent: UInt8
  }

  private var seen = InternTable()
  private(set) var keys: ContiguousArray<Key> = []

  /// Notes a state; one that projects like an earlier one adds nothing.
  func record(_ state: HostileState, in pool: RolePool) {
    var parts = SIMD4<UInt32>(repeating: .max)
    if state.c1 != HostileState.absent { parts[0] = pool.clients[Int(state.c1)].projection }
    if state.c2 != HostileState.absent { parts[1] = pool.clients[Int(state.c2)].projection }
    if state.e1 != HostileState.absent { parts[2] = pool.enclaves[Int(state.e1)].projection }
    if state.e2 != HostileState.absent { parts[3] = pool.enclaves[Int(state.e2)].projection }
    var builder = FingerprintBuilder()
    builder.combine(UInt64(parts[0]) << 32 | UInt64(parts[1]))
    builder.combine(UInt64(parts[2]) << 32 | UInt64(parts[3]))
    builder.combine(UInt64(state.spent))
    let key = builder.finish()
    if seen.find(key) != nil { return }
    seen.insert(key, 0)
    keys.append(Key(parts: parts, spent: state.spent))
  }

  /// The lines of all projected states, in the order of discovery.
  func lines(in pool: RolePool) -> [String] {
    let names = ["c1=", "c2=", "e1=", "e2="]
    return keys.map { key in
      var parts: [String] = []
      for role in 0..<4 where key.parts[role] != .max {
        parts.append(names[role] + pool.projections[Int(key.parts[role])])
      }
      parts.append("spent=\(key.spent)")
      return parts.joined(separator: " ; ")
    }
  }
}
