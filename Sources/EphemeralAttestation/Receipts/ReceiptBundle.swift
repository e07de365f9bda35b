import EphemeralWire

/// Why bytes are not a receipt bundle.
public enum ReceiptBundleError: Error, Equatable, Sendable {
  /// More bytes than a bundle, or than one of its parts, may have.
  case tooLarge
  /// Not the array of `Spec/Attestation.md §11.1` in deterministic encoding.
  case malformed
  /// A version that is not read.
  case unsupportedVersion
}

/// A receipt and everything that it takes to verify it offline, years later: a `.ephr` file
/// (`Spec/Attestation.md §11`).
///
/// Read and bounded, **not verified**: ``ReceiptBundleVerifier`` judges it.
public struct ReceiptBundle: Equatable, Sendable {
  /// The version of the form.
  public static let version: UInt64 = 1
  /// The most bytes of the receipt, and of the wipe report.
  public static let maximumStatementBytes = StatementKind.maximumBytes
  /// The most bytes of ClientHello.
  public static let maximumClientHelloBytes = 64
  /// The most bytes of a bundle: all parts at their bounds, and the heads before them.
  public static let maximumBytes =
    1 + 1 + 2 * (3 + maximumStatementBytes) + 3 + AttestationDocumentBounds.documentBytes
    + 2 + maximumClientHelloBytes + 3 + EvidenceBody.maximumBytes

  /// The AIR v1 receipt, a tagged COSE_Sign1.
  public let receipt: [UInt8]
  /// The attestation document as the client received it.
  public let document: [UInt8]
  /// ClientHello's payload as it was sent.
  public let clientHello: [UInt8]
  /// Evidence without the document, exactly the bytes that T0 covers.
  public let evidenceBody: [UInt8]
  /// The wipe report of the session, where it ended in order.
  public let wipeReport: [UInt8]?

  /// A bundle of parts, each of which has at least one byte and at most its bound.
  public init(
    receipt: [UInt8], document: [UInt8], clientHello: [UInt8], evidenceBody: [UInt8],
    wipeReport: [UInt8]?
  ) throws(ReceiptBundleError) {
    let parts = [
      (receipt, Self.maximumStatementBytes), (document, AttestationDocumentBounds.documentBytes),
      (clientHello, Self.maximumClientHelloBytes), (evidenceBody, EvidenceBody.maximumBytes),
    ]
    for (bytes, maximum) in parts {
      guard !bytes.isEmpty else { throw .malformed }
      guard bytes.count <= maximum else { throw .tooLarge }
    }
    if let wipeReport {
      guard !wipeReport.isEmpty else { throw .malformed }
      guard wipeReport.count <= Self.maximumStatementBytes else { throw .tooLarge }
    }
    self.receipt = receipt
    self.document = document
    self.clientHello = clientHello
    self.evidenceBody = evidenceBody
    self.wipeReport = wipeReport
  }

  /// Reads a bundle that fills `bytes`.
  public init(decoding bytes: [UInt8]) throws(ReceiptBundleError) {
    guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
    let span = bytes.span
    var reader = CBORReader(maximumDepth: 1)
    let version: UInt64
    do throws(CBORError) {
      try reader.array(in: span, exactly: 6)
      version = try reader.unsigned(in: span)
    } catch {
      throw .malformed
    }
    guard version == Self.version else { throw .unsupportedVersion }
    let parts: (receipt: [UInt8], document: [UInt8], hello: [UInt8], body: [UInt8], wipe: [UInt8]?)
    do throws(CBORError) {
      parts = (
        try reader.byteArray(in: span, maximum: Self.maximumStatementBytes),
        try reader.byteArray(in: span, maximum: AttestationDocumentBounds.documentBytes),
        try reader.byteArray(in: span, maximum: Self.maximumClientHelloBytes),
        try reader.byteArray(in: span, maximum: EvidenceBody.maximumBytes),
        try reader.takeNull(in: span)
          ? nil : try reader.byteArray(in: span, maximum: Self.maximumStatementBytes)
      )
      try reader.finish(in: span)
    } catch {
      throw error == .tooLong ? .tooLarge : .malformed
    }
    try self.init(
      receipt: parts.receipt, document: parts.document, clientHello: parts.hello,
      evidenceBody: parts.body, wipeReport: parts.wipe)
  }

  /// The bundle's bytes: the one encoding that it has.
  public func encoded() -> [UInt8] {
    var encoder = CBOREncoder(reservingCapacity: Self.maximumBytes)
    encoder.array(6)
    encoder.unsigned(Self.version)
    encoder.bytes(receipt)
    encoder.bytes(document)
    encoder.bytes(clientHello)
    encoder.bytes(evidenceBody)
    if let wipeReport { encoder.bytes(wipeReport) } else { encoder.null() }
    return encoder.finish()
  }
}
