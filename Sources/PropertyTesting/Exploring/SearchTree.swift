/// For each state in the order of discovery: which state it was found from, and as which successor.
///
/// Eight bytes a state. A path is made again by asking the system for the successors of its states.
@usableFromInline
struct SearchTree {
  /// What stands for the parent of an initial state.
  @usableFromInline static let root = UInt32.max

  @usableFromInline var parents: [UInt32] = []
  @usableFromInline var ordinals: [UInt32] = []

  /// A tree without states.
  @inlinable
  init() {}

  /// Adds the next state.
  @inlinable
  mutating func append(parent: UInt32, ordinal: UInt32) {
    parents.append(parent)
    ordinals.append(ordinal)
  }

  /// The shortest way to a state: the ordinal of its initial state, then one for each step.
  @usableFromInline
  func route(to node: UInt32) -> [UInt32] {
    var reversed: [UInt32] = []
    var node = node
    while node != Self.root {
      reversed.append(ordinals[Int(node)])
      node = parents[Int(node)]
    }
    return reversed.reversed()
  }

  /// The least number of steps from an initial state, for each state.
  func depths() -> [UInt32] {
    var depths: [UInt32] = []
    depths.reserveCapacity(parents.count)
    for parent in parents {
      depths.append(parent == Self.root ? 0 : depths[Int(parent)] + 1)
    }
    return depths
  }
}

extension ExplorableSystem {
  /// Walks a route of ordinals again; nil where the system no longer has the successors.
  @usableFromInline
  func path(along route: [UInt32], cycleStart: Int? = nil) -> ExploredPath<Self>? {
    let initials = initialStates()
    guard let first = route.first, Int(first) < initials.count else { return nil }
    var state = initials[Int(first)]
    var moves: [(step: Step, state: State)] = []
    var scratch = ExplorationCounters(names: counterNames)
    for ordinal in route.dropFirst() {
      var index: UInt32 = 0
      var found: (Step, State)?
      successors(of: state, counting: &scratch) { step, next in
        if index == ordinal { found = (step, next) }
        index += 1
      }
      guard let found else { return nil }
      moves.append((found.0, found.1))
      state = found.1
    }
    return ExploredPath(initial: initials[Int(first)], moves: moves, cycleStart: cycleStart)
  }
}
