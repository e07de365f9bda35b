import COpenSSL

/// An Ed25519 signing key (RFC 8032), made from a 32-byte secret seed, and its public key.
///
/// libcrypto works the public key out of the seed whenever it makes a key object, which takes as long
/// as signing, so the object is kept: on libcrypto's heap, cleansed when it is freed.
public struct Ed25519SigningKey: ~Copyable, Sendable {
  private let handle: KeyHandle

  /// The public key's 32 bytes.
  public let publicKey: [UInt8]

  /// A key from its 32-byte seed; errors: invalidPrivateKey.
  public init(seed: consuming SecretBytes) throws(CryptoError) {
    guard seed.count == Ed25519.seedByteCount else { throw .invalidPrivateKey }
    let made = try KeyHandle(kind: EVP_PKEY_ED25519, privateBytes: seed)
    publicKey = try made.rawPublicKey()
    handle = made
  }

  /// A fresh random key.
  public static func generate() throws(CryptoError) -> Ed25519SigningKey {
    try Ed25519SigningKey(seed: try SecretBytes(randomCount: Ed25519.seedByteCount))
  }

  /// The 64-byte signature of a message (RFC 8032 §5.1.6, deterministic).
  public borrowing func sign(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    try handle.sign(message, digest: nil, maximum: Ed25519.signatureByteCount)
  }
}

/// Strict Ed25519 verification.
///
/// libcrypto checks the equation without the cofactor, refuses S ≥ L and compares R with its
/// canonical encoding, but it decodes a public key with y ≥ p and accepts public keys and R of
/// small order, under which one signature fits many messages. Strict here means that a signature
/// is also refused when
/// - A or R is not canonical: y ≥ p, or x = 0 with the sign bit set,
/// - A or R has small order: one of the eight points whose order divides 8,
/// - S ≥ L, checked again here so as not to lean on one library's habits.
///
/// A point of mixed order (a torsion component on a point of order L) is not refused: without
/// the cofactor its signatures still bind one message.
public enum Ed25519 {
  /// The seed's length in bytes.
  public static let seedByteCount = 32
  /// The public key's length in bytes.
  public static let publicKeyByteCount = 32
  /// The signature's length in bytes.
  public static let signatureByteCount = 64

  /// Whether the signature is one of this message by this key, under the strict rules.
  public static func verifyStrict(
    signature: Span<UInt8>, message: Span<UInt8>, publicKey: Span<UInt8>
  ) -> Bool {
    guard signature.count == signatureByteCount, isAcceptablePoint(publicKey),
      isAcceptablePoint(signature.extracting(first: 32)),
      isBelow(signature.extracting(last: 32), groupOrder.span)
    else { return false }
    guard let key = try? KeyHandle(kind: EVP_PKEY_ED25519, publicBytes: publicKey) else {
      return false
    }
    return key.verify(signature, of: message, digest: nil)
  }

  /// Whether 32 bytes encode canonically a y that no point of small order has.
  ///
  /// That the y belongs to a point of the curve is libcrypto's to find out.
  static func isAcceptablePoint(_ encoding: Span<UInt8>) -> Bool {
    guard encoding.count == publicKeyByteCount else { return false }
    var y = [UInt8](repeating: 0, count: publicKeyByteCount)
    for index in encoding.indices { y[index] = encoding[index] }
    y[31] &= 0x7f
    // The points with x = 0 have y = ±1, so the small-order list also refuses their odd encodings.
    return isBelow(y.span, fieldPrime.span) && !smallOrderY.contains(y)
  }

  /// Whether the left number is below the right one; both little-endian, of equal length, public.
  private static func isBelow(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    for index in left.indices.reversed() where left[index] != right[index] {
      return left[index] < right[index]
    }
    return false
  }

  /// p = 2^255 − 19.
  private static let fieldPrime: [UInt8] = [0xed] + Array(repeating: 0xff, count: 30) + [0x7f]

  /// L = 2^252 + 27742317777372353535851937790883648493.
  private static let groupOrder: [UInt8] =
    [
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
      0x14,
    ] + Array(repeating: 0, count: 15) + [0x10]

  /// The y of the eight points of small order: 1, −1, 0 (order 4), and ± one value (order 8).
  static let smallOrderY: [[UInt8]] = [
    [1] + Array(repeating: 0, count: 31),
    [0xec] + Array(repeating: 0xff, count: 30) + [0x7f],
    Array(repeating: 0, count: 32),
    [
      0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
      0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
      0xfc, 0x05,
    ],
    [
      0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
      0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
      0x03, 0x7a,
    ],
  ]
}
