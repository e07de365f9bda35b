// Written by Spec/generate from Spec/Tables/common.table. Do not edit.

/// The six phases of a session; the raw value travels in every record.
public enum Phase: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  /// The enclave proves what code it is.
  case attest = 1
  /// Both sides derive record keys under the transcript.
  case keyExchange = 2
  /// The client sends the topology key, sealed.
  case topologyDeliver = 3
  /// The enclave fetches, opens and checks every weight chunk.
  case assemble = 4
  /// Requests and results, sealed.
  case infer = 5
  /// Everything is wiped, the wipe is reported, keys go.
  case zeroize = 6

  /// The phase's name as people read it.
  public var name: StaticString {
    switch self {
    case .attest: "attest"
    case .keyExchange: "key-exchange"
    case .topologyDeliver: "topology-deliver"
    case .assemble: "assemble"
    case .infer: "infer"
    case .zeroize: "zeroize"
    }
  }
}

/// Places where a machine, or the driver on its behalf, holds a secret.
public struct SecretSlots: OptionSet, Equatable, Hashable, Sendable {
  /// One bit for each place.
  public let rawValue: UInt16

  /// Creates a set from its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The client's seed of HPKE's ephemeral key pair.
  public static let seed = SecretSlots(rawValue: 1 << 0)
  /// The topology key's bytes.
  public static let topology = SecretSlots(rawValue: 1 << 1)
  /// Every copy that the driver made of anything secret, the model among them.
  public static let driver = SecretSlots(rawValue: 1 << 2)
  /// Record key and IV of the direction that is opened.
  public static let receiveKey = SecretSlots(rawValue: 1 << 3)
  /// Record key and IV of the direction that is sealed.
  public static let sendKey = SecretSlots(rawValue: 1 << 4)
  /// A response, or what has come of one.
  public static let response = SecretSlots(rawValue: 1 << 5)
  /// The enclave's seed of the KEM key pair.
  public static let keySeed = SecretSlots(rawValue: 1 << 6)
  /// The enclave's seed of the receipt key.
  public static let receiptSeed = SecretSlots(rawValue: 1 << 7)
  /// The KEM private key.
  public static let keyPrivate = SecretSlots(rawValue: 1 << 8)
  /// The receipt signing key.
  public static let receiptKey = SecretSlots(rawValue: 1 << 9)
  /// A request, or what has come of one.
  public static let request = SecretSlots(rawValue: 1 << 10)

  /// The names in the order of their bits.
  public static let names: [String] = [
    "seed",
    "topology",
    "driver",
    "receiveKey",
    "sendKey",
    "response",
    "keySeed",
    "receiptSeed",
    "keyPrivate",
    "receiptKey",
    "request",
  ]
}

/// What limits the time that a machine spends in a state (Spec/Protocol.md §11).
public enum SessionTimer: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case idle
  case evidence
  case confirm
  case assembly
  case life
  case inference
  case zeroized
  case none
  case progress
  case halfOpen
  case draining
  case topology
  case admission
  case request
}

/// The guards of the three tables: the outcomes that tell a pair's rows apart.
public enum TransitionGuard: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case always, unknown, known, early, due, lifetime
  case malformed, refused, attestOnly, oversize, unusable, accepted
  case mismatch, matches, outOfOrder, spent, valid, inconsistent
  case more, answers, invalid, excess, whole, partial
  case misplaced, last, unreachable, other, unasked, next
  case unsupported, opens, complete, cached, fetch, session
  case perInference, exhausted, refetch
}
