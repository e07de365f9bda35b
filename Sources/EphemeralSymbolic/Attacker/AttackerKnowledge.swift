import PropertyTesting

/// What the attacker has seen, and all that follows from it.
///
/// Analysis takes apart what it can: tuples, signed statements, records whose key it derives, until
/// nothing new comes. Synthesis is a decision procedure, for what can be derived has no end: a term
/// is derivable if it is known, or if its constructor is the attacker's to use and its arguments are
/// derivable. A set of knowledge is analysed once, when it is met first, and known by a number from
/// then on; that is sound because its closure depends on nothing else.
final class AttackerKnowledge {
  /// A set and its analysis.
  private struct Closure {
    /// One bit for each term known by analysis.
    var known: [UInt64]
    /// Ciphertexts that did not open.
    var closed: [Term]
    /// A secret that is among what is known.
    var leaked: Term
    /// The frames that were seen, as a multiset's fingerprint.
    var frames: Fingerprint
  }

  private let arena: TermArena
  private var closures: ContiguousArray<Closure>
  private var bySet = InternTable()
  private var extensions = InternTable()

  /// What the attacker knows before anybody speaks: nothing that is not its own or public.
  static let initial: UInt32 = 0

  /// An attacker over an arena, and what it knows beyond its own, by some mishap.
  init(arena: TermArena, mishap: [Term] = []) {
    self.arena = arena
    closures = [Closure(known: [], closed: [], leaked: .none, frames: .zero)]
    for term in mishap { learn(term, &closures[0]) }
  }

  /// How many sets were met.
  var count: Int { closures.count }

  /// The knowledge of a set and one more frame.
  func extending(_ set: UInt32, by frame: Term) -> UInt32 {
    var builder = FingerprintBuilder()
    builder.combine(UInt64(set) << 32 | UInt64(frame.id))
    let extensionKey = builder.finish()
    if let known = extensions.find(extensionKey) { return known }
    let result = extend(set, frame)
    extensions.insert(extensionKey, result)
    return result
  }

  private func extend(_ set: UInt32, _ frame: Term) -> UInt32 {
    if isKnown(frame, closures[Int(set)]) { return set }
    let frames = closures[Int(set)].frames.adding(Fingerprint(of: UInt64(frame.id)))
    if let known = bySet.find(frames) { return known }
    var closure = closures[Int(set)]
    closure.frames = frames
    learn(frame, &closure)
    let number = UInt32(closures.count)
    closures.append(closure)
    bySet.insert(frames, number)
    return number
  }

  /// A secret that the attacker has; none where it has none.
  func leak(in set: UInt32) -> Term { closures[Int(set)].leaked }

  /// Whether the attacker can derive a term.
  func derives(_ term: Term, in set: UInt32) -> Bool { derives(term, closures[Int(set)]) }

  private func isKnown(_ term: Term, _ closure: Closure) -> Bool {
    let word = Int(term.id >> 6)
    return word < closure.known.count && closure.known[word] & 1 << UInt64(term.id & 63) != 0
  }

  /// Adds a term and takes apart what it makes openable.
  private func learn(_ term: Term, _ closure: inout Closure) {
    add(term, &closure)
    var changes = true
    while changes {
      changes = false
      let closed = closure.closed
      closure.closed = []
      for ciphertext in closed {
        guard derives(arena.argument(ciphertext, 0), closure) else {
          closure.closed.append(ciphertext)
          continue
        }
        let inside = arena.isMade(ciphertext, by: .sealed) ? 2 : 1
        add(arena.argument(ciphertext, inside), &closure)
        changes = true
      }
    }
  }

  private func add(_ term: Term, _ closure: inout Closure) {
    if term == .none || isKnown(term, closure) { return }
    let word = Int(term.id >> 6)
    while closure.known.count <= word { closure.known.append(0) }
    closure.known[word] |= 1 << UInt64(term.id & 63)
    let node = arena.node(term)
    if node.isSecret, closure.leaked == .none { closure.leaked = term }
    if node.constructor == .sealed {
      add(arena.argument(term, 1), &closure)
      closure.closed.append(term)
    } else if node.constructor == .finished {
      closure.closed.append(term)
    } else if node.constructor.isTransparent {
      for index in 0..<node.constructor.termCount {
        add(Term(node.arguments[index]), &closure)
      }
    }
  }

  /// The decision procedure.
  private func derives(_ term: Term, _ closure: Closure) -> Bool {
    if isKnown(term, closure) { return true }
    let node = arena.node(term)
    switch node.constructor {
    case .none, .junk, .unsupportedHello, .limits, .abortCode, .number, .close: return true
    case .atom: return !arena.owner(term).isHonest
    case .document:
      // The security module signs for enclaves alone; the attacker's own have another
      // measurement, or run in debug mode.
      let isGenuine = node.arguments[3] == 1
      let isPinned = node.arguments[4] == 1
      let isDebug = node.arguments[5] == 1
      return (!isGenuine || !isPinned || isDebug) && derivesArguments(of: term, closure)
    case .receipt, .wipeReport:
      let signer = arena.argument(term, 0)
      guard arena.isMade(signer, by: .signPublic) else { return false }
      let key = arena.make(.signPrivate, arena.argument(signer, 0))
      return derives(key, closure) && derivesArguments(of: term, closure)
    case .context:
      // Either private half, the other public one, and the transcript.
      return derives(arena.argument(term, 2), closure)
        && ((derivesPrivate(arena.argument(term, 0), closure)
          && derives(arena.argument(term, 1), closure))
          || (derivesPrivate(arena.argument(term, 1), closure)
            && derives(arena.argument(term, 0), closure)))
    case .hello, .body, .evidence, .exchange, .weightRange, .weightChunk, .audit, .kemPrivate,
      .kemPublic, .signPrivate, .signPublic, .transcriptEvidence, .transcriptOffer,
      .transcriptKeys, .finished, .recordKey, .sealed, .joined, .assembled, .request, .response,
      .result, .hash, .zeroized, .model, .output, .pair, .triple:
      return derivesArguments(of: term, closure)
    }
  }

  private func derivesPrivate(_ publicKey: Term, _ closure: Closure) -> Bool {
    guard arena.isMade(publicKey, by: .kemPublic) else { return false }
    return derives(arena.make(.kemPrivate, arena.argument(publicKey, 0)), closure)
  }

  private func derivesArguments(of term: Term, _ closure: Closure) -> Bool {
    for index in 0..<arena.constructor(term).termCount
    where !derives(arena.argument(term, index), closure) {
      return false
    }
    return true
  }
}
