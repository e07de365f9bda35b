import COpenSSL

/// Random bytes from libcrypto's private generator, which the kernel seeds.
public enum Entropy {
  /// Most bytes of one call.
  public static let maximumByteCount = 1 << 24

  /// Fills the span with random bytes; errors: tooLarge, entropyUnavailable.
  public static func fill(_ bytes: inout MutableSpan<UInt8>) throws(CryptoError) {
    try unsafe bytes.withMutableBytes { (start, count) throws(CryptoError) in
      guard count <= maximumByteCount else { throw .tooLarge }
      guard unsafe count == 0 || RAND_priv_bytes(start, Int32(count)) == 1 else {
        throw failing(.entropyUnavailable)
      }
    }
  }

  /// `count` random bytes for values that are not secret (nonces, identifiers); errors as `fill`,
  /// and wrongLength for a negative count.
  public static func bytes(count: Int) throws(CryptoError) -> [UInt8] {
    guard count >= 0 else { throw .wrongLength }
    guard count <= maximumByteCount else { throw .tooLarge }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try fill(&span)
    return bytes
  }

  /// Mixes bytes from another source (the Nitro Security Module's GetRandom) into the generator,
  /// counting them as no entropy: they can only help.
  public static func mix(_ bytes: Span<UInt8>) {
    unsafe bytes.withBytes { (start, count) in
      unsafe RAND_add(start, Int32(clamping: count), 0)
    }
  }
}
