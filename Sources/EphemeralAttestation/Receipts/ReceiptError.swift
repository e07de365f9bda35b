/// Why a receipt or a wipe report is refused: AIR v1's own names where it has one.
public enum ReceiptError: String, Error, Equatable, Sendable {
  /// The bytes are not a COSE_Sign1 with tag 18 in deterministic encoding, or too long.
  case malformed = "BAD_ENVELOPE"
  /// The algorithm is not EdDSA.
  case algorithm = "BAD_ALG"
  /// The content type is not the one of this kind of statement.
  case contentType = "BAD_CONTENT_TYPE"
  /// The unprotected header is not empty.
  case unprotectedHeader = "UNPROTECTED_NOT_EMPTY"
  /// The signature does not verify.
  case signature = "SIG_FAILED"
  /// A claim is missing, unknown, out of order or of the wrong type or length.
  case claims = "BAD_CLAIMS"
  /// The profile is not AIR v1.
  case profile = "WRONG_PROFILE"
  /// A measurement is not 48 bytes long.
  case measurementLength = "BAD_MEASUREMENT_LENGTH"
  /// The kind of measurements is unknown or has a register that it cannot have.
  case measurementType = "UNKNOWN_MTYPE"
  /// The model hash is all zero.
  case zeroModelHash = "ZERO_MODEL_HASH"
  /// The scheme of the model hash is unknown.
  case modelHashScheme = "UNKNOWN_MODEL_HASH_SCHEME"
  /// The challenge is not 8 to 64 bytes long.
  case nonceLength = "BAD_NONCE_LENGTH"
  /// A challenge is expected and the receipt has none.
  case nonceMissing = "NONCE_MISSING"
  /// The challenge is not the expected one.
  case nonceMismatch = "NONCE_MISMATCH"
  /// The model is not the expected one.
  case modelHashMismatch = "MODEL_HASH_MISMATCH"
  /// The measurements are another platform's than expected.
  case platformMismatch = "PLATFORM_MISMATCH"
  /// Issued later than now.
  case timestampFuture = "TIMESTAMP_FUTURE"
  /// Issued longer ago than allowed.
  case timestampStale = "TIMESTAMP_STALE"

  /// AIR's layer: 1 envelope, 2 signature, 3 claims, 4 expectations.
  public var layer: Int {
    switch self {
    case .malformed, .algorithm, .contentType, .unprotectedHeader: 1
    case .signature: 2
    case .claims, .profile, .measurementLength, .measurementType, .zeroModelHash,
      .modelHashScheme, .nonceLength:
      3
    case .nonceMissing, .nonceMismatch, .modelHashMismatch, .platformMismatch, .timestampFuture,
      .timestampStale:
      4
    }
  }

  /// The same in words.
  public var words: String {
    switch self {
    case .malformed: "not a COSE_Sign1 with tag 18 in deterministic encoding, or too long"
    case .algorithm: "the algorithm is not EdDSA"
    case .contentType: "the content type is not the one of this kind of statement"
    case .unprotectedHeader: "the unprotected header is not empty"
    case .signature: "not signed by the key"
    case .claims: "a claim is missing, unknown, out of order or of the wrong type or length"
    case .profile: "the profile is not AIR v1"
    case .measurementLength: "a measurement is not 48 bytes long"
    case .measurementType: "the kind of measurements is unknown or has a register too many"
    case .zeroModelHash: "the model hash is all zero"
    case .modelHashScheme: "the scheme of the model hash is unknown"
    case .nonceLength: "the challenge is not 8 to 64 bytes long"
    case .nonceMissing: "the receipt names no challenge"
    case .nonceMismatch: "the challenge is another one"
    case .modelHashMismatch: "the model is another one"
    case .platformMismatch: "the platform is another one"
    case .timestampFuture: "issued in the future"
    case .timestampStale: "issued too long ago"
    }
  }
}
