public import EphemeralSession
import EphemeralWire

/// Perfect cryptography over terms: nothing opens without its key, nothing collides.
///
/// Everything that the design binds is an argument of the term, so that a fault in binding shows.
/// Copying the provider copies a reference to its arena.
public struct SymbolicCryptography: ForkableProvider {
  /// Public bytes are terms.
  public typealias Bytes = Term
  /// Transcript hashes are terms.
  public typealias Digest = Term
  /// Secrets are terms; who may know them is the attacker's affair.
  public typealias Material = Term
  /// The document that was accepted.
  public typealias VerifiedEvidence = Term
  /// Whether evidence was accepted.
  public typealias EvidenceReport = Bool

  /// Where the terms live.
  public let arena: TermArena
  /// Faults made on purpose.
  public let flaws: SymbolicFlaws

  /// A provider over an arena, without faults unless some are asked for.
  public init(arena: TermArena, flaws: SymbolicFlaws = []) {
    self.arena = arena
    self.flaws = flaws
  }

  /// Terms need no wiping.
  public static func destroy(_ material: Term) {}
  /// Terms never change, so a handle is as good as two.
  public static func fork(_ material: Term) -> Term { material }

  /// T0, over hello and body.
  public func transcriptEvidence(hello: Term, body: Term) -> Term {
    arena.make(.transcriptEvidence, hello, body)
  }
  /// T1, over T0 and the document.
  public func transcriptOffer(_ evidence: Term, document: Term) -> Term {
    flaws.contains(.offerForgetsDocument)
      ? arena.make(.transcriptOffer, evidence) : arena.make(.transcriptOffer, evidence, document)
  }
  /// T2, over T1 and both fields of KeyExchange.
  public func transcriptKeys(_ offer: Term, exchange: KeyExchangeFields<Term>) -> Term {
    arena.make(.transcriptKeys, offer, exchange.encapsulation, exchange.ciphertext)
  }

  /// A KEM key pair.
  public func makeKeyPair(seed: Term) throws(ProviderFailure) -> (key: Term, publicKey: Term) {
    (arena.make(.kemPrivate, seed), arena.make(.kemPublic, seed))
  }
  /// A receipt key pair.
  public func makeReceiptKey(
    seed: Term
  ) throws(ProviderFailure) -> (key: Term, publicKey: Term) {
    (arena.make(.signPrivate, seed), arena.make(.signPublic, seed))
  }

  /// Encapsulates to a key under T1; refused unless it is one.
  public func offerKeys(
    to publicKey: Term, seed: Term, transcript: Term
  ) throws(ProviderFailure) -> (exchange: KeyExchangeFields<Term>, exporter: Term) {
    guard arena.isMade(publicKey, by: .kemPublic) else { throw .refused }
    let encapsulation = arena.make(.kemPublic, seed)
    let context = arena.make(.context, publicKey, encapsulation, transcript)
    let finished = arena.make(.finished, context, transcript)
    return (KeyExchangeFields(encapsulation: encapsulation, ciphertext: finished), context)
  }
  /// Decapsulates; refused unless the ciphertext opens to T1 in the very context.
  public func acceptKeys(
    _ exchange: KeyExchangeFields<Term>, key: Term, transcript: Term
  ) throws(ProviderFailure) -> Term {
    guard arena.isMade(key, by: .kemPrivate),
      arena.isMade(exchange.encapsulation, by: .kemPublic)
    else { throw .refused }
    let own = arena.make(.kemPublic, arena.argument(key, 0))
    let context = arena.make(.context, own, exchange.encapsulation, transcript)
    guard exchange.ciphertext == arena.make(.finished, context, transcript) else {
      throw .refused
    }
    return context
  }
  /// The record key of a direction.
  public func exportRecordKey(
    _ exporter: Term, direction: RecordDirection, transcript: Term
  ) throws(ProviderFailure) -> Term {
    if flaws.contains(.publicKeys) { return arena.atom(.empty, .nobody, 1) }
    let number = flaws.contains(.directionlessKeys) ? 0 : UInt32(direction.rawValue)
    return arena.make(
      .recordKey, SIMD8(exporter.id, transcript.id, number, 0, 0, 0, 0, 0))
  }

  /// KeyConfirm's content: T2.
  public func confirmContent(_ transcript: Term) throws(ProviderFailure) -> Term { transcript }
  /// Whether the content is T2.
  public func confirms(_ content: Term, _ transcript: Term) -> Bool { content == transcript }
  /// A small number, or one beyond every bound for a value that stands for it.
  public func count(_ content: Term) -> UInt64 {
    switch arena.kind(sized(content)) {
    case .oversized: 1 << 60
    default: 64
    }
  }
  /// One, or more than a key has left for a value that stands for it.
  public func recordCount(_ content: Term, padding: MessagePadding) -> UInt64 {
    switch arena.kind(sized(content)) {
    case .heavy: SessionBounds.recordsPerKey
    default: 1
    }
  }
  /// What gives a request, a response or a result its size.
  private func sized(_ content: Term) -> Term {
    switch arena.constructor(content) {
    case .request, .response: arena.argument(content, 1)
    case .result: sized(arena.argument(content, 0))
    default: content
    }
  }

  /// A sealed record.
  public func sealRecord(
    _ content: Term, piece: UInt64, padding: MessagePadding, head: RecordHead, key: Term,
    context: RecordContext<Term>
  ) throws(ProviderFailure) -> Term {
    let headBits =
      UInt32(head.type.rawValue) << 16 | UInt32(head.phase.rawValue) << 8
      | (head.isFinal ? 1 : 0)
    let sequence =
      flaws.contains(.sequenceUnbound) ? 0 : UInt32(truncatingIfNeeded: context.sequence)
    return arena.make(
      .sealed,
      SIMD8(
        key.id, context.sessionID.id, content.id, UInt32(context.direction.rawValue),
        sequence, headBits, UInt32(truncatingIfNeeded: piece), 0))
  }
  /// Opens a record; refused unless key, session, direction and sequence are the sealer's.
  public func openRecord(
    _ payload: Term, key: Term, context: RecordContext<Term>
  ) throws(ProviderFailure) -> OpenedRecord<Term> {
    let node = arena.node(payload)
    let sequence =
      flaws.contains(.sequenceUnbound) ? 0 : UInt32(truncatingIfNeeded: context.sequence)
    let direction = UInt32(context.direction.rawValue)
    guard node.constructor == .sealed, node.arguments[0] == key.id,
      node.arguments[1] == context.sessionID.id,
      node.arguments[3] == direction || flaws.contains(.directionlessKeys),
      node.arguments[4] == sequence,
      let type = InnerType(rawValue: UInt8(truncatingIfNeeded: node.arguments[5] >> 16)),
      let phase = Phase(rawValue: UInt8(truncatingIfNeeded: node.arguments[5] >> 8))
    else { throw .refused }
    return OpenedRecord(
      head: RecordHead(type: type, phase: phase, isFinal: node.arguments[5] & 1 == 1),
      contentCount: 64, paddedCount: 64, content: Term(node.arguments[2]))
  }
  /// Appends a piece; nothing and a message is the message.
  public func append(_ piece: Term, to message: inout Term) throws(ProviderFailure) {
    if arena.kind(piece) == .empty { return }
    message =
      arena.kind(message) == .empty ? piece : arena.make(.joined, message, piece)
  }
}
