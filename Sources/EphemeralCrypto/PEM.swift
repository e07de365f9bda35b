import COpenSSL

/// Certificates as text (RFC 7468).
public enum PEM {
  /// Most bytes of a text with a certificate in it.
  public static let maximumByteCount = 64 << 10

  /// The DER of the text's first block, which must be a certificate; not judged.
  ///
  /// Errors: tooLarge, wrongLength where there is none.
  public static func certificate(_ text: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    guard text.count <= maximumByteCount else { throw .tooLarge }
    var der = [UInt8](repeating: 0, count: X509Certificate.maximumByteCount)
    let count = unsafe text.withBytes { (start, length) in
      unsafe ephml_pem_read_certificate(start, Int32(length), &der, der.count)
    }
    guard count > 0, count <= der.count else { throw failing(.wrongLength) }
    der.removeLast(der.count - count)
    return der
  }

  /// A certificate of at most `X509Certificate.maximumByteCount` bytes as text, 64 characters a line.
  public static func text(ofCertificate der: [UInt8]) -> [UInt8] {
    precondition(der.count <= X509Certificate.maximumByteCount, "a certificate has a bound")
    var text = [UInt8](repeating: 0, count: 2 * der.count + 128)
    let count = unsafe der.span.withBytes { (start, length) in
      unsafe ephml_pem_write_certificate(start, length, &text, text.count)
    }
    precondition(count > 0 && count <= text.count, "libcrypto cannot write text")
    text.removeLast(text.count - count)
    return text
  }
}

extension P384.PrivateKey {
  /// A key from its PEM text, SEC 1's or PKCS #8's form, not encrypted; the text stays the caller's.
  ///
  /// Errors: tooLarge, invalidPrivateKey for anything else, and what making a secret can fail with.
  public init(pem: Span<UInt8>) throws(CryptoError) {
    guard pem.count <= PEM.maximumByteCount else { throw .tooLarge }
    var scalar = try SecretBytes(count: P384.scalarByteCount)
    let isRead = unsafe pem.withBytes { (start, length) in
      unsafe scalar.withUnsafeMutableBytes { bytes in
        unsafe ephml_pem_read_p384_scalar(
          start, Int32(length), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
      }
    }
    guard isRead == 1 else { throw failing(.invalidPrivateKey) }
    try self.init(scalar: scalar)
  }
}
