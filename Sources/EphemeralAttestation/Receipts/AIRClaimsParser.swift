import EphemeralWire

extension AIRClaims {
  /// Reads and checks the payload of a receipt whose signature has been verified.
  init(payload: [UInt8]) throws(ReceiptError) {
    var fields = AIRClaimFields()
    let span = payload.span
    var reader = CBORReader(maximumDepth: 3)
    var map = try AIRClaimFields.reading { () throws(CBORError) in
      try reader.beginMap(in: span, maximum: 32)
    }
    while try AIRClaimFields.reading({ () throws(CBORError) in
      try reader.nextKey(of: &map, in: span)
    }) {
      let number = try AIRClaimFields.reading { () throws(CBORError) in
        try reader.integer(in: span)
      }
      guard let key = AIRClaimKey(rawValue: number) else { throw .claims }
      try fields.read(key, with: &reader, in: span)
    }
    try AIRClaimFields.reading { () throws(CBORError) in try reader.finish(in: span) }
    self = try fields.claims()
    try validate()
  }
}

/// The claims that have been read so far, by the type of their values.
private struct AIRClaimFields {
  private var texts: [AIRClaimKey: String] = [:]
  private var byteStrings: [AIRClaimKey: [UInt8]] = [:]
  private var numbers: [AIRClaimKey: UInt64] = [:]
  private var measurements: AIRMeasurements?
  private var modelHashScheme: AIRModelHashScheme?

  /// Any fault of the encoding is one fault of the claims.
  static func reading<Value>(
    _ body: () throws(CBORError) -> Value
  ) throws(ReceiptError) -> Value {
    do throws(CBORError) { return try body() } catch { throw .claims }
  }

  /// Reads the value of `key`. The reader has refused a second one of the same key.
  mutating func read(
    _ key: AIRClaimKey, with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(ReceiptError) {
    switch key {
    case .issuer, .profile, .modelID, .modelVersion, .policyVersion, .securityMode:
      texts[key] = try Self.text(with: &reader, in: span)
    case .receiptID, .nonce, .modelHash, .requestHash, .responseHash, .attestationDocumentHash:
      byteStrings[key] = try Self.reading { () throws(CBORError) in
        try reader.byteArray(in: span, maximum: 128)
      }
    case .issuedAt, .sequenceNumber, .executionMilliseconds, .memoryPeakMebibytes:
      numbers[key] = try Self.reading { () throws(CBORError) in try reader.unsigned(in: span) }
    case .measurements: measurements = try Self.measurements(with: &reader, in: span)
    case .modelHashScheme:
      let name = try Self.text(with: &reader, in: span)
      guard let scheme = AIRModelHashScheme(rawValue: name) else { throw .modelHashScheme }
      modelHashScheme = scheme
    }
  }

  private static func text(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(ReceiptError) -> String {
    try reading { () throws(CBORError) in
      try reader.text(in: span, maximum: AIRReceipt.maximumTextBytes)
    }
  }

  private static func measurements(
    with reader: inout CBORReader, in span: Span<UInt8>
  ) throws(ReceiptError) -> AIRMeasurements {
    var registers: [String: [UInt8]] = [:]
    var typeName: String?
    try reading { () throws(CBORError) in
      var map = try reader.beginMap(in: span, maximum: 7)
      while try reader.nextKey(of: &map, in: span) {
        let name = try reader.text(in: span, maximum: 16)
        switch name {
        case "pcr0", "pcr1", "pcr2", "pcr3", "pcr4", "pcr8":
          registers[name] = try reader.byteArray(in: span, maximum: 64)
        case "measurement_type": typeName = try reader.text(in: span, maximum: 32)
        default: throw .unexpectedType
        }
      }
    }
    guard let typeName else { throw .claims }
    guard let type = AIRMeasurementType(rawValue: typeName) else { throw .measurementType }
    guard let pcr0 = registers["pcr0"], let pcr1 = registers["pcr1"],
      let pcr2 = registers["pcr2"]
    else { throw .claims }
    return AIRMeasurements(
      type: type, pcr0: pcr0, pcr1: pcr1, pcr2: pcr2, pcr3: registers["pcr3"],
      pcr4: registers["pcr4"], pcr8: registers["pcr8"])
  }

  /// The claims, when all that must be there were there.
  func claims() throws(ReceiptError) -> AIRClaims {
    guard let profile = texts[.profile] else { throw .claims }
    guard profile == AIRReceipt.profile else { throw .profile }
    guard let issuer = texts[.issuer], let issuedAt = numbers[.issuedAt],
      let receiptID = byteStrings[.receiptID], let modelID = texts[.modelID],
      let modelVersion = texts[.modelVersion], let modelHash = byteStrings[.modelHash],
      let requestHash = byteStrings[.requestHash], let responseHash = byteStrings[.responseHash],
      let documentHash = byteStrings[.attestationDocumentHash], let measurements,
      let policyVersion = texts[.policyVersion], let sequenceNumber = numbers[.sequenceNumber],
      let milliseconds = numbers[.executionMilliseconds],
      let memory = numbers[.memoryPeakMebibytes], let securityMode = texts[.securityMode]
    else { throw .claims }
    return AIRClaims(
      issuer: issuer, issuedAt: issuedAt, receiptID: receiptID, nonce: byteStrings[.nonce],
      modelID: modelID, modelVersion: modelVersion, modelHash: modelHash,
      requestHash: requestHash, responseHash: responseHash,
      attestationDocumentHash: documentHash, measurements: measurements,
      policyVersion: policyVersion, sequenceNumber: sequenceNumber,
      executionMilliseconds: milliseconds, memoryPeakMebibytes: memory,
      securityMode: securityMode, modelHashScheme: modelHashScheme)
  }
}
