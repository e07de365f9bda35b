/// Why bytes are no certificate that this module accepts: a closed list.
public enum X509Error: Error, Equatable, Sendable, CaseIterable {
  /// More bytes than `X509Certificate.maximumByteCount`.
  case tooLarge
  /// Not DER: a wrong tag, a length that is not minimal or runs past its end, trailing bytes.
  case malformed
  /// Not version 3.
  case unsupportedVersion
  /// The serial number is not positive, not minimal or longer than 20 bytes (RFC 5280 §4.1.2.2).
  case invalidSerial
  /// The two signature algorithms of the certificate differ (RFC 5280 §4.1.1.2).
  case algorithmMismatch
  /// A name is empty, repeats its common name or holds text that is not of its type.
  case invalidName
  /// A time is not a moment in the forms of RFC 5280 §4.1.2.5, or the validity ends before it
  /// begins.
  case invalidTime
  /// A P-384 key that is not an uncompressed point of the curve.
  case invalidPublicKey
  /// An extension is empty, or one that this module reads is not as RFC 5280 §4.2.1 says.
  case invalidExtension
  /// An extension stands twice (RFC 5280 §4.2).
  case duplicateExtension
}

extension X509Error: CustomStringConvertible {
  /// One line of static text for logs and reports.
  public var description: String {
    switch self {
    case .tooLarge: "the certificate is too large"
    case .malformed: "the certificate is not DER"
    case .unsupportedVersion: "the certificate is not version 3"
    case .invalidSerial: "the certificate's serial number is invalid"
    case .algorithmMismatch: "the certificate names two signature algorithms"
    case .invalidName: "a name in the certificate is invalid"
    case .invalidTime: "a time in the certificate is invalid"
    case .invalidPublicKey: "the certificate's public key is invalid"
    case .invalidExtension: "an extension of the certificate is invalid"
    case .duplicateExtension: "an extension of the certificate stands twice"
    }
  }
}
