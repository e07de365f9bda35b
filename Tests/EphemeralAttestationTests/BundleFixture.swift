import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
import EphemeralWire

/// One inference with a mock enclave and all that its receipt bundle is made of.
///
/// The request and the response are real ones of the protocol; the model is a number.
struct BundleFixture {
  static let modelHash = [UInt8](repeating: 0xab, count: 32)
  static let sessionSeconds: UInt64 = 3600
  static let sequence: UInt64 = 3

  let mock: MockEvidence
  let hello: [UInt8]
  let body: [UInt8]
  let document: [UInt8]
  let request: [UInt8]
  let response: [UInt8]
  let nonce: [UInt8]
  let sessionID: [UInt8]
  private let key: SigningKey

  /// A signing key that a structure can hold.
  private final class SigningKey {
    let key: Ed25519SigningKey

    init(seed: UInt8) throws {
      let seed = [UInt8](repeating: seed, count: 32)
      key = try Ed25519SigningKey(seed: SecretBytes(copying: seed.span))
    }
  }

  /// A session of a mock enclave, by default of a new one.
  ///
  /// - Parameter session: each number is another session, with its own challenge and receipt key.
  init(enclave: MockEvidence? = nil, session: UInt8 = 0) throws {
    mock = try enclave ?? MockEvidence()
    key = try SigningKey(seed: 9 + session)
    nonce = [UInt8](repeating: 0x11 + session, count: 32)
    sessionID = [UInt8](repeating: 0x51 + session, count: 16)
    hello = ClientHello(nonce: nonce).encoded()
    let fields = EvidenceBody(
      sessionID: sessionID, kemPublicKey: mock.expectation.publicKey,
      receiptPublicKey: key.key.publicKey,
      limits: EnclaveLimits(
        maxTopologyBytes: 1, maxRequestBytes: 1, maxWeightBytes: 1,
        maxSessionSeconds: Self.sessionSeconds))
    body = fields.encoded()
    document = try NSMClient(mock.device).attest(
      userData: EvidenceTranscript.digest(clientHello: hello, body: body),
      nonce: nonce, publicKey: mock.expectation.publicKey)
    request = try Self.message([1])
    response = try Self.message([2])
  }

  /// An infer-request or infer-response with one tensor of one byte.
  static func message(
    _ data: [UInt8], sequence: UInt64 = sequence, random: UInt8 = 0x77
  ) throws -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.array(3)
    encoder.unsigned(sequence)
    encoder.bytes([UInt8](repeating: random, count: 32))
    encoder.array(1)
    encoder.array(4)
    encoder.text("x")
    encoder.unsigned(2)
    encoder.array(1)
    encoder.unsigned(UInt64(data.count))
    encoder.bytes(data)
    return encoder.finish()
  }

  /// The key that the receipts are signed with.
  var receiptKey: [UInt8] { key.key.publicKey }

  /// The claims of the honest receipt.
  func claims() throws -> AIRClaims {
    let registers = try AttestationDocument(unverified: document).measurements
    guard let measurements = AIRMeasurements(nitro: registers) else { throw ReceiptError.claims }
    return AIRClaims(
      issuer: "ephml/1", issuedAt: MockEvidence.now + 5,
      receiptID: AIRReceipt.identifier(sessionID: sessionID, sequence: Self.sequence),
      nonce: nonce, modelID: "digits", modelVersion: "1",
      modelHash: Self.modelHash, requestHash: SHA256.hash(request),
      responseHash: SHA256.hash(response), attestationDocumentHash: SHA256.hash(document),
      measurements: measurements, policyVersion: "ephml/1", sequenceNumber: Self.sequence,
      executionMilliseconds: 2, memoryPeakMebibytes: 1, securityMode: "evaluation",
      modelHashScheme: .manifest)
  }

  /// A receipt over the honest claims with a change.
  func receipt(_ change: (inout AIRClaims) -> Void = { _ in }) throws -> [UInt8] {
    var claims = try claims()
    change(&claims)
    return try AIRReceipt.sign(claims) { try? key.key.sign($0.span) }
  }

  /// A wipe report of this session, or of another one.
  func wipe(last: UInt64? = sequence, sessionID: [UInt8]? = nil) throws -> [UInt8] {
    let claims = WipeClaims(
      sessionID: sessionID ?? self.sessionID, lastSequence: last, regions: 4, bytes: 1 << 20,
      exposureNanoseconds: 7, auditHead: [UInt8](repeating: 5, count: 32))
    return try WipeReport.sign(claims) { try? key.key.sign($0.span) }
  }

  /// The honest bundle with parts exchanged.
  func bundle(
    receipt: [UInt8]? = nil, document: [UInt8]? = nil, hello: [UInt8]? = nil,
    body: [UInt8]? = nil, wipe: [UInt8]?
  ) throws -> [UInt8] {
    try ReceiptBundle(
      receipt: receipt ?? self.receipt(), document: document ?? self.document,
      clientHello: hello ?? self.hello, evidenceBody: body ?? self.body, wipeReport: wipe
    ).encoded()
  }

  /// What a careful verifier compares with.
  func expectation() -> ReceiptBundleVerifier.Expectation {
    ReceiptBundleVerifier.Expectation(
      modelHash: Self.modelHash, request: ReceiptPreimage(of: request.span),
      response: ReceiptPreimage(of: response.span))
  }

  func judge(
    _ bundle: [UInt8], expecting expectation: ReceiptBundleVerifier.Expectation? = nil
  ) throws -> ReceiptBundleReport {
    ReceiptBundleVerifier.judge(
      bundle, policy: try mock.policy(), expecting: expectation ?? self.expectation())
  }
}
