import EphemeralWire

/// The keys of the claims map (AIR v1 CDDL).
enum AIRClaimKey: Int64 {
  case issuer = 1
  case issuedAt = 6
  case receiptID = 7
  case nonce = 10
  case profile = 265
  case modelID = -65537
  case modelVersion = -65538
  case modelHash = -65539
  case requestHash = -65540
  case responseHash = -65541
  case attestationDocumentHash = -65542
  case measurements = -65543
  case policyVersion = -65544
  case sequenceNumber = -65545
  case executionMilliseconds = -65546
  case memoryPeakMebibytes = -65547
  case securityMode = -65548
  case modelHashScheme = -65549
}

extension AIRClaims {
  /// The rules that hold for every receipt, made or received.
  func validate() throws(ReceiptError) {
    let texts = [issuer, modelID, modelVersion, policyVersion, securityMode]
    guard !issuer.isEmpty,
      texts.allSatisfy({ $0.utf8.count <= AIRReceipt.maximumTextBytes }),
      receiptID.count == 16,
      [modelHash, requestHash, responseHash, attestationDocumentHash].allSatisfy({ $0.count == 32 })
    else { throw .claims }
    if let nonce, !AIRReceipt.nonceBytes.contains(nonce.count) { throw .nonceLength }
    try measurements.validate()
    guard modelHash.contains(where: { $0 != 0 }) else { throw .zeroModelHash }
  }

  /// The claims as deterministic CBOR (RFC 8949 §4.2.1): the keys stand in ascending order.
  func encoded() -> [UInt8] {
    var encoder = CBOREncoder(reservingCapacity: 1024)
    encoder.map(16 + (nonce == nil ? 0 : 1) + (modelHashScheme == nil ? 0 : 1))
    func key(_ key: AIRClaimKey) { encoder.integer(key.rawValue) }
    func text(_ name: AIRClaimKey, _ value: String) {
      key(name)
      encoder.text(value)
    }
    func bytes(_ name: AIRClaimKey, _ value: [UInt8]) {
      key(name)
      encoder.bytes(value)
    }
    func number(_ name: AIRClaimKey, _ value: UInt64) {
      key(name)
      encoder.unsigned(value)
    }
    text(.issuer, issuer)
    number(.issuedAt, issuedAt)
    bytes(.receiptID, receiptID)
    if let nonce { bytes(.nonce, nonce) }
    text(.profile, AIRReceipt.profile)
    text(.modelID, modelID)
    text(.modelVersion, modelVersion)
    bytes(.modelHash, modelHash)
    bytes(.requestHash, requestHash)
    bytes(.responseHash, responseHash)
    bytes(.attestationDocumentHash, attestationDocumentHash)
    key(.measurements)
    measurements.encode(into: &encoder)
    text(.policyVersion, policyVersion)
    number(.sequenceNumber, sequenceNumber)
    number(.executionMilliseconds, executionMilliseconds)
    number(.memoryPeakMebibytes, memoryPeakMebibytes)
    text(.securityMode, securityMode)
    if let modelHashScheme { text(.modelHashScheme, modelHashScheme.rawValue) }
    return encoder.finish()
  }
}

extension AIRMeasurements {
  /// The registers by name, in the order of their encodings.
  private var registers: [(name: String, value: [UInt8]?)] {
    [
      ("pcr0", pcr0), ("pcr1", pcr1), ("pcr2", pcr2), ("pcr3", pcr3), ("pcr4", pcr4),
      ("pcr8", pcr8),
    ]
  }

  func validate() throws(ReceiptError) {
    for register in registers {
      guard let value = register.value else { continue }
      guard value.count == 48 else { throw .measurementLength }
    }
    guard type == .nitro || pcr8 == nil else { throw .measurementType }
  }

  func encode(into encoder: inout CBOREncoder) {
    let present = registers.filter { $0.value != nil }
    encoder.map(present.count + 1)
    for register in present {
      encoder.text(register.name)
      encoder.bytes(register.value ?? [])
    }
    encoder.text("measurement_type")
    encoder.text(type.rawValue)
  }
}
