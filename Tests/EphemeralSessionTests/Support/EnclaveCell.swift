import EphemeralCrypto
import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire

/// An enclave session that can be put into any state, and the inputs for each row.
struct EnclaveCell: ~Copyable {
  let crypto = TestCryptography()
  var machine: EnclaveSession<TestCryptography>
  private(set) var exchange: [UInt8] = []
  /// The number of the request of which a first piece is fed to reach `collecting`.
  var collected: UInt64 = 0

  init(limits: EnclaveLimits = .standard, lifeSeconds: UInt64 = 3600) throws {
    let limits = EnclaveLimits(
      maxTopologyBytes: limits.maxTopologyBytes, maxRequestBytes: limits.maxRequestBytes,
      maxWeightBytes: limits.maxWeightBytes, maxSessionSeconds: lifeSeconds)
    machine = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: crypto, limits: limits, weightWindow: 4),
      secrets: EnclaveSecrets(
        sessionID: Samples.sessionID, keySeed: try Samples.seed(1),
        receiptSeed: try Samples.seed(2)),
      at: Samples.start)
  }

  mutating func feed(
    _ input: EnclaveInput<TestCryptography>, _ content: SecretMaterial? = nil,
    at time: SessionTime = Samples.start
  ) -> [EnclaveAction<TestCryptography>] {
    if let content { return machine.dispatch(input, Arrival(content), at: time) }
    return machine.dispatch(input, Arrival(), at: time)
  }

  /// Goes along the honest path to a state.
  mutating func reach(
    _ state: EnclaveState, admission: TopologyAdmission<[UInt8]> = Samples.admission()
  ) throws {
    if state == .listening { return }
    let asked = feed(.clientHello(crypto.encodeHello(nonce: Samples.nonce)))
    guard case .requestEvidence(let userData, _, let publicKey) = asked.last else { return }
    if state == .attesting { return }
    _ = feed(.evidenceReady(document: Samples.document))
    let offer = crypto.transcriptOffer(userData, document: Samples.document)
    let offered = try crypto.offerKeys(
      to: publicKey, seed: try Samples.seed(3), transcript: offer)
    exchange = crypto.encode(offered.exchange)
    if state == .offered { return }
    _ = feed(.keyExchange(exchange))
    if state == .keyed { return }
    if state == .gathering {
      _ = feed(.topologyDeliver(Self.full), try Samples.secret([1, 2, 3]))
      return
    }
    _ = feed(.topologyDeliver(Self.last), try Samples.secret([1, 2, 3]))
    if state == .admitting { return }
    if state == .assembling {
      _ = feed(.topologyAdmitted(admission))
      return
    }
    var cached = admission
    cached.source = .cache
    _ = feed(.topologyAdmitted(cached))
    if state == .finishing { return }
    _ = feed(.assembled(Samples.assembled))
    if state == .ready { return }
    if state == .collecting {
      // The pieces' counts and their bytes are independent here: all bytes come first.
      _ = feed(.inferRequest(Self.full), try Samples.secret(Samples.tensors(sequence: collected)))
      return
    }
    if state == .reporting || state == .wiping || state == .ended {
      _ = feed(.close)
      if state == .reporting { return }
      if state == .wiping {
        _ = feed(.peerClosed)
        return
      }
      _ = feed(.wiped(Samples.tally))
      return
    }
    _ = feed(.inferRequest(Self.last), try Samples.secret(Samples.tensors(sequence: 0)))
  }

  /// A piece that is full and not the last.
  static let full = Piece(isFinal: false, contentCount: 262_144, paddedCount: 262_144)
  /// A last piece.
  static let last = Piece(isFinal: true, contentCount: 3, paddedCount: 64)
  /// A piece that is too short to have others behind it.
  static let broken = Piece(isFinal: false, contentCount: 3, paddedCount: 64)
}
