/// HKDF-SHA256 (RFC 5869).
public enum HKDF {
  /// The length of a pseudorandom key in bytes.
  public static let pseudorandomKeyByteCount = 32
  /// Most bytes of one expansion: 255 blocks (RFC 5869 §2.3).
  public static let maximumByteCount = 255 * 32

  /// The pseudorandom key of an input key (RFC 5869 §2.2); an empty salt stands for 32 zeros.
  public static func extract(
    salt: Span<UInt8>, inputKey: Span<UInt8>
  ) throws(CryptoError) -> SecretBytes {
    var code = try HMACSHA256(key: salt)
    try code.update(inputKey)
    return try code.finish()
  }

  /// `count` bytes of output key (RFC 5869 §2.3); errors: wrongLength, tooLarge.
  public static func expand(
    _ pseudorandomKey: borrowing SecretBytes, info: Span<UInt8>, count: Int
  ) throws(CryptoError) -> SecretBytes {
    try expand(pseudorandomKey, count: count) { (code) throws(CryptoError) in
      try code.update(info)
    }
  }

  /// Extract, then expand.
  public static func derive(
    inputKey: Span<UInt8>, salt: Span<UInt8>, info: Span<UInt8>, count: Int
  ) throws(CryptoError) -> SecretBytes {
    try expand(try extract(salt: salt, inputKey: inputKey), info: info, count: count)
  }

  /// The expansion with the info fed by `feedInfo`, which is called once a block.
  static func expand(
    _ pseudorandomKey: borrowing SecretBytes, count: Int,
    feedInfo: (inout HMACSHA256) throws(CryptoError) -> Void
  ) throws(CryptoError) -> SecretBytes {
    guard count >= 0 else { throw .wrongLength }
    guard count <= maximumByteCount else { throw .tooLarge }
    var output = try SecretBytes(count: count)
    var block = try SecretBytes(count: 0)
    var done = 0
    var number: UInt8 = 1
    while done < count {
      var code = try pseudorandomKey.withSpan { (key) throws(CryptoError) -> HMACSHA256 in
        try HMACSHA256(key: key)
      }
      try block.withSpan { (span) throws(CryptoError) in try code.update(span) }
      try feedInfo(&code)
      try code.update([number].span)
      block = try code.finish()
      let taken = min(block.count, count - done)
      block.withSpan { from in
        output.withMutableSpan { copyBytes(from: from.extracting(first: taken), to: &$0, at: done) }
      }
      done += taken
      number &+= 1
    }
    return output
  }
}
