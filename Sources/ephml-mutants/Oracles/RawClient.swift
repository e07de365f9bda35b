import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import EphemeralSession
import EphemeralWire

/// An enclave's machine against a client that an attacker wrote.
final class RawClient {
  typealias Crypto = LibcryptoCryptography

  let crypto = Crypto()
  private(set) var enclave: EnclaveSession<Crypto>
  private(set) var effects: [String] = []
  private(set) var sent: [OutgoingFrame<[UInt8]>] = []
  private(set) var exchange: [UInt8] = []
  private var admission = Samples.admission()
  private var offer: [UInt8] = []
  private var asked: (userData: [UInt8], publicKey: [UInt8])?
  private var hand: HandMade?
  private var sequence: UInt64 = 0
  private var keys: [UInt8] = []
  private var replies: HandReader?
  /// The inner messages that the enclave sealed.
  private(set) var sealed: [(type: InnerType, content: [UInt8])] = []
  /// Seconds since the session began.
  var seconds: UInt64 = 0

  private var time: SessionTime {
    SessionTime(
      nanoseconds: World.time.nanoseconds + seconds * 1_000_000_000,
      unixSeconds: World.time.unixSeconds + seconds)
  }

  init(chunks: UInt64 = 3, seconds: UInt64 = 3600) throws {
    admission.maximumSeconds = seconds
    admission.chunkCount = chunks
    // No receipt can be made without a document that can be read.
    enclave = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: crypto, weightWindow: 4),
      secrets: EnclaveSecrets(
        sessionID: Samples.sessionID, keySeed: try Samples.seed(1),
        receiptSeed: try Samples.seed(2)),
      at: World.time)
  }

  func feed(_ event: EnclaveEvent<Crypto>) throws {
    for action in enclave.handle(event, at: time) {
      effects.append(action.effect)
      switch action {
      case .send(let frame):
        sent.append(frame)
        if frame.type == .sealed, let opened = try replies?.open(frame.payload) {
          sealed.append(opened)
        }
      case .requestEvidence(let userData, _, let publicKey):
        asked = (userData, publicKey)
        try feed(.evidenceReady(document: try evidence(userData, publicKey)))
      case .admitTopology: try feed(.topologyAdmitted(admission))
      case .openChunk(let index):
        _ = enclave.takeChunk(index: index)
        try feed(.chunkOpened(index: index))
      case .finishAssembly: try feed(.assembled(Samples.assembled))
      case .infer(let sequence):
        let response = try Samples.tensors(sequence: sequence, data: [1, 2, 3, 4])
        try feed(
          .inferred(response: try Samples.secret(response), statistics: Samples.statistics))
      case .wipe: try feed(.wiped(Samples.tally))
      case .dropPlaintext, .audit, .close: break
      }
    }
  }

  private var made: [UInt8] = []

  private func evidence(_ userData: [UInt8], _ publicKey: [UInt8]) throws -> [UInt8] {
    guard let world = World.shared else { throw Finding("there is no mock device") }
    made = try NSMClient(world.device).attest(
      userData: userData, nonce: Samples.nonce, publicKey: publicKey)
    return made
  }

  func frame(_ type: FrameType, _ payload: [UInt8]) throws {
    try feed(.frame(IncomingFrame(type: type, payload: payload)))
  }

  func hello() throws { try frame(.clientHello, crypto.encodeHello(nonce: Samples.nonce)) }

  /// The key exchange, right or with another Finished.
  func exchangeKeys() throws {
    guard let asked else { throw Finding("no evidence was asked for") }
    offer = crypto.transcriptOffer(asked.userData, document: made)
    let publicKey = try crypto.makeKeyPair(seed: Samples.seed(1)).publicKey
    let offered = try crypto.offerKeys(
      to: publicKey, seed: Samples.seed(3), transcript: offer)
    exchange = crypto.encode(offered.exchange)
    keys = crypto.transcriptKeys(offer, exchange: offered.exchange)
    for direction in RecordDirection.allCases {
      let key = try crypto.exportRecordKey(
        offered.exporter, direction: direction, transcript: keys)
      switch direction {
      case .clientToEnclave:
        hand = HandMade(key, sessionID: Samples.sessionID, direction: direction)
      case .enclaveToClient: replies = HandReader(key: key)
      }
    }
    try frame(.keyExchange, exchange)
  }

  func send(_ plaintext: [UInt8], at number: UInt64? = nil) throws {
    guard let hand else { throw Finding("there are no keys") }
    let payload = try hand.seal(plaintext, sequence: number ?? sequence)
    if number == nil { sequence += 1 }
    try frame(.sealed, payload)
  }

  func send(type: UInt8, phase: UInt8, _ content: [UInt8], padded: Int = 64) throws {
    try send(HandMade.plaintext(type: type, phase: phase, content: content, padded: padded))
  }

  /// Goes on honestly until the weights are asked for.
  func deliver() throws {
    try hello()
    try exchangeKeys()
    try send(type: 2, phase: 3, [1, 2, 3])
  }

  func chunk(_ index: UInt64) throws {
    try frame(.weightChunk, crypto.encode(Samples.chunk(index)))
  }

  /// Goes on honestly until the model stands.
  func assemble() throws {
    try deliver()
    for index in 0..<admission.chunkCount { try chunk(index) }
  }

  func infer(_ number: UInt64) throws {
    try send(type: 4, phase: 5, Samples.tensors(sequence: number), padded: 4096)
  }

  /// The code of the Abort that the enclave sealed.
  var abort: AbortCode? {
    sealed.first { $0.type == .abort }.flatMap { try? Abort(decoding: $0.content).code }
  }
}

/// Opens the records of one direction in their order.
struct HandReader {
  let key: SecretMaterial
  private var sequence: UInt64 = 0

  init(key: SecretMaterial) { self.key = key }

  mutating func open(_ payload: [UInt8]) throws -> (type: InnerType, content: [UInt8]) {
    let context = RecordContext(
      sessionID: Samples.sessionID, direction: .enclaveToClient, sequence: sequence)
    sequence += 1
    let record = try LibcryptoCryptography().openRecord(payload, key: key, context: context)
    return (record.head.type, record.content.copied)
  }
}
