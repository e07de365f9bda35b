import EphemeralSession
import EphemeralWire
import PropertyTesting

/// A frame that a role sent.
struct FrameRecord: HistoryItem {
  let message: SessionMessage
  let partner: Partner
  let payload: Term
  /// The key that seals it; none for a frame in the clear.
  let key: Term
  /// The sealed record's number.
  let sequence: UInt32

  init(_ frame: OutgoingFrame<Term>, to partner: Partner, in arena: TermArena) {
    message = frame.message
    payload = frame.payload
    self.partner = partner
    let node = arena.node(frame.payload)
    let isSealed = node.constructor == .sealed
    key = isSealed ? Term(node.arguments[0]) : .none
    sequence = isSealed ? node.arguments[4] : 0
  }

  /// Whether the frame's outer type is Sealed.
  var isSealed: Bool { message.frameType == .sealed }

  func feed(into builder: inout FingerprintBuilder) {
    builder.combine(UInt64(message.rawValue) << 32 | UInt64(payload.id))
    builder.combine(UInt64(partner.session.rawValue) << 8 | UInt64(partner.key.rawValue))
  }

  /// The frame in a projected line.
  var label: String { "\(message)>\(partner.name)" }
}

/// With whom a role speaks, by whose values: for a client those of session id and KEM key.
struct Partner: Hashable {
  var session: Owner
  var key: Owner

  /// Nobody yet.
  static let none = Partner(.nobody)

  /// A partner by two values' owners.
  init(session: Owner, key: Owner) {
    self.session = session
    self.key = key
  }

  /// A partner all of whose values have one owner.
  init(_ owner: Owner) {
    session = owner
    key = owner
  }

  /// The name in projected lines.
  var name: String { session == key ? session.name : "\(session.name).\(key.name)" }
}

/// A claim with its digests as terms.
struct ClaimRecord: HistoryItem {
  enum Kind: UInt8 {
    case evidenceVerified, keysAgreed, topologySent, modelAgreed, resultAccepted, completed
    case keysAccepted, topologyReceived, assembled, inferred, wiped
  }

  let kind: Kind
  var first = Term.none
  var second = Term.none
  var sequence: UInt64 = 0

  init(_ claim: SessionClaim<SymbolicCryptography>) {
    switch claim {
    case .evidenceVerified(let sessionID, let keyPublic):
      self.init(.evidenceVerified, sessionID, keyPublic)
    case .keysAgreed(let transcript): self.init(.keysAgreed, transcript)
    case .topologySent(let transcript): self.init(.topologySent, transcript)
    case .modelAgreed(let modelHash): self.init(.modelAgreed, modelHash)
    case .resultAccepted(let sequence, let requestHash, let responseHash):
      self.init(.resultAccepted, requestHash, responseHash, sequence)
    case .completed(let sessionID): self.init(.completed, sessionID)
    case .keysAccepted(let sessionID, let transcript):
      self.init(.keysAccepted, sessionID, transcript)
    case .topologyReceived(let sessionID): self.init(.topologyReceived, sessionID)
    case .assembled(let modelHash): self.init(.assembled, modelHash)
    case .inferred(let sequence, let requestHash, let responseHash):
      self.init(.inferred, requestHash, responseHash, sequence)
    case .wiped: self.init(Kind.wiped)
    }
  }

  private init(
    _ kind: Kind, _ first: Term = .none, _ second: Term = .none, _ sequence: UInt64 = 0
  ) {
    self.kind = kind
    self.first = first
    self.second = second
    self.sequence = sequence
  }

  func feed(into builder: inout FingerprintBuilder) {
    builder.combine(UInt64(kind.rawValue) << 32 | sequence)
    builder.combine(UInt64(first.id) << 32 | UInt64(second.id))
  }
}

/// Feeds a machine's features into a fingerprint and counts the secrets among them.
struct FeatureSink: StateSink {
  typealias Crypto = SymbolicCryptography
  var builder = FingerprintBuilder()
  var secrets = 0

  mutating func feed(word: UInt64) { builder.combine(word) }
  mutating func feed(bytes: Term) { builder.combine(UInt64(bytes.id)) }
  mutating func feed(digest: Term) { builder.combine(UInt64(digest.id)) }
  mutating func feed(secret: Term) {
    builder.combine(UInt64(secret.id))
    secrets += 1
  }
}
