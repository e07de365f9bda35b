import EphemeralSession
import PropertyTesting

/// Two worlds side by side that differ in their secrets alone: the host must see the same.
///
/// What it sees of a step: the row, for it tells what is sent when; the frames' types, order and
/// padded sizes; and of what is in the clear everything, up to the values of keys, hashes and
/// ciphertexts, which look random but must stay the same ones.
struct TwinWorld: ExplorableSystem {
  /// Both worlds' states.
  struct State {
    var left: HostileState
    var right: HostileState
    /// Whether the host can tell them apart.
    var differs = false
  }

  let left: HostileWorld
  let right: HostileWorld
  private let mirror = Mirror()

  init(_ configuration: WorldConfiguration) {
    left = HostileWorld(configuration)
    var other = configuration
    other.secretVariant = configuration.secretVariant + 1_000
    right = HostileWorld(other)
  }

  func initialStates() -> [State] {
    zip(left.initialStates(), right.initialStates()).map { State(left: $0, right: $1) }
  }

  func fingerprint(of state: State) -> Fingerprint {
    var builder = FingerprintBuilder()
    builder.combine(state.left.fingerprint)
    builder.combine(state.right.fingerprint)
    builder.combine(state.differs ? 1 : 0)
    return builder.finish()
  }

  func isTerminal(_ state: State) -> Bool { true }

  var invariants: [Invariant<State>] {
    [Invariant("S7 worlds with other secrets look the same") { !$0.differs }]
  }

  func successors(
    of state: State, counting counters: inout ExplorationCounters,
    _ visit: (HostileStep, consuming State) -> Void
  ) {
    var others: [(step: HostileStep, state: HostileState)] = []
    var scratch = ExplorationCounters(names: WorldRows.names)
    right.successors(of: state.right, counting: &scratch) { others.append(($0, $1)) }
    var place = 0
    left.successors(of: state.left, counting: &scratch) { step, next in
      let after = next
      guard place < others.count else {
        visit(step, State(left: after, right: state.right, differs: true))
        return
      }
      let other = others[place]
      place += 1
      let looksSame =
        other.step.kind == step.kind && other.step.role == step.role
        && other.step.cost == step.cost
        && looksSame(Int(step.role), state, State(left: after, right: other.state))
      visit(step, State(left: after, right: other.state, differs: !looksSame))
    }
    if place < others.count {
      let other = others[place]
      visit(other.step, State(left: state.left, right: other.state, differs: true))
    }
  }

  private func looksSame(_ role: Int, _ before: State, _ after: State) -> Bool {
    guard row(of: role, after.left, left) == row(of: role, after.right, right) else {
      return false
    }
    var (first, second) = (
      frames(of: role, after.left, left), frames(of: role, after.right, right)
    )
    let ends = (frames(of: role, before.left, left), frames(of: role, before.right, right))
    while first != ends.0, second != ends.1 {
      let nodes = (left.pool.frames.last(of: first), right.pool.frames.last(of: second))
      guard nodes.0.item.message.frameType == nodes.1.item.message.frameType,
        mirror.matches(
          nodes.0.item.payload, left.pool.crypto, nodes.1.item.payload, right.pool.crypto)
      else { return false }
      (first, second) = (nodes.0.parent, nodes.1.parent)
    }
    return first == ends.0 && second == ends.1
  }

  private func row(of role: Int, _ state: HostileState, _ world: HostileWorld) -> UInt16? {
    let number = Int(state[role])
    return role < 2
      ? world.pool.clients[number].lastRow?.rawValue
      : world.pool.enclaves[number].lastRow?.rawValue
  }

  private func frames(of role: Int, _ state: HostileState, _ world: HostileWorld) -> UInt32 {
    let number = Int(state[role])
    return role < 2
      ? world.pool.clients[number].history.frames : world.pool.enclaves[number].history.frames
  }
}

/// Which value of one world stands for which of the other, where the host sees only that it is the
/// same again.
private final class Mirror {
  private var images: [UInt32: UInt32] = [:]
  private var origins: [UInt32: UInt32] = [:]

  /// Whether two payloads look the same to who cannot open them.
  func matches(
    _ left: Term, _ leftCrypto: SymbolicCryptography, _ right: Term,
    _ rightCrypto: SymbolicCryptography
  ) -> Bool {
    let (first, second) = (leftCrypto.arena.node(left), rightCrypto.arena.node(right))
    guard first.constructor == second.constructor else { return false }
    let count = first.constructor.termCount
    for index in count..<8 where first.arguments[index] != second.arguments[index] {
      return false
    }
    if first.constructor == .sealed {
      let contents = (Term(first.arguments[2]), Term(second.arguments[2]))
      let sizes = (
        leftCrypto.recordCount(contents.0, padding: .padme),
        rightCrypto.recordCount(contents.1, padding: .padme)
      )
      return sizes.0 == sizes.1 && leftCrypto.count(contents.0) == rightCrypto.count(contents.1)
        && pairs(left, right)
    }
    if !first.constructor.isTransparent, count > 0 { return pairs(left, right) }
    for index in 0..<count
    where !matches(
      Term(first.arguments[index]), leftCrypto, Term(second.arguments[index]), rightCrypto)
    {
      return false
    }
    return true
  }

  private func pairs(_ left: Term, _ right: Term) -> Bool {
    let image = images[left.id]
    let origin = origins[right.id]
    if image == nil, origin == nil {
      images[left.id] = right.id
      origins[right.id] = left.id
      return true
    }
    return image == right.id && origin == left.id
  }
}

extension TwinWorld: ChartedWorld {
  var participants: [String] { left.participants }
  func states(of state: State) -> [String?] { left.states(of: state.left) }
  func text(of step: HostileStep) -> String { left.text(of: step) }
  func events(
    of step: HostileStep, from before: State, to after: State
  ) -> [SequenceChart.Event] {
    left.events(of: step, from: before.left, to: after.left)
  }
}
