extension HPKE {
  /// The suite identifiers that every labelled derivation carries (RFC 9180 §4.1, §5.1).
  enum Suite {
    /// "KEM" ‖ 0x0020.
    case kem
    /// "HPKE" ‖ 0x0020 ‖ 0x0001 ‖ 0x0002.
    case hpke

    static let kemIdentifier: [UInt8] = Array("KEM".utf8) + [0, 0x20]
    static let hpkeIdentifier: [UInt8] = Array("HPKE".utf8) + [0, 0x20, 0, 1, 0, 2]

    var identifier: [UInt8] {
      switch self {
      case .kem: Self.kemIdentifier
      case .hpke: Self.hpkeIdentifier
      }
    }
  }

  /// LabeledExtract (RFC 9180 §4).
  static func labeledExtract(
    _ suite: Suite, salt: Span<UInt8>, label: StaticString, inputKey: Span<UInt8>
  ) throws(CryptoError) -> SecretBytes {
    guard inputKey.count <= maximumInputByteCount else { throw .tooLarge }
    var code = try HMACSHA256(key: salt)
    try code.update("HPKE-v1")
    try code.update(suite.identifier.span)
    try code.update(label)
    try code.update(inputKey)
    return try code.finish()
  }

  /// LabeledExpand (RFC 9180 §4).
  static func labeledExpand(
    _ suite: Suite, _ pseudorandomKey: borrowing SecretBytes, label: StaticString,
    info: Span<UInt8>, count: Int
  ) throws(CryptoError) -> SecretBytes {
    guard count >= 0 else { throw .wrongLength }
    guard info.count <= maximumInputByteCount, count <= maximumExportByteCount else {
      throw .tooLarge
    }
    let length: [UInt8] = [UInt8(count >> 8), UInt8(count & 0xff)]
    return try HKDF.expand(pseudorandomKey, count: count) { (code) throws(CryptoError) in
      try code.update(length.span)
      try code.update("HPKE-v1")
      try code.update(suite.identifier.span)
      try code.update(label)
      try code.update(info)
    }
  }

  /// The key, base nonce and exporter secret of one context (RFC 9180 §5.1).
  struct KeySchedule: ~Copyable, Sendable {
    let key: SecretBytes
    let baseNonce: SecretBytes
    let exporterSecret: SecretBytes

    /// KeySchedule for base mode: no pre-shared key.
    init(sharedSecret: borrowing SecretBytes, info: Span<UInt8>) throws(CryptoError) {
      let context = try Self.context(info: info)
      let secret = try Self.secret(sharedSecret: sharedSecret)
      let key = try labeledExpand(.hpke, secret, label: "key", info: context.span, count: 32)
      let baseNonce = try labeledExpand(
        .hpke, secret, label: "base_nonce", info: context.span, count: 12)
      let exporterSecret = try labeledExpand(
        .hpke, secret, label: "exp", info: context.span, count: 32)
      self.key = key
      self.baseNonce = baseNonce
      self.exporterSecret = exporterSecret
    }

    /// key_schedule_context = mode ‖ psk_id_hash ‖ info_hash; public values all.
    static func context(info: Span<UInt8>) throws(CryptoError) -> [UInt8] {
      let identifierHash = try labeledExtract(
        .hpke, salt: Span(), label: "psk_id_hash", inputKey: Span())
      let infoHash = try labeledExtract(
        .hpke, salt: Span(), label: "info_hash", inputKey: info)
      var context = [UInt8](repeating: 0, count: 65)
      var span = context.mutableSpan
      identifierHash.withSpan { copyBytes(from: $0, to: &span, at: 1) }
      infoHash.withSpan { copyBytes(from: $0, to: &span, at: 33) }
      return context
    }

    /// secret = LabeledExtract(shared_secret, "secret", psk = "").
    static func secret(
      sharedSecret: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
      try sharedSecret.withSpan { (salt) throws(CryptoError) -> SecretBytes in
        try labeledExtract(.hpke, salt: salt, label: "secret", inputKey: Span())
      }
    }

    /// The exporter interface (RFC 9180 §5.3).
    borrowing func export(
      context: Span<UInt8>, count: Int
    ) throws(CryptoError) -> SecretBytes {
      try labeledExpand(.hpke, exporterSecret, label: "sec", info: context, count: count)
    }

    /// base_nonce XOR the sequence number (RFC 9180 §5.2).
    borrowing func nonce(_ sequence: UInt64) throws(CryptoError) -> AES256GCM.Nonce {
      try baseNonce.withSpan { (base) throws(CryptoError) in
        try AES256GCM.Nonce(base: base, number: sequence)
      }
    }
  }
}
