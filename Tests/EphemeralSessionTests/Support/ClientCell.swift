import EphemeralCrypto
import EphemeralLockstep
@testable import EphemeralSession
import EphemeralWire

/// A client session that can be put into any state, with a stand-in for the enclave's side.
struct ClientCell: ~Copyable {
  let crypto = TestCryptography()
  var machine: ClientSession<TestCryptography>
  let receiptKey: SecretMaterial
  let evidence: [UInt8]
  private let keyPrivate: SecretMaterial
  private var transcript: [UInt8] = []
  /// T2, once KeyExchange is sent.
  private(set) var keys: [UInt8] = []
  /// The request that is answered next.
  let request: [UInt8]

  init(
    purpose: ClientConfiguration<TestCryptography>.Purpose = .infer,
    limits: EnclaveLimits = .standard, maximumResultBytes: UInt64 = 1 << 20,
    enclavePublic: [UInt8]? = nil
  ) throws {
    let secrets = ClientSecrets<TestCryptography>(
      nonce: Samples.nonce, seed: try Samples.seed(3), topology: try Samples.secret([1, 2, 3]))
    let request = try Samples.tensors(sequence: 0)
    let pair = try crypto.makeKeyPair(seed: try Samples.seed(1))
    let receipt = try crypto.makeReceiptKey(seed: try Samples.seed(2))
    self.request = request
    keyPrivate = pair.key
    receiptKey = receipt.key
    let body = crypto.encode(
      EvidenceFields(
        sessionID: Samples.sessionID, keyPublic: enclavePublic ?? pair.publicKey,
        receiptPublic: receipt.publicKey, limits: limits))
    evidence = crypto.encodeEvidence(body: body, document: Samples.document) ?? []
    transcript = crypto.transcriptOffer(
      crypto.transcriptEvidence(hello: crypto.encodeHello(nonce: Samples.nonce), body: body),
      document: Samples.document)
    machine = ClientSession(
      configuration: ClientConfiguration(
        crypto: crypto, purpose: purpose, modelHash: Samples.modelHash,
        maximumResultBytes: maximumResultBytes),
      secrets: secrets,
      at: Samples.start)
  }

  mutating func feed(
    _ input: ClientInput<TestCryptography>, _ content: SecretMaterial? = nil,
    at time: SessionTime = Samples.start
  ) -> [ClientAction<[UInt8]>] {
    if let content { return machine.dispatch(input, Arrival(content), at: time) }
    return machine.dispatch(input, Arrival(), at: time)
  }

  /// An InferResult's content that answers the request, or differs in one thing.
  func result(
    sequence: UInt64 = 0, random: UInt8 = 0x77, receiptTo hash: [UInt8]? = nil
  ) throws -> SecretMaterial {
    let response = try Samples.secret(
      Samples.tensors(sequence: sequence, random: random, data: [1, 2, 3, 4]))
    let receipt = try crypto.signReceipt(
      ReceiptStatement(
        sessionID: Samples.sessionID, issuedAt: 0, clientNonce: Samples.nonce,
        document: Samples.document, model: Samples.model, modelHash: Samples.modelHash,
        requestHash: hash ?? SHA256.hash(request), responseHash: crypto.responseHash(response),
        sequence: sequence, statistics: Samples.statistics),
      key: receiptKey)
    return try crypto.resultContent(
      response: response, receipt: receipt,
      exposureNanoseconds: Samples.statistics.exposureNanoseconds)
  }

  func zeroized(inferences: UInt64 = 0) throws -> SecretMaterial {
    try crypto.zeroizedContent(
      report: crypto.signWipeReport(
        WipeStatement(
          sessionID: Samples.sessionID, inferences: inferences, tally: Samples.tally),
        key: receiptKey))
  }

  /// Goes along the honest path to a state.
  mutating func reach(_ state: ClientState) throws {
    if state == .idle { return }
    _ = feed(.start)
    if state == .awaitingEvidence { return }
    if state == .wiping || state == .ended {
      _ = feed(.cancel)
      if state == .ended { _ = feed(.wiped) }
      return
    }
    let actions = feed(.evidence(evidence))
    guard case .send(let frame) = actions.last,
      let exchange = crypto.decodeKeyExchange(frame.payload)
    else { return }
    keys = crypto.transcriptKeys(transcript, exchange: exchange)
    if state == .awaitingConfirm { return }
    _ = feed(.keyConfirm, try crypto.confirmContent(keys))
    if state == .awaitingAssembly { return }
    _ = feed(.assembled, try crypto.assembledContent(Samples.assembled))
    if state == .ready { return }
    if state == .awaitingZeroized {
      _ = feed(.close)
      return
    }
    _ = feed(.infer, try Samples.secret(request))
    if state == .awaitingResult { return }
    if state == .gathering {
      _ = feed(.inferResult(EnclaveCell.full), try gathered ?? result())
      return
    }
    _ = feed(.inferResult(EnclaveCell.last), try result())
  }

  /// What is fed as the first piece to reach `gathering`, instead of a right result.
  var gathered: SecretMaterial?
}
