internal import EphemeralAttestation

/// The claims of a receipt whose signature has verified, for people and for scripts.
enum ReceiptText {
  static func json(_ claims: AIRClaims) -> JSONValue {
    .members([
      "issuer": .string(claims.issuer), "issuedAt": .integer(claims.issuedAt),
      "receiptID": hex(claims.receiptID), "nonce": claims.nonce.map { hex($0) } ?? .null,
      "modelID": .string(claims.modelID), "modelVersion": .string(claims.modelVersion),
      "modelHash": hex(claims.modelHash),
      "modelHashScheme": claims.modelHashScheme.map { .string($0.rawValue) } ?? .null,
      "requestHash": hex(claims.requestHash), "responseHash": hex(claims.responseHash),
      "attestationDocumentHash": hex(claims.attestationDocumentHash),
      "measurements": json(claims.measurements),
      "policyVersion": .string(claims.policyVersion),
      "sequenceNumber": .integer(claims.sequenceNumber),
      "executionMilliseconds": .integer(claims.executionMilliseconds),
      "memoryPeakMebibytes": .integer(claims.memoryPeakMebibytes),
      "securityMode": .string(claims.securityMode),
    ])
  }

  /// What a person wants to know; texts are the signer's and may not steer a terminal.
  static func lines(_ claims: AIRClaims) -> [String] {
    let model = InspectCommand.printable("\(claims.modelID) \(claims.modelVersion)")
    let mode = InspectCommand.printable(claims.securityMode)
    return [
      "  model      \(model)",
      "  hash       \(Hexadecimal.encode(claims.modelHash))",
      "  request    \(Hexadecimal.encode(claims.requestHash))",
      "  response   \(Hexadecimal.encode(claims.responseHash))",
      "  inference  number \(claims.sequenceNumber), \(claims.executionMilliseconds) ms",
      "  issued     \(time(claims.issuedAt)) by \(InspectCommand.printable(claims.issuer))",
      "  mode       \(mode), as the receipt says",
    ]
  }

  /// A time as RFC 3339, or its number where it is after the year 9999.
  private static func time(_ seconds: UInt64) -> String {
    seconds <= MeasurementPolicy.latestExpiry ? RFC3339.text(seconds) : "\(seconds) s"
  }

  private static func json(_ measurements: AIRMeasurements) -> JSONValue {
    let registers: [(String, [UInt8]?)] = [
      ("pcr0", measurements.pcr0), ("pcr1", measurements.pcr1), ("pcr2", measurements.pcr2),
      ("pcr3", measurements.pcr3), ("pcr4", measurements.pcr4), ("pcr8", measurements.pcr8),
    ]
    return .object(
      [JSONValue.Member("type", .string(measurements.type.rawValue))]
        + registers.compactMap { name, value in
          value.map { JSONValue.Member(name, hex($0)) }
        })
  }

  private static func hex(_ bytes: [UInt8]) -> JSONValue { .string(Hexadecimal.encode(bytes)) }
}
