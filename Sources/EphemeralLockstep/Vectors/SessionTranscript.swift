import EphemeralAttestation
import EphemeralCrypto
package import EphemeralSession
import EphemeralWire
package import Foundation

/// One whole session under fixed entropy, as `Spec/Vectors/session.json` has it.
///
/// Only the attestation document cannot be made again (its signatures are randomised); it is an
/// input like the seeds.
package struct SessionTranscript: ~Copyable {
  package typealias Crypto = LibcryptoCryptography

  /// What the session is made from.
  package struct Inputs: Codable, Equatable {
    package var clientNonce: String
    package var clientSeed: String
    package var sessionID: String
    package var keySeed: String
    package var receiptSeed: String
    package var topology: String
    package var request: String
    package var response: String
    package var modelHash: String
    package var blobID: String
    package var chunkCount: UInt64
    package var auditHead: String
    package var unixSeconds: UInt64
    package var document: String
    package var rootDigest: String
    package var pcr0: String
    package var pcr1: String
    package var pcr2: String
  }

  /// One frame and, where it is Sealed, what is inside.
  package struct Entry: Codable, Equatable {
    package var from: String
    package var message: String
    package var type: UInt8
    package var payload: String
    package var sequence: UInt64?
    package var plaintext: String?
  }

  /// Everything in between that an implementer wants to compare.
  package struct Values: Codable, Equatable {
    package var evidenceBody: String
    package var kemPublicKey: String
    package var receiptPublicKey: String
    package var transcript0: String
    package var transcript1: String
    package var transcript2: String
    package var clientToEnclaveKey: String
    package var clientToEnclaveIV: String
    package var enclaveToClientKey: String
    package var enclaveToClientIV: String
    package var receipt: String
    package var wipeReport: String
  }

  /// The file.
  package struct File: Codable, Equatable {
    package var inputs: Inputs
    package var values: Values
    package var frames: [Entry]
  }

  package static let file = ProtocolTable.folder.deletingLastPathComponent()
    .appending(path: "Vectors/session.json")

  package var client: ClientSession<Crypto>
  package var enclave: EnclaveSession<Crypto>
  package let inputs: Inputs
  package let time: SessionTime
  package var frames: [Entry] = []
  package var receipt: [UInt8] = []
  package var outcome: SessionOutcome?

}

extension SessionTranscript {
  package init(_ inputs: Inputs) throws {
    let policy = try MeasurementPolicy(
      measurements: [
        MeasurementPolicy.Pin(
          pcr0: VectorHex.decode(inputs.pcr0), pcr1: VectorHex.decode(inputs.pcr1),
          pcr2: VectorHex.decode(inputs.pcr2))
      ], roots: [VectorHex.decode(inputs.rootDigest)])
    let time = SessionTime(nanoseconds: 0, unixSeconds: inputs.unixSeconds)
    let clientSecrets = ClientSecrets<Crypto>(
      nonce: VectorHex.decode(inputs.clientNonce),
      seed: try Samples.secret(VectorHex.decode(inputs.clientSeed)),
      topology: try Samples.secret(VectorHex.decode(inputs.topology)))
    let enclaveSecrets = EnclaveSecrets<Crypto>(
      sessionID: VectorHex.decode(inputs.sessionID),
      keySeed: try Samples.secret(VectorHex.decode(inputs.keySeed)),
      receiptSeed: try Samples.secret(VectorHex.decode(inputs.receiptSeed)))
    self.inputs = inputs
    self.time = time
    client = ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(policy: policy), purpose: .infer,
        modelHash: VectorHex.decode(inputs.modelHash)),
      secrets: clientSecrets, at: time)
    enclave = EnclaveSession(
      configuration: EnclaveConfiguration(crypto: Crypto()), secrets: enclaveSecrets, at: time)
  }
}
