import COpenSSL

/// HMAC-SHA256 fed piece by piece, so that a labelled input needs no joined copy of a secret.
///
/// libcrypto cleanses the keyed state when it is freed.
@safe struct HMACSHA256: ~Copyable {
  static let byteCount = 32

  private let context: OpaquePointer

  /// Looked up once, never freed: it lives as long as the process.
  private nonisolated(unsafe) static let algorithm: OpaquePointer? = unsafe EVP_MAC_fetch(
    nil, cString("HMAC"), nil)

  /// Keys the code; an empty key stands for one of zeros (RFC 2104 §2).
  init(key: Span<UInt8>) throws(CryptoError) {
    guard let context = unsafe EVP_MAC_CTX_new(Self.algorithm) else {
      throw failing(.memoryUnavailable)
    }
    let result = unsafe key.withBytes { (start, count) in
      unsafe ephml_hmac_init(context, cString("SHA256"), start, count)
    }
    guard result == 1 else {
      unsafe EVP_MAC_CTX_free(context)
      throw failing(.libraryFailure)
    }
    unsafe self.context = context
  }

  deinit {
    unsafe EVP_MAC_CTX_free(context)
  }

  mutating func update(_ bytes: Span<UInt8>) throws(CryptoError) {
    let result = unsafe bytes.withBytes { (start, count) in
      unsafe EVP_MAC_update(context, start, count)
    }
    guard result == 1 else { throw failing(.libraryFailure) }
  }

  mutating func update(_ text: StaticString) throws(CryptoError) {
    try update(
      unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// The code as a secret of 32 bytes.
  consuming func finish() throws(CryptoError) -> SecretBytes {
    var code = try SecretBytes(count: Self.byteCount)
    let result = unsafe code.withUnsafeMutableBytes { bytes in
      var written = 0
      return unsafe EVP_MAC_final(
        context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, bytes.count)
    }
    guard result == 1 else { throw failing(.libraryFailure) }
    return code
  }
}

/// A constant's bytes as a C string: they are static, so a pointer that libcrypto keeps stays good.
func cString(_ text: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
