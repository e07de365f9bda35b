/// One event given to one role; small numbers, so that nothing is allocated for it.
struct HostileStep: Equatable {
  /// What happens.
  enum Kind: UInt8 {
    case start, evidence, malformedEvidence, infer, close, resultTaken
    case hello, malformedHello, unsupportedHello, document, keyExchange, attackerKeyExchange
    case malformedKeyExchange
    case attackerTopology, attackerRequest, attackerEarlyRequest, attackerMalformedRequest
    case attackerClose, attackerAbort, attackerAssembled
    case admitted, genuineChunk, forgedChunk, misplacedChunk, malformedChunk, chunkOpened
    case chunkRefused, assembled, inferred, failed
    case sealed, abort, unknownAbort, otherFrame, broken, wiped, deadline, lifetime, peerClosed
    case cancel
  }

  /// Fairness classes of steps, by their places in the system's list.
  static let fairDeadline = 0
  static let fairWipe = 1

  let kind: Kind
  /// 0 and 1 for the clients, 2 and 3 for the enclaves.
  let role: UInt8
  let cost: UInt8
  /// The frame, the evidence's body, or the like.
  var first = Term.none
  /// The evidence's document.
  var second = Term.none

  /// The role's name.
  var roleName: String { ["c1", "c2", "e1", "e2"][Int(role)] }
}
