import COpenSSL

/// ECDSA on P-384 with SHA-384 (FIPS 186-4; COSE's ES384), signatures as r ‖ s.
public enum P384 {
  /// Length of a private scalar, and of each coordinate, in bytes.
  public static let scalarByteCount = 48
  /// Length of an uncompressed point 04 ‖ x ‖ y in bytes.
  public static let pointByteCount = 97
  /// Length of a signature r ‖ s in bytes.
  public static let signatureByteCount = 96
  /// Most bytes of a DER signature.
  static let maximumDERSignatureByteCount = 104

  /// SubjectPublicKeyInfo of a P-384 key up to its point (RFC 5480 §2).
  static let publicKeyInfoHead: [UInt8] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
    0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
  ]

  /// A point of the curve, known to lie on it.
  public struct PublicKey: Equatable, Hashable, Sendable {
    /// 04 ‖ x ‖ y, 97 bytes.
    public let point: [UInt8]

    /// A key from its uncompressed point; errors: invalidPublicKey unless it is on the curve.
    public init(point: [UInt8]) throws(CryptoError) {
      guard point.count == P384.pointByteCount, point[0] == 4 else { throw .invalidPublicKey }
      _ = try Self.handle(point)
      self.point = point
    }

    /// A key from its DER SubjectPublicKeyInfo with the named curve and an uncompressed point.
    ///
    /// Errors: invalidPublicKey for any other encoding or curve.
    public init(subjectPublicKeyInfo: [UInt8]) throws(CryptoError) {
      guard subjectPublicKeyInfo.starts(with: P384.publicKeyInfoHead) else {
        throw .invalidPublicKey
      }
      try self.init(point: Array(subjectPublicKeyInfo.dropFirst(P384.publicKeyInfoHead.count)))
    }

    /// A point that this module computed itself.
    init(computed point: [UInt8]) { self.point = point }

    /// The DER SubjectPublicKeyInfo, 120 bytes.
    public var subjectPublicKeyInfo: [UInt8] { P384.publicKeyInfoHead + point }

    /// Whether the 96 bytes r ‖ s are a signature of the message; a high s is legal.
    public func isValid(signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
      guard signature.count == P384.signatureByteCount else { return false }
      let half = P384.scalarByteCount
      let encoded = DERWriter.sequence([
        DERWriter.unsignedInteger(signature.extracting(first: half)),
        DERWriter.unsignedInteger(signature.extracting(last: half)),
      ])
      return isValid(derSignature: encoded, for: message)
    }

    /// Whether a DER signature, as certificates carry it, is one of the message.
    func isValid(derSignature: [UInt8], for message: Span<UInt8>) -> Bool {
      guard derSignature.count <= P384.maximumDERSignatureByteCount,
        let key = try? Self.handle(point)
      else { return false }
      return key.verify(derSignature.span, of: message, digest: .sha384)
    }

    private static func handle(_ point: [UInt8]) throws(CryptoError) -> KeyHandle {
      let key = unsafe point.span.withBytes { (start, count) in
        unsafe ephml_p384_key(start, count, nil, 0)
      }
      return try unsafe KeyHandle(key, otherwise: .invalidPublicKey)
    }
  }

  /// A private scalar and its point.
  public struct PrivateKey: ~Copyable, Sendable {
    private let scalar: SecretBytes

    /// The point that belongs to the scalar.
    public let publicKey: PublicKey

    /// A key from its 48 bytes, big-endian; errors: invalidPrivateKey unless 1 ≤ d < n.
    public init(scalar: consuming SecretBytes) throws(CryptoError) {
      guard scalar.count == P384.scalarByteCount else { throw .invalidPrivateKey }
      publicKey = PublicKey(computed: try P384.point(of: scalar))
      self.scalar = scalar
    }

    /// A fresh random key (FIPS 186-4 B.4.2, by rejection).
    public static func generate() throws(CryptoError) -> PrivateKey {
      // A draw is refused with probability 2^-190: a second one means a broken generator.
      try PrivateKey(scalar: try SecretBytes(randomCount: P384.scalarByteCount))
    }

    /// Lends the scalar's 48 bytes, for storing them in another secret place.
    public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
      _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try scalar.withSpan(body)
    }

    /// The signature of a message as r ‖ s, 96 bytes.
    public borrowing func sign(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
      let encoded = try signDER(message)
      do throws(X509Error) {
        var outer = DERReader(encoded)
        var body = DERReader(encoded, try outer.next(.sequence))
        let r = try body.next(.integer)
        let s = try body.next(.integer)
        return try P384.fixed(encoded[r]) + P384.fixed(encoded[s])
      } catch {
        throw failing(.libraryFailure)
      }
    }

    /// The signature as DER, for certificates.
    borrowing func signDER(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
      // libcrypto takes the scalar in the machine's own byte order.
      var native = try SecretBytes(count: P384.scalarByteCount)
      scalar.withSpan { from in
        native.withMutableSpan { to in
          for index in from.indices {
            #if _endian(little)
              to[from.count - 1 - index] = from[index]
            #else
              to[index] = from[index]
            #endif
          }
        }
      }
      let made = unsafe publicKey.point.span.withBytes { (start, count) in
        unsafe native.withUnsafeMutableBytes { bytes in
          unsafe ephml_p384_key(
            start, count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
      }
      return try unsafe KeyHandle(made, otherwise: .invalidPrivateKey)
        .sign(message, digest: .sha384, maximum: P384.maximumDERSignatureByteCount)
    }
  }

  /// A DER integer's content as 48 bytes.
  private static func fixed(_ content: ArraySlice<UInt8>) throws(X509Error) -> [UInt8] {
    let digits = content.drop { $0 == 0 }
    guard digits.count <= scalarByteCount else { throw .malformed }
    return Array(repeating: 0, count: scalarByteCount - digits.count) + digits
  }

  /// The uncompressed point of a scalar; errors: invalidPrivateKey unless 1 ≤ d < n.
  private static func point(of scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
    guard let group = unsafe EC_GROUP_new_by_curve_name(NID_secp384r1) else {
      throw failing(.memoryUnavailable)
    }
    defer { unsafe EC_GROUP_free(group) }
    let number = unsafe scalar.withUnsafeBytes { bytes in
      unsafe BN_bin2bn(
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count), nil)
    }
    defer { unsafe BN_clear_free(number) }
    guard let number = unsafe number, let point = unsafe EC_POINT_new(group) else {
      throw failing(.memoryUnavailable)
    }
    defer { unsafe EC_POINT_clear_free(point) }
    unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
    guard unsafe BN_is_zero(number) == 0,
      unsafe BN_cmp(number, EC_GROUP_get0_order(group)) < 0
    else { throw failing(.invalidPrivateKey) }
    var encoded = [UInt8](repeating: 0, count: pointByteCount)
    guard unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
      unsafe EC_POINT_point2oct(
        group, point, POINT_CONVERSION_UNCOMPRESSED, &encoded, encoded.count, nil)
        == pointByteCount
    else { throw failing(.libraryFailure) }
    return encoded
  }
}
