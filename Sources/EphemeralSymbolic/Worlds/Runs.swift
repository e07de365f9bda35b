import EphemeralSession
import PropertyTesting

/// The properties that a state can violate, one bit each.
struct Violations: OptionSet, Hashable {
  let rawValue: UInt16
  static let s1 = Violations(rawValue: 1 << 1)
  static let s2 = Violations(rawValue: 1 << 2)
  static let s3 = Violations(rawValue: 1 << 3)
  static let s4 = Violations(rawValue: 1 << 4)
  static let s5 = Violations(rawValue: 1 << 5)
  static let s6 = Violations(rawValue: 1 << 6)
  static let s7 = Violations(rawValue: 1 << 7)
  static let s8 = Violations(rawValue: 1 << 8)
  static let s9 = Violations(rawValue: 1 << 9)

  /// The properties and their names in verdicts.
  static let named: [(name: String, bit: Violations)] = [
    ("S1 the topology leaves for verified evidence alone", .s1),
    ("S2 infer follows assemble", .s2),
    ("S3 each number is inferred once", .s3),
    ("S4 injective agreement", .s4),
    ("S5 no key and nonce twice", .s5),
    ("S6 one use for each key", .s6),
    ("S7 the attacker's closure has no secret", .s7),
    ("S8 secrets are gone at the end", .s8),
    ("S9 the end is the end", .s9),
  ]
}

/// One role's machine at one point of its life, with what it did until then; never changes.
///
/// Equal ones exist once, so a world's state is a few numbers.
final class ClientRun {
  let machine: ClientSession<SymbolicCryptography>
  let index: Int
  let state: ClientState
  let history: RoleHistory
  /// The row of the last event; nil before the first.
  let lastRow: ClientRow?
  let received: UInt64
  let receiveKey: Term
  /// ClientHello as sent.
  let hello: Term
  /// KeyExchange as sent.
  let exchange: Term
  let violations: Violations
  /// The number of its part of a projected line.
  let projection: UInt32

  init(
    _ machine: consuming ClientSession<SymbolicCryptography>, index: Int,
    history: RoleHistory, lastRow: ClientRow?, hello: Term, exchange: Term,
    violations: Violations, projection: UInt32
  ) {
    state = machine.state
    received = machine.recordsReceived
    receiveKey = machine.receiveKey() ?? .none
    self.machine = machine
    self.index = index
    self.history = history
    self.lastRow = lastRow
    self.hello = hello
    self.exchange = exchange
    self.violations = violations
    self.projection = projection
  }

  /// Whether the session goes on.
  var isLive: Bool { state != .wiping && state != .ended }
}

/// What a role has said and claimed so far.
struct RoleHistory {
  var partner = Partner.none
  var claims = Histories<ClaimRecord>.empty
  var frames = Histories<FrameRecord>.empty
  /// Results accepted, or requests answered.
  var inferences: UInt32 = 0
  /// Whether the driver was told to wipe.
  var isWipeOrdered = false

  func feed(into sink: inout FeatureSink) {
    sink.feed(word: UInt64(claims) << 32 | UInt64(frames))
    sink.feed(
      word: UInt64(partner.session.rawValue) << 16 | UInt64(partner.key.rawValue) << 8
        | (isWipeOrdered ? 1 : 0))
  }
}

/// What an enclave's driver and its outside hold for it.
struct EnclaveSurroundings {
  /// What the attestation device was asked to vouch for.
  var userData = Term.none
  var nonce = Term.none
  var publicKey = Term.none
  /// Evidence as sent.
  var body = Term.none
  var document = Term.none
  /// The topology that was admitted.
  var topology = Term.none
  /// Chunks that arrived and are not open, two bits each from the lowest: 1 genuine, 2 forged.
  var unopened: UInt64 = 0

  /// How many chunks are unopened.
  var unopenedCount: Int { (64 - unopened.leadingZeroBitCount + 1) / 2 }

  func feed(into sink: inout FeatureSink) {
    sink.feed(word: UInt64(userData.id) << 32 | UInt64(document.id))
    sink.feed(word: unopened << 32 | UInt64(topology.id))
  }
}

/// An enclave's machine at one point of its life; never changes.
final class EnclaveRun {
  let machine: EnclaveSession<SymbolicCryptography>
  let index: Int
  let state: EnclaveState
  let history: RoleHistory
  let surroundings: EnclaveSurroundings
  /// The row of the last event; nil before the first.
  let lastRow: EnclaveRow?
  let received: UInt64
  let receiveKey: Term
  let fetch: FetchProgress?
  let violations: Violations
  /// The number of its part of a projected line.
  let projection: UInt32

  init(
    _ machine: consuming EnclaveSession<SymbolicCryptography>, index: Int,
    history: RoleHistory, surroundings: EnclaveSurroundings, lastRow: EnclaveRow?,
    violations: Violations, projection: UInt32
  ) {
    state = machine.state
    received = machine.recordsReceived
    receiveKey = machine.receiveKey() ?? .none
    fetch = machine.fetchProgress
    self.machine = machine
    self.index = index
    self.history = history
    self.surroundings = surroundings
    self.lastRow = lastRow
    self.violations = violations
    self.projection = projection
  }

  /// Whether the session goes on.
  var isLive: Bool { state != .reporting && state != .wiping && state != .ended }
  /// Whether the state has record keys and opens records.
  var isSecured: Bool { receiveKey != .none }
}
