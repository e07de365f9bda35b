import EphemeralWire

/// Wipe reports: the second and last kind of statement that a receipt key signs
/// (`Spec/Attestation.md §10`).
public enum WipeReport {
  /// The version of the claims.
  public static let version: UInt64 = 1

  /// Prepares claims for signing.
  public static func prepare(_ claims: WipeClaims) throws(ReceiptError) -> UnsignedStatement {
    guard claims.sessionID.count == 16, claims.auditHead.count == 32 else { throw .claims }
    var encoder = CBOREncoder()
    encoder.array(7)
    encoder.unsigned(version)
    encoder.bytes(claims.sessionID)
    if let last = claims.lastSequence { encoder.unsigned(last) } else { encoder.null() }
    encoder.unsigned(claims.regions)
    encoder.unsigned(claims.bytes)
    encoder.unsigned(claims.exposureNanoseconds)
    encoder.bytes(claims.auditHead)
    return UnsignedStatement(kind: .wipeReport, payload: encoder.finish())
  }

  /// Encodes and signs claims.
  ///
  /// - Parameter signer: signs the bytes that it is given with Ed25519, 64 bytes; nil is a
  ///   failure.
  public static func sign(
    _ claims: WipeClaims, with signer: ([UInt8]) -> [UInt8]?
  ) throws(ReceiptError) -> [UInt8] {
    let statement = try prepare(claims)
    guard let signature = signer(statement.toBeSigned) else { throw .signature }
    return try statement.signed(with: signature)
  }

  /// Verifies a report under a session's receipt key.
  ///
  /// - Parameters:
  ///   - bytes: the report, at most 4,096 bytes.
  ///   - publicKey: the raw Ed25519 key, 32 bytes.
  public static func verify(
    _ bytes: [UInt8], publicKey: [UInt8]
  ) throws(ReceiptError) -> WipeClaims {
    let payload = try StatementKind.wipeReport.verifiedPayload(of: bytes, publicKey: publicKey)
    do throws(CBORError) {
      return try claims(in: payload.span)
    } catch {
      throw .claims
    }
  }

  private static func claims(in span: Span<UInt8>) throws(CBORError) -> WipeClaims {
    var reader = CBORReader(maximumDepth: 1)
    try reader.array(in: span, exactly: 7)
    guard try reader.unsigned(in: span) == version else { throw .integerOutOfRange }
    let sessionID = try reader.byteArray(in: span, exactly: 16)
    let last = try reader.takeNull(in: span) ? nil : try reader.unsigned(in: span)
    let regions = try reader.unsigned(in: span)
    let bytes = try reader.unsigned(in: span)
    let exposure = try reader.unsigned(in: span)
    let auditHead = try reader.byteArray(in: span, exactly: 32)
    try reader.finish(in: span)
    return WipeClaims(
      sessionID: sessionID, lastSequence: last, regions: regions, bytes: bytes,
      exposureNanoseconds: exposure, auditHead: auditHead)
  }
}
