import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import EphemeralSession
import EphemeralWire

/// A client's machine against an enclave that an attacker wrote: genuine keys and evidence, and
/// after that any record that he likes.
final class RawEnclave {
  typealias Crypto = LibcryptoCryptography

  let crypto = Crypto()
  let topology: [UInt8] = Array("the topology that nobody may see".utf8)
  let request: [UInt8]
  private(set) var client: ClientSession<Crypto>
  private(set) var sent: [OutgoingFrame<[UInt8]>] = []
  private(set) var effects: [String] = []
  private let keyPair: (key: SecretMaterial, publicKey: [UInt8])
  let receiptPair: (key: SecretMaterial, publicKey: [UInt8])
  private(set) var document: [UInt8] = []
  private(set) var keys: [UInt8] = []
  private var hand: HandMade?
  private var sequence: UInt64 = 0
  private let began: SessionTime
  /// Seconds since the session began.
  var seconds: UInt64 = 0

  private var time: SessionTime {
    SessionTime(
      nanoseconds: began.nanoseconds + seconds * 1_000_000_000,
      unixSeconds: began.unixSeconds + seconds)
  }

  /// Whether the client let its topology go.
  var hasTopology: Bool { sent.contains { $0.message == .topologyDeliver } }

  /// A session up to the client's answer to Evidence.
  init(
    _ wrong: WrongDocument = WrongDocument(name: "sound", check: .envelope) { _ in },
    purpose: ClientConfiguration<Crypto>.Purpose = .infer,
    limits: EnclaveLimits = .standard, request: [UInt8]? = nil, isPinned: Bool = true
  ) throws {
    self.request = try request ?? Samples.tensors(sequence: 0)
    keyPair = try crypto.makeKeyPair(seed: Samples.seed(1))
    receiptPair = try crypto.makeReceiptKey(seed: Samples.seed(2))
    let body = crypto.encode(
      EvidenceFields(
        sessionID: Samples.sessionID, keyPublic: keyPair.publicKey,
        receiptPublic: receiptPair.publicKey, limits: limits))
    let hello = crypto.encodeHello(nonce: Samples.nonce)
    let transcript = crypto.transcriptEvidence(hello: hello, body: body)
    let made = try wrong.make(
      AttestationExpectation(
        nonce: Samples.nonce, userData: transcript, publicKey: keyPair.publicKey))
    document = made.document
    began = SessionTime(nanoseconds: 1, unixSeconds: WrongDocument.now + wrong.lateSeconds)
    client = ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(policy: isPinned ? made.policy : made.policy.withoutPins()),
        purpose: purpose, modelHash: Samples.modelHash),
      secrets: ClientSecrets(
        nonce: Samples.nonce, seed: try Samples.seed(3), topology: try Samples.secret(topology)),
      at: began)
    feed(.start)
    let payload = crypto.encodeEvidence(body: body, document: document) ?? []
    feed(.frame(IncomingFrame(type: .evidence, payload: payload)))
    guard let exchange = sent.first(where: { $0.message == .keyExchange }),
      let fields = crypto.decodeKeyExchange(exchange.payload)
    else { return }
    let offer = crypto.transcriptOffer(transcript, document: document)
    let exporter = try crypto.acceptKeys(fields, key: keyPair.key, transcript: offer)
    keys = crypto.transcriptKeys(offer, exchange: fields)
    let key = try crypto.exportRecordKey(
      exporter, direction: .enclaveToClient, transcript: keys)
    hand = HandMade(key, sessionID: Samples.sessionID, direction: .enclaveToClient)
  }

  /// Feeds an event and runs what follows.
  func feed(_ event: ClientEvent<Crypto>) {
    for action in client.handle(event, at: time) {
      effects.append(action.effect)
      switch action {
      case .send(let frame): sent.append(frame)
      case .wipe: feed(.wiped)
      case .deliverResult: feed(.resultTaken)
      case .assembled, .audit, .close: break
      }
    }
  }

  /// Sends a record whose plaintext is given.
  func send(_ plaintext: [UInt8], at number: UInt64? = nil) throws {
    guard let hand else { throw Finding("the client gave no keys") }
    let payload = try hand.seal(plaintext, sequence: number ?? sequence)
    if number == nil { sequence += 1 }
    feed(.frame(IncomingFrame(type: .sealed, payload: payload)))
  }

  /// Sends a record as it should be.
  func send(type: UInt8, phase: UInt8, _ content: [UInt8], padded: Int = 64) throws {
    try send(HandMade.plaintext(type: type, phase: phase, content: content, padded: padded))
  }

  /// Goes on honestly until a request is sent.
  func infer() throws {
    try send(type: 1, phase: 2, keys)
    try send(type: 3, phase: 4, assembled(Samples.modelHash))
    feed(.infer(request: try Samples.secret(request)))
  }

  func assembled(_ hash: [UInt8]) -> [UInt8] {
    Assembled(modelHash: hash, weightBytes: 1, nanoseconds: 1).encoded()
  }

  /// An InferResult; its claims and response may be changed.
  func result(
    response: [UInt8]? = nil, signedBy key: SecretMaterial? = nil,
    _ change: (inout AIRClaims) -> Void = { _ in }
  ) throws -> [UInt8] {
    let response = try response ?? Samples.tensors(sequence: 0, data: [1, 2, 3, 4])
    let signed = try crypto.signReceipt(
      ReceiptStatement(
        sessionID: Samples.sessionID, issuedAt: WrongDocument.now, clientNonce: Samples.nonce,
        document: document, model: Samples.model, modelHash: Samples.modelHash,
        requestHash: SHA256.hash(request), responseHash: SHA256.hash(response), sequence: 0,
        statistics: Samples.statistics), key: receiptPair.key)
    var claims = try AIRReceipt.verify(
      signed, publicKey: receiptPair.publicKey,
      expecting: AIRReceipt.Expectation(nonce: Samples.nonce)
    ).claims
    change(&claims)
    let receipt = try AIRReceipt.sign(claims) { (key ?? receiptPair.key).sign($0) }
    return try crypto.resultContent(
      response: Samples.secret(response), receipt: receipt,
      exposureNanoseconds: Samples.statistics.exposureNanoseconds
    ).copied
  }

  /// A Zeroized's content.
  func zeroized(
    session: [UInt8] = Samples.sessionID, inferences: UInt64 = 1,
    signedBy key: SecretMaterial? = nil
  ) throws -> [UInt8] {
    let report = try crypto.signWipeReport(
      WipeStatement(sessionID: session, inferences: inferences, tally: Samples.tally),
      key: key ?? receiptPair.key)
    return Zeroized(wipeReport: report).encoded()
  }
}
