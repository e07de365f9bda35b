/// Where the terms of one exploration live: each node once, found again by what it is made of.
///
/// One arena serves one thread. Nodes are never removed, so a term stays what it is.
public final class TermArena {
  /// A constructor and up to eight arguments.
  struct Node: Equatable {
    var constructor: TermConstructor
    /// Whether only its owner may know it.
    var isSecret = false
    var arguments: SIMD8<UInt32>
  }

  private var nodes: ContiguousArray<Node> = []
  /// Numbers of nodes by hash, 0 where free; the size is a power of two.
  private var slots: ContiguousArray<UInt32>
  private var mask: Int

  /// Which of many values each secret atom has.
  private let secretVariant: UInt32

  /// An arena that holds no term but "none".
  public init(secretVariant: UInt32 = 0) {
    self.secretVariant = secretVariant
    slots = ContiguousArray(repeating: 0, count: 1 << 12)
    mask = slots.count - 1
    nodes.append(Node(constructor: .none, arguments: .zero))
  }

  /// How many nodes there are.
  public var count: Int { nodes.count }

  /// The node of a term.
  @inline(__always)
  func node(_ term: Term) -> Node { nodes[Int(term.id)] }

  /// The constructor of a term.
  @inline(__always)
  func constructor(_ term: Term) -> TermConstructor { nodes[Int(term.id)].constructor }

  /// A term argument of a term.
  @inline(__always)
  func argument(_ term: Term, _ index: Int) -> Term {
    Term(nodes[Int(term.id)].arguments[index])
  }

  /// A plain argument of a term.
  @inline(__always)
  func number(_ term: Term, _ index: Int) -> UInt32 { nodes[Int(term.id)].arguments[index] }

  /// Whether the term has this constructor.
  @inline(__always)
  func isMade(_ term: Term, by constructor: TermConstructor) -> Bool {
    nodes[Int(term.id)].constructor == constructor
  }

  /// The term that a constructor makes of its arguments.
  func make(_ constructor: TermConstructor, _ arguments: SIMD8<UInt32>) -> Term {
    var slot = Self.hash(constructor, arguments) & mask
    while slots[slot] != 0 {
      let found = slots[slot]
      let node = nodes[Int(found)]
      if node.constructor == constructor, node.arguments == arguments { return Term(found) }
      slot = (slot + 1) & mask
    }
    return append(constructor, arguments, slot)
  }

  /// The term of a constructor without arguments.
  func make(_ constructor: TermConstructor) -> Term { make(constructor, .zero) }

  /// The term of a constructor over terms, followed by plain numbers.
  func make(
    _ constructor: TermConstructor, _ a: Term, _ b: Term = .none, _ c: Term = .none,
    numbers: UInt32...
  ) -> Term {
    var arguments = SIMD8<UInt32>.zero
    arguments[0] = a.id
    arguments[1] = b.id
    arguments[2] = c.id
    for (index, number) in numbers.enumerated() {
      arguments[constructor.termCount + index] = number
    }
    return make(constructor, arguments)
  }

  /// A value that somebody chose.
  public func atom(_ kind: AtomKind, _ owner: Owner, _ index: UInt32 = 0) -> Term {
    let shift = kind.isSecret ? secretVariant : 0
    return make(.atom, SIMD8(kind.rawValue, UInt32(owner.rawValue), index + shift, 0, 0, 0, 0, 0))
  }

  /// Who chose an atom; nobody where the term is no atom.
  func owner(_ term: Term) -> Owner {
    let node = node(term)
    guard node.constructor == .atom else { return .nobody }
    return Owner(rawValue: UInt8(truncatingIfNeeded: node.arguments[1])) ?? .nobody
  }

  /// What an atom stands for; nil where the term is no atom.
  func kind(_ term: Term) -> AtomKind? {
    let node = node(term)
    guard node.constructor == .atom else { return nil }
    return AtomKind(rawValue: node.arguments[0])
  }

  private func append(
    _ constructor: TermConstructor, _ arguments: SIMD8<UInt32>, _ slot: Int
  ) -> Term {
    let id = UInt32(nodes.count)
    var node = Node(constructor: constructor, arguments: arguments)
    node.isSecret = isSecret(constructor, arguments)
    nodes.append(node)
    slots[slot] = id
    if nodes.count * 2 > slots.count { grow() }
    return Term(id)
  }

  /// Whether knowing the term is more than the attacker may: an honest party's secret, the output
  /// for an honest input, or a key that two honest parties share.
  private func isSecret(_ constructor: TermConstructor, _ arguments: SIMD8<UInt32>) -> Bool {
    func isSecret(_ index: Int) -> Bool { nodes[Int(arguments[index])].isSecret }
    switch constructor {
    case .atom:
      let owner = Owner(rawValue: UInt8(truncatingIfNeeded: arguments[1]))
      let kind = AtomKind(rawValue: arguments[0])
      return kind?.isSecret == true && owner?.isHonest == true
    case .kemPrivate, .signPrivate: return isSecret(0)
    case .output: return isSecret(1)
    case .context:
      // Both halves, KEM key and encapsulation, are public keys of seeds.
      return [0, 1].allSatisfy { index in
        let half = nodes[Int(arguments[index])]
        return half.constructor == .kemPublic && nodes[Int(half.arguments[0])].isSecret
      }
    case .recordKey: return isSecret(0)
    default: return false
    }
  }

  private static func hash(
    _ constructor: TermConstructor, _ arguments: SIMD8<UInt32>
  ) -> Int {
    var hash = UInt64(constructor.rawValue)
    for index in 0..<4 {
      let low = UInt64(arguments[2 * index])
      let word = low | UInt64(arguments[2 * index + 1]) << 32
      let product = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
      hash = product.low ^ product.high &+ 0x243f_6a88_85a3_08d3
    }
    return Int(truncatingIfNeeded: hash ^ hash >> 29)
  }

  private func grow() {
    slots = ContiguousArray(repeating: 0, count: slots.count * 2)
    mask = slots.count - 1
    for id in 1..<nodes.count {
      let node = nodes[id]
      var slot = Self.hash(node.constructor, node.arguments) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(id)
    }
  }
}
