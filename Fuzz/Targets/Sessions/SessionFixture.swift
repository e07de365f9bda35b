import EphemeralAttestation
import EphemeralCrypto
import EphemeralSession
import EphemeralWire
import PropertyTesting

/// Fixed entropy, keys and documents for two clients and two enclaves of one image.
///
/// With them whole sessions run over the real cryptography and give the same bytes each time. Only
/// the documents cannot be made again, because their signatures are random: they are written down.
public struct SessionFixture: Sendable {
  typealias Crypto = LibcryptoCryptography

  /// When every session takes place, in seconds since 1970.
  public static let unixSeconds: UInt64 = 1_800_000_000
  /// Clients, and as many enclaves.
  public static let pairs = 2
  /// Chunks of the weight blob.
  static let chunkCount: UInt64 = 3

  /// The fixture.
  public static let shared = SessionFixture()

  /// What the clients pin.
  let policy: MeasurementPolicy?
  /// The document that an enclave shows to a client: `documents[client][enclave]`.
  let documents: [[[UInt8]]]

  private init() {
    documents = SessionDocuments.documents.map { $0.map { Hexadecimal.decode($0) ?? [] } }
    func bytes(_ text: String) -> [UInt8] { Hexadecimal.decode(text) ?? [] }
    let registers = SessionDocuments.registers.map(bytes)
    policy = accepted {
      try MeasurementPolicy(
        measurements: [
          MeasurementPolicy.Pin(pcr0: registers[0], pcr1: registers[1], pcr2: registers[2])
        ], roots: [bytes(SessionDocuments.rootDigest)])
    }
  }

  /// The time of the start.
  static var start: SessionTime { SessionTime(nanoseconds: 1, unixSeconds: unixSeconds) }

  /// So many bytes that count upwards.
  private static func run(_ start: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: start + $0) }
  }

  /// A client's nonce.
  public static func nonce(client: Int) -> [UInt8] { run(client * 0x40, 32) }
  /// An enclave's session identifier.
  static func sessionID(enclave: Int) -> [UInt8] { run(0x30 + enclave * 0x40, 16) }
  /// The model hash of a client's model.
  static func modelHash(client: Int) -> [UInt8] { run(0xa0 + client, 32) }
  /// The blob of a client's model.
  static func blobID(client: Int) -> [UInt8] { run(0xc0 + client, 32) }

  /// A secret that nobody between client and enclave may ever see.
  static func canary(_ kind: String, client: Int) -> [UInt8] {
    SHA256.hash(ascii("\(kind) of client \(client)"))
  }

  /// All secrets that nobody in between may see.
  static let canaries: [[UInt8]] = (0..<pairs).flatMap { client in
    ["topology", "request", "response"].map { canary($0, client: client) }
  }

  /// A client's topology key; the enclave of this fixture knows it again and parses nothing.
  static func topology(client: Int) -> [UInt8] { canary("topology", client: client) + run(1, 70) }

  static func secret(_ bytes: [UInt8]) throws(CryptoError) -> SecretMaterial {
    SecretMaterial(try SecretBytes(copying: bytes.span))
  }

  /// The chunk of that index; `forged` has one bit over.
  static func chunk(_ index: UInt64, forged: Bool = false) -> ChunkFields<[UInt8]> {
    var ciphertext = run(Int(truncatingIfNeeded: index), 48)
    if forged { ciphertext[7] ^= 1 }
    return ChunkFields(
      index: index, header: index == 0 ? run(0x45, 32) : [], ciphertext: ciphertext)
  }

  /// A client's machine.
  func makeClient(_ client: Int) throws -> ClientSession<Crypto> {
    ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(policy: policy), purpose: .infer, modelHash: Self.modelHash(client: client)),
      secrets: ClientSecrets(
        nonce: Self.nonce(client: client), seed: try Self.secret(Self.run(0x20 + client, 32)),
        topology: try Self.secret(Self.topology(client: client))),
      at: Self.start)
  }

  /// An enclave's machine.
  func makeEnclave(_ enclave: Int) throws -> EnclaveSession<Crypto> {
    EnclaveSession(
      configuration: EnclaveConfiguration(crypto: Crypto(), weightWindow: 2),
      secrets: EnclaveSecrets(
        sessionID: Self.sessionID(enclave: enclave),
        keySeed: try Self.secret(Self.keySeed(enclave)),
        receiptSeed: try Self.secret(Self.receiptSeed(enclave))),
      at: Self.start)
  }

  /// A host's machine.
  func makeHost() -> HostSession<Crypto> {
    HostSession(configuration: HostConfiguration(codec: Crypto()), at: Self.start)
  }

  private static func keySeed(_ enclave: Int) -> [UInt8] { run(0x50 + enclave, 32) }
  private static func receiptSeed(_ enclave: Int) -> [UInt8] { run(0x70 + enclave, 32) }

  /// An enclave's public keys.
  public static func publicKeys(enclave: Int) throws -> (kem: [UInt8], receipt: [UInt8]) {
    let crypto = Crypto()
    let kem = try crypto.makeKeyPair(seed: secret(keySeed(enclave)))
    let receipt = try crypto.makeReceiptKey(seed: secret(receiptSeed(enclave)))
    return (kem.publicKey, receipt.publicKey)
  }

  /// T0 of a client and an enclave.
  public static func transcript(client: Int, enclave: Int) throws -> [UInt8] {
    let crypto = Crypto()
    let keys = try publicKeys(enclave: enclave)
    let body = crypto.encode(
      EvidenceFields(
        sessionID: sessionID(enclave: enclave), keyPublic: keys.kem, receiptPublic: keys.receipt,
        limits: .standard))
    return crypto.transcriptEvidence(
      hello: crypto.encodeHello(nonce: nonce(client: client)), body: body)
  }

  /// What a client expects of an enclave's document.
  func expectation(client: Int, enclave: Int) -> AttestationExpectation? {
    Self.expectations[client][enclave]
  }

  private static let expectations: [[AttestationExpectation?]] = (0..<pairs).map { client in
    (0..<pairs).map { enclave in
      accepted {
        AttestationExpectation(
          nonce: nonce(client: client),
          userData: try transcript(client: client, enclave: enclave),
          publicKey: try publicKeys(enclave: enclave).kem)
      }
    }
  }

  /// The document that answers a challenge, where one was written down.
  func document(userData: [UInt8]) -> [UInt8]? {
    for client in 0..<Self.pairs {
      for enclave in 0..<Self.pairs
      where expectation(client: client, enclave: enclave)?.userData == userData {
        return documents[client][enclave]
      }
    }
    return nil
  }

  /// The certificates of the documents, from the root to the leaf.
  func chain() throws -> [[UInt8]] {
    let document = try AttestationDocument(unverified: documents[0][0])
    return document.authorities + [document.certificate]
  }
}
