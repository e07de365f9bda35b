import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
@testable import EphemeralSession
import EphemeralWire
import Foundation
import TestSupport

/// One whole session under fixed entropy, as `Spec/Vectors/session.json` has it.
///
/// Only the attestation document cannot be made again (its signatures are randomised); it is an
/// input like the seeds.
struct SessionTranscript: ~Copyable {
  typealias Crypto = LibcryptoCryptography

  /// What the session is made from.
  struct Inputs: Codable, Equatable {
    var clientNonce: String
    var clientSeed: String
    var sessionID: String
    var keySeed: String
    var receiptSeed: String
    var topology: String
    var request: String
    var response: String
    var modelHash: String
    var blobID: String
    var chunkCount: UInt64
    var auditHead: String
    var unixSeconds: UInt64
    var document: String
    var rootDigest: String
    var pcr0: String
    var pcr1: String
    var pcr2: String
  }

  /// One frame and, where it is Sealed, what is inside.
  struct Entry: Codable, Equatable {
    var from: String
    var message: String
    var type: UInt8
    var payload: String
    var sequence: UInt64?
    var plaintext: String?
  }

  /// Everything in between that an implementer wants to compare.
  struct Values: Codable, Equatable {
    var evidenceBody: String
    var kemPublicKey: String
    var receiptPublicKey: String
    var transcript0: String
    var transcript1: String
    var transcript2: String
    var clientToEnclaveKey: String
    var clientToEnclaveIV: String
    var enclaveToClientKey: String
    var enclaveToClientIV: String
    var receipt: String
    var wipeReport: String
  }

  /// The file.
  struct File: Codable, Equatable {
    var inputs: Inputs
    var values: Values
    var frames: [Entry]
  }

  static let file = TableFile.root.appending(path: "Spec/Vectors/session.json")

  var client: ClientSession<Crypto>
  var enclave: EnclaveSession<Crypto>
  let inputs: Inputs
  let time: SessionTime
  var frames: [Entry] = []
  var receipt: [UInt8] = []
  var outcome: SessionOutcome?

  /// Inputs with a document for them from a fresh mock device.
  static func freshInputs() throws -> Inputs {
    let seconds: UInt64 = 1_800_000_000
    func run(_ start: UInt8, _ count: Int) -> [UInt8] { (0..<count).map { start &+ UInt8($0) } }
    var inputs = Inputs(
      clientNonce: Hex.encode(run(0x00, 32)), clientSeed: Hex.encode(run(0x20, 32)),
      sessionID: Hex.encode(run(0x40, 16)), keySeed: Hex.encode(run(0x50, 32)),
      receiptSeed: Hex.encode(run(0x70, 32)), topology: Hex.encode(run(0x01, 100)),
      request: Hex.encode(try Samples.tensors(sequence: 0, random: 0x90)),
      response: Hex.encode(
        try Samples.tensors(sequence: 0, random: 0x90, data: [0, 0, 0, 64, 0, 0, 64, 64])),
      modelHash: Hex.encode(run(0xa0, 32)), blobID: Hex.encode(run(0xc0, 32)), chunkCount: 20,
      auditHead: Hex.encode(run(0xe0, 32)), unixSeconds: seconds, document: "", rootDigest: "",
      pcr0: "", pcr1: "", pcr2: "")
    var options = MockOptions()
    options.clock = { seconds * 1000 }
    let device = try MockSecurityModule(
      root: MockRoot(generatedAt: seconds), image: MockImage(bytes: Array("ephml/1".utf8)),
      options: options)
    let crypto = Crypto()
    let (_, kem) = try crypto.makeKeyPair(seed: Samples.secret(hex(inputs.keySeed)))
    let (_, receipt) = try crypto.makeReceiptKey(seed: Samples.secret(hex(inputs.receiptSeed)))
    let body = crypto.encode(
      EvidenceFields(
        sessionID: hex(inputs.sessionID), keyPublic: kem, receiptPublic: receipt,
        limits: .standard))
    let transcript = crypto.transcriptEvidence(
      hello: crypto.encodeHello(nonce: hex(inputs.clientNonce)), body: body)
    inputs.document = Hex.encode(
      try NSMClient(device).attest(
        userData: transcript, nonce: hex(inputs.clientNonce), publicKey: kem))
    let pin = try NSMClient(device).pin()
    inputs.rootDigest = Hex.encode(device.root.digest)
    (inputs.pcr0, inputs.pcr1, inputs.pcr2) = (
      Hex.encode(pin.pcr0), Hex.encode(pin.pcr1), Hex.encode(pin.pcr2)
    )
    return inputs
  }
}

extension SessionTranscript {
  init(_ inputs: Inputs) throws {
    let policy = try MeasurementPolicy(
      measurements: [
        MeasurementPolicy.Pin(
          pcr0: hex(inputs.pcr0), pcr1: hex(inputs.pcr1), pcr2: hex(inputs.pcr2))
      ], roots: [hex(inputs.rootDigest)])
    let time = SessionTime(nanoseconds: 0, unixSeconds: inputs.unixSeconds)
    let clientSecrets = ClientSecrets<Crypto>(
      nonce: hex(inputs.clientNonce), seed: try Samples.secret(hex(inputs.clientSeed)),
      topology: try Samples.secret(hex(inputs.topology)))
    let enclaveSecrets = EnclaveSecrets<Crypto>(
      sessionID: hex(inputs.sessionID), keySeed: try Samples.secret(hex(inputs.keySeed)),
      receiptSeed: try Samples.secret(hex(inputs.receiptSeed)))
    self.inputs = inputs
    self.time = time
    client = ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(policy: policy), purpose: .infer, modelHash: hex(inputs.modelHash)),
      secrets: clientSecrets, at: time)
    enclave = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: Crypto()), secrets: enclaveSecrets, at: time)
  }
}
