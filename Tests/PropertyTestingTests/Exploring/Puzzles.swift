import PropertyTesting

/// Two jugs, a tap and a drain: can the larger hold exactly four gallons?
struct JugPuzzle: ExplorableSystem {
  struct State: Equatable {
    var small = 0
    var large = 0
  }

  enum Step: Equatable {
    case fillSmall, fillLarge, emptySmall, emptyLarge, smallToLarge, largeToSmall
  }

  func initialStates() -> [State] { [State()] }

  func successors(
    of state: State, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming State) -> Void
  ) {
    let up = min(state.small, 5 - state.large)
    let down = min(state.large, 3 - state.small)
    visit(.fillSmall, State(small: 3, large: state.large))
    visit(.fillLarge, State(small: state.small, large: 5))
    visit(.emptySmall, State(small: 0, large: state.large))
    visit(.emptyLarge, State(small: state.small, large: 0))
    visit(.smallToLarge, State(small: state.small - up, large: state.large + up))
    visit(.largeToSmall, State(small: state.small + down, large: state.large - down))
    counters.bump(state.large == 4 ? 1 : 0)
  }

  func fingerprint(of state: State) -> Fingerprint {
    Fingerprint(of: UInt64(state.small), UInt64(state.large))
  }

  var counterNames: [String] { ["other states", "states with four", "never"] }
  var invariants: [Invariant<State>] { [Invariant("never four") { $0.large != 4 }] }
  var sometimes: [Sometimes<State>] {
    [
      Sometimes("both full") { $0.small == 3 && $0.large == 5 },
      Sometimes("overflow") { $0.small > 3 },
    ]
  }
}

/// A sliding puzzle of three columns; half of all arrangements can be reached.
struct SlidingPuzzle: ExplorableSystem {
  enum Step: Equatable { case up, down, left, right }

  let rows: Int

  /// Four bits a cell; zero is the gap, which begins in the last cell.
  func initialStates() -> [UInt64] {
    [(1..<rows * 3).reduce(0) { $0 | UInt64($1) << UInt64(($1 - 1) * 4) }]
  }

  func successors(
    of state: UInt64, counting counters: inout ExplorationCounters,
    _ visit: (Step, consuming UInt64) -> Void
  ) {
    var gap = 0
    while state >> UInt64(gap * 4) & 15 != 0 { gap += 1 }
    if gap / 3 > 0 { visit(.up, moved(state, gap, gap - 3)) }
    if gap / 3 < rows - 1 { visit(.down, moved(state, gap, gap + 3)) }
    if gap % 3 > 0 { visit(.left, moved(state, gap, gap - 1)) }
    if gap % 3 < 2 { visit(.right, moved(state, gap, gap + 1)) }
  }

  private func moved(_ state: UInt64, _ gap: Int, _ other: Int) -> UInt64 {
    let tile = state >> UInt64(other * 4) & 15
    return state & ~(15 << UInt64(other * 4)) | tile << UInt64(gap * 4)
  }

  func fingerprint(of state: UInt64) -> Fingerprint { Fingerprint(of: state) }

  /// One of the two arrangements of eight tiles that lie 31 moves away, the farthest.
  var invariants: [Invariant<UInt64>] {
    [Invariant("canary") { $0 != 0x1_0345_2768 }]
  }
}
