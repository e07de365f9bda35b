/// Why bytes are not an attestation document (`Spec/Attestation.md §2, §3`).
public enum AttestationDocumentError: Error, Equatable, Sendable {
  /// The outer COSE_Sign1 is not the accepted shape.
  case envelope(COSEError)
  /// The protected header is not exactly `{1: -35}`.
  case algorithm
  /// The payload is not the CBOR that it should be.
  case payload
  /// A key that is not in the list.
  case unknownKey
  /// A key that must be there is not.
  case missingKey
  /// The module id is empty, too long, or has other characters than letters, digits and hyphens.
  case moduleID
  /// The digest is not SHA384.
  case digest
  /// The timestamp is zero or later than the year 9999.
  case timestamp
  /// No registers, too many, an index above 31, a length other than 48, or PCR0 to PCR2 missing.
  case measurements
  /// The leaf certificate is empty or too long.
  case certificate
  /// No authorities, too many, or one that is empty or too long.
  case authorities

  /// The reason in words, for a report.
  public var detail: String {
    switch self {
    case .envelope(.malformed): "not a COSE_Sign1 of at most 12288 bytes"
    case .envelope(.tag): "a tag other than 18"
    case .envelope(.unprotectedHeader): "the unprotected header is not empty"
    case .envelope(.payload): "the payload is empty"
    case .envelope(.signatureLength): "the signature is not 96 bytes long"
    case .algorithm: "the protected header is not exactly ES384"
    case .payload: "the payload is not a well-formed document"
    case .unknownKey: "the document has an unknown key"
    case .missingKey: "the document lacks a key"
    case .moduleID: "the module id is not 1 to 128 letters, digits and hyphens"
    case .digest: "the digest is not SHA384"
    case .timestamp: "the timestamp is out of range"
    case .measurements: "the registers are not 3 to 32 values of 48 bytes with PCR0, PCR1 and PCR2"
    case .certificate: "the certificate is not 1 to 1024 bytes long"
    case .authorities: "the bundle is not 1 to 7 certificates of 1 to 1024 bytes"
    }
  }
}
