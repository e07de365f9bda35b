public import EphemeralCrypto
import EphemeralWire

/// The topology key under a passphrase: scrypt, then AES-256-GCM (Spec/Formats.md §2.2).
extension TopologyKey {
  private static let sealedLabel = "ephml/1 sealed topology"
  private static let saltBytes = 32

  /// Whether a file is of the sealed form, judged by its first bytes.
  public static func isSealed(_ file: Span<UInt8>) -> Bool {
    var reader = CBORReader()
    do {
      try reader.array(in: file, exactly: 4)
      return try reader.text(in: file, maximum: sealedLabel.utf8.count) == sealedLabel
    } catch { return false }
  }

  /// The sealed form, under a fresh salt.
  ///
  /// - Throws: `badPassphrase` for an empty one, `resources`.
  public borrowing func sealed(
    passphrase: Span<UInt8>, cost: Scrypt.Cost = .standard
  ) throws(TopologyError) -> [UInt8] {
    if passphrase.isEmpty { throw .badPassphrase }
    let plain = try encoded()
    do {
      let salt = try Entropy.bytes(count: Self.saltBytes)
      let key = try Scrypt.derive(passphrase: passphrase, salt: salt.span, cost: cost, count: 32)
      let head = Self.head(salt: salt, cost: cost)
      var sealer = try AES256GCM.Sealer(key: key)
      // The key belongs to this salt alone, so its only nonce may be zero.
      let ciphertext = try plain.withSpan { (span) throws(CryptoError) in
        try sealer.seal(
          span, nonce: AES256GCM.Nonce(number: 0), authenticating: head.span)
      }
      var encoder = CBOREncoder()
      encoder.array(4)
      encoder.encodedItem(head)
      encoder.bytes(ciphertext)
      return encoder.finish()
    } catch { throw .resources }
  }

  /// Opens the sealed form.
  ///
  /// - Throws: `malformed`, `tooLarge` (file or scrypt cost), `badPassphrase` for a wrong passphrase
  ///   or a changed file, any rule of the plain form, `resources`.
  public init(opening file: Span<UInt8>, passphrase: Span<UInt8>) throws(TopologyError) {
    if file.count > ModelBounds.topologyKeyBytes + 256 { throw .tooLarge }
    let salt: [UInt8]
    var numbers: [UInt64] = []
    let ciphertext: Range<Int>
    do throws(CBORError) {
      var reader = CBORReader()
      try reader.array(in: file, exactly: 4)
      guard try reader.text(in: file, maximum: 64) == Self.sealedLabel else {
        throw .unexpectedType
      }
      salt = try reader.byteArray(in: file, exactly: Self.saltBytes)
      try reader.array(in: file, exactly: 3)
      for _ in 0..<3 { numbers.append(try reader.unsigned(in: file)) }
      ciphertext = try reader.byteRange(in: file, maximum: ModelBounds.topologyKeyBytes + 16)
      try reader.finish(in: file)
    } catch { throw .malformed }
    let cost: Scrypt.Cost
    do {
      cost = try Scrypt.Cost(cost: numbers[0], blockSize: numbers[1], lanes: numbers[2])
    } catch { throw error == .tooLarge ? .tooLarge : .malformed }
    let plain: SecretBytes
    do {
      let key = try Scrypt.derive(passphrase: passphrase, salt: salt.span, cost: cost, count: 32)
      var opener = try AES256GCM.Opener(key: key)
      plain = try opener.open(
        file.extracting(ciphertext), nonce: AES256GCM.Nonce(number: 0),
        authenticating: Self.head(salt: salt, cost: cost).span)
    } catch {
      switch error {
      case .authenticationFailed: throw .badPassphrase
      case .wrongLength: throw .malformed
      case .tooLarge: throw .tooLarge
      default: throw .resources
      }
    }
    self = try plain.withSpan { (span) throws(TopologyError) in
      try TopologyKey(decoding: span)
    }
  }

  /// The three items before the ciphertext; they are its associated data.
  private static func head(salt: [UInt8], cost: Scrypt.Cost) -> [UInt8] {
    var encoder = CBOREncoder()
    encoder.text(sealedLabel)
    encoder.bytes(salt)
    encoder.array(3)
    encoder.unsigned(cost.cost)
    encoder.unsigned(cost.blockSize)
    encoder.unsigned(cost.lanes)
    return encoder.finish()
  }
}
