import EphemeralAttestation
import EphemeralCrypto
import Foundation
import TestSupport
import Testing

/// One AIR vector as its file holds it.
private struct AIRVector: Decodable {
  struct Measurements: Decodable {
    let measurement_type: String
    let pcr0_hex: HexBytes
    let pcr1_hex: HexBytes
    let pcr2_hex: HexBytes
    let pcr8_hex: HexBytes?
  }
  struct Claims: Decodable {
    let iss: String
    let iat: UInt64
    let cti_hex: HexBytes
    let eat_nonce_hex: HexBytes?
    let model_id: String
    let model_version: String
    let model_hash_hex: HexBytes
    let request_hash_hex: HexBytes
    let response_hash_hex: HexBytes
    let attestation_doc_hash_hex: HexBytes
    let enclave_measurements: Measurements
    let policy_version: String
    let sequence_number: UInt64
    let execution_time_ms: UInt64
    let memory_peak_mb: UInt64
    let security_mode: String
  }
  struct Policy: Decodable {
    let expected_nonce_hex: HexBytes
  }
  struct Failure: Decodable {
    let layer: Int
    let code: String
  }
  let signing_key_seed_hex: HexBytes?
  let public_key_hex: HexBytes
  let claims: Claims?
  let receipt_hex: HexBytes
  let verify_policy: Policy?
  let expected_failure: Failure?

  func airClaims() throws -> AIRClaims {
    let claims = try #require(claims)
    let found = claims.enclave_measurements
    return AIRClaims(
      issuer: claims.iss, issuedAt: claims.iat, receiptID: claims.cti_hex.bytes,
      nonce: claims.eat_nonce_hex?.bytes, modelID: claims.model_id,
      modelVersion: claims.model_version, modelHash: claims.model_hash_hex.bytes,
      requestHash: claims.request_hash_hex.bytes, responseHash: claims.response_hash_hex.bytes,
      attestationDocumentHash: claims.attestation_doc_hash_hex.bytes,
      measurements: AIRMeasurements(
        type: try #require(AIRMeasurementType(rawValue: found.measurement_type)),
        pcr0: found.pcr0_hex.bytes, pcr1: found.pcr1_hex.bytes, pcr2: found.pcr2_hex.bytes,
        pcr8: found.pcr8_hex?.bytes),
      policyVersion: claims.policy_version, sequenceNumber: claims.sequence_number,
      executionMilliseconds: claims.execution_time_ms,
      memoryPeakMebibytes: claims.memory_peak_mb, securityMode: claims.security_mode,
      modelHashScheme: nil)
  }
}

@Suite("AIR v1 vectors", .enabled(if: Vectors.shouldRun))
struct AIRVectorTests {
  @Test(
    "Valid receipts verify and are emitted byte for byte",
    arguments: ["air/valid-v1-nitro-no-nonce.json", "air/valid-v1-tdx-with-nonce.json"])
  func valid(name: String) throws {
    let vector = try Vectors.json(AIRVector.self, name)
    let claims = try vector.airClaims()
    let verified = try AIRReceipt.verify(
      vector.receipt_hex.bytes, publicKey: vector.public_key_hex.bytes,
      expecting: .init(nonce: claims.nonce))
    #expect(verified.claims == claims)

    let seed = try #require(vector.signing_key_seed_hex).bytes
    let key = try Ed25519SigningKey(seed: SecretBytes(copying: seed.span))
    let emitted = try AIRReceipt.sign(claims) { try? key.sign($0.span) }
    #expect(emitted == vector.receipt_hex.bytes)
  }

  @Test(
    "Invalid receipts are refused with AIR's name for the reason",
    arguments: [
      "air/invalid-v1-bad-measurement-length.json", "air/invalid-v1-nonce-mismatch.json",
      "air/invalid-v1-wrong-alg.json", "air/invalid-v1-zero-model-hash.json",
    ])
  func invalid(name: String) throws {
    let vector = try Vectors.json(AIRVector.self, name)
    let failure = try #require(vector.expected_failure)
    let reason = try #require(ReceiptError(rawValue: failure.code))
    #expect(reason.layer == failure.layer)
    #expect(throws: reason) {
      try AIRReceipt.verify(
        vector.receipt_hex.bytes, publicKey: vector.public_key_hex.bytes,
        expecting: .init(nonce: vector.verify_policy?.expected_nonce_hex.bytes))
    }
  }
}

/// A signing key that a suite can hold.
private final class ReceiptKey {
  private let key: Ed25519SigningKey
  var publicKey: [UInt8] { key.publicKey }

  init(seed: [UInt8]) throws {
    key = try Ed25519SigningKey(seed: SecretBytes(copying: seed.span))
  }

  func sign(_ message: Span<UInt8>) throws -> [UInt8] { try key.sign(message) }
}

@Suite("Receipts and wipe reports")
struct ReceiptTests {
  private let key: ReceiptKey

  init() throws {
    key = try ReceiptKey(seed: [UInt8](repeating: 7, count: 32))
  }

  private func claims() -> AIRClaims {
    let register = [UInt8](repeating: 9, count: 48)
    return AIRClaims(
      issuer: "ephml", issuedAt: 1_800_000_000, receiptID: [UInt8](repeating: 1, count: 16),
      nonce: [UInt8](repeating: 2, count: 32), modelID: "digits", modelVersion: "1",
      modelHash: [UInt8](repeating: 3, count: 32), requestHash: [UInt8](repeating: 4, count: 32),
      responseHash: [UInt8](repeating: 5, count: 32),
      attestationDocumentHash: [UInt8](repeating: 6, count: 32),
      measurements: AIRMeasurements(
        type: .nitro, pcr0: register, pcr1: register, pcr2: register, pcr4: register,
        pcr8: register),
      policyVersion: "1", sequenceNumber: .max, executionMilliseconds: 0,
      memoryPeakMebibytes: 12, securityMode: "evaluation", modelHashScheme: .manifest)
  }

  private func wipe(last: UInt64?) -> WipeClaims {
    WipeClaims(
      sessionID: [UInt8](repeating: 1, count: 16), lastSequence: last, regions: 12,
      bytes: 1 << 33, exposureNanoseconds: 1 << 34, auditHead: [UInt8](repeating: 2, count: 32))
  }

  @Test("A full receipt survives the round trip")
  func roundTrip() throws {
    let receipt = try AIRReceipt.sign(claims()) { try? key.sign($0.span) }
    let verified = try AIRReceipt.verify(
      receipt, publicKey: key.publicKey, expecting: .init(nonce: claims().nonce))
    #expect(verified.claims == claims())
  }

  @Test("Both kinds of wipe report survive the round trip", arguments: [nil, 0, 41] as [UInt64?])
  func wipeRoundTrip(last: UInt64?) throws {
    let report = try WipeReport.sign(wipe(last: last)) { try? key.sign($0.span) }
    #expect(try WipeReport.verify(report, publicKey: key.publicKey) == wipe(last: last))
  }

  @Test("No flipped bit and no cut verifies")
  func mutations() throws {
    let receipt = try AIRReceipt.sign(claims()) { try? key.sign($0.span) }
    let report = try WipeReport.sign(wipe(last: 1)) { try? key.sign($0.span) }
    for index in receipt.indices {
      var changed = receipt
      changed[index] ^= 1 << (index % 8)
      #expect(throws: ReceiptError.self, "byte \(index)") {
        try AIRReceipt.verify(changed, publicKey: key.publicKey, expecting: .init(nonce: nil))
      }
    }
    for index in report.indices {
      var changed = report
      changed[index] ^= 1 << (index % 8)
      #expect(throws: ReceiptError.self, "byte \(index)") {
        try WipeReport.verify(changed, publicKey: key.publicKey)
      }
      #expect(throws: ReceiptError.malformed, "first \(index) bytes") {
        try WipeReport.verify(Array(report[..<index]), publicKey: key.publicKey)
      }
    }
    #expect(throws: ReceiptError.malformed) {
      try AIRReceipt.verify(receipt + [0], publicKey: key.publicKey, expecting: .init(nonce: nil))
    }
  }

  @Test("One kind is never taken for the other, even with its header")
  func domains() throws {
    let receipt = try AIRReceipt.sign(claims()) { try? key.sign($0.span) }
    let report = try WipeReport.sign(wipe(last: 1)) { try? key.sign($0.span) }
    #expect(throws: ReceiptError.contentType) {
      try WipeReport.verify(receipt, publicKey: key.publicKey)
    }
    #expect(throws: ReceiptError.contentType) {
      try AIRReceipt.verify(report, publicKey: key.publicKey, expecting: .init(nonce: nil))
    }
    // The same header and payload signed without the external data.
    let envelope = try COSESign1(
      decoding: report, maximum: 4096, signatureBytes: 64, tagRequired: true)
    let message = COSESign1.toBeSigned(
      protectedHeader: envelope.protectedHeader, payload: envelope.payload)
    let forged = COSESign1(
      protectedHeader: envelope.protectedHeader, payload: envelope.payload,
      signature: try key.sign(message.span))
    #expect(throws: ReceiptError.signature) {
      try WipeReport.verify(forged.encoded(tagged: true), publicKey: key.publicKey)
    }
  }

  @Test("A receipt without tag 18 is refused")
  func untagged() throws {
    let receipt = try AIRReceipt.sign(claims()) { try? key.sign($0.span) }
    #expect(receipt.first == 0xd2)
    #expect(throws: ReceiptError.malformed) {
      try AIRReceipt.verify(
        Array(receipt.dropFirst()), publicKey: key.publicKey, expecting: .init(nonce: nil))
    }
  }

  @Test("Claims that a verifier would refuse are not signed")
  func refusedClaims() throws {
    var changes: [(ReceiptError, (inout AIRClaims) -> Void)] = []
    changes.append((.nonceLength, { $0.nonce = [UInt8](repeating: 0, count: 7) }))
    changes.append((.nonceLength, { $0.nonce = [UInt8](repeating: 0, count: 65) }))
    changes.append((.zeroModelHash, { $0.modelHash = [UInt8](repeating: 0, count: 32) }))
    changes.append((.measurementLength, { $0.measurements.pcr4 = [1] }))
    changes.append((.measurementType, { $0.measurements.type = .tdx }))
    changes.append((.claims, { $0.requestHash = [] }))
    changes.append((.claims, { $0.issuer = "" }))
    changes.append((.claims, { $0.modelID = String(repeating: "m", count: 257) }))
    changes.append((.claims, { $0.receiptID = [1] }))
    for (reason, change) in changes {
      var changed = claims()
      change(&changed)
      #expect(throws: reason) { try AIRReceipt.prepare(changed) }
    }
    var short = claims()
    short.nonce = [UInt8](repeating: 1, count: 8)
    _ = try AIRReceipt.prepare(short)
    #expect(throws: ReceiptError.claims) {
      try WipeReport.prepare(
        WipeClaims(
          sessionID: [], lastSequence: nil, regions: 0, bytes: 0, exposureNanoseconds: 0,
          auditHead: []))
    }
  }
}
