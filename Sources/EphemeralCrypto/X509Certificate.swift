/// The key that a certificate binds.
public enum SubjectPublicKey: Equatable, Sendable {
  /// A P-384 key, known to lie on the curve.
  case p384(P384.PublicKey)
  /// A key of another kind, named by its algorithm; never used here.
  case other(OID)
}

/// A parsed X.509 version 3 certificate (RFC 5280), not yet judged.
///
/// The parser is strict: DER only, no trailing bytes anywhere, no extension twice, one common name
/// at most. It proves nothing about who signed: see `isSigned(by:)` and `ChainVerifier`.
public struct X509Certificate: Equatable, Sendable {
  /// Most bytes of one certificate.
  public static let maximumByteCount = 16_384
  /// Most extensions of one certificate.
  public static let maximumExtensionCount = 32
  /// Most bytes of a serial number (RFC 5280 §4.1.2.2).
  public static let maximumSerialByteCount = 20

  /// The certificate as received.
  public let der: [UInt8]
  /// The serial number, big-endian without leading zeros.
  public let serial: [UInt8]
  /// Who signed it, by its own word.
  public let issuer: X509Name
  /// Whom it is about.
  public let subject: X509Name
  /// First valid second, since 1970.
  public let notBefore: Int64
  /// Last valid second, since 1970.
  public let notAfter: Int64
  /// The key it binds.
  public let publicKey: SubjectPublicKey
  /// All extensions in their order.
  public let extensions: [X509Extension]
  /// basicConstraints, if present.
  public let basicConstraints: BasicConstraints?
  /// keyUsage, if present.
  public let keyUsage: KeyUsage?
  /// How it is signed.
  public let signatureAlgorithm: OID
  /// The signature's bytes: DER for ECDSA.
  public let signature: [UInt8]
  /// Where the signed part lies in `der`.
  private let signedRange: Range<Int>

  /// The types of all critical extensions.
  public var criticalExtensionTypes: [OID] {
    extensions.filter(\.isCritical).map(\.type)
  }

  /// SHA-256 of the DER, 32 bytes: how roots are pinned.
  public var fingerprint: [UInt8] { SHA256.hash(der) }

  /// Parses exactly one certificate; errors: see `X509Error`.
  public init(der: [UInt8]) throws(X509Error) {
    guard der.count <= Self.maximumByteCount else { throw .tooLarge }
    var file = DERReader(der)
    var certificate = DERReader(der, try file.next(.sequence))
    try file.finish()
    let signedStart = certificate.position
    var body = DERReader(der, try certificate.next(.sequence))
    signedRange = signedStart..<certificate.position
    let algorithmStart = certificate.position
    signatureAlgorithm = try Self.algorithm(&certificate)
    let outerAlgorithm = der[algorithmStart..<certificate.position]
    signature = Array(der[try certificate.wholeBytesBitString()])
    try certificate.finish()

    var version = DERReader(der, try Self.versionRange(&body))
    guard try version.unsignedInteger() == [2] else { throw .unsupportedVersion }
    try version.finish()
    serial = try Self.serial(&body)
    let innerStart = body.position
    _ = try Self.algorithm(&body)
    guard der[innerStart..<body.position].elementsEqual(outerAlgorithm) else {
      throw .algorithmMismatch
    }
    issuer = try X509Name(&body)
    var validity = DERReader(der, try body.next(.sequence))
    notBefore = try X509Time.read(&validity)
    notAfter = try X509Time.read(&validity)
    try validity.finish()
    guard notBefore <= notAfter else { throw .invalidTime }
    subject = try X509Name(&body)
    publicKey = try Self.publicKey(&body)
    extensions = try Self.extensions(&body)
    try body.finish()
    let found = extensions
    basicConstraints =
      if let value = found.first(where: { $0.type == .basicConstraints })?.value {
        try BasicConstraints(der: value)
      } else { nil }
    keyUsage =
      if let value = found.first(where: { $0.type == .keyUsage })?.value {
        try KeyUsage(der: value)
      } else { nil }
    self.der = der
  }

  /// Whether this key signed the certificate with ECDSA and SHA-384; names play no part.
  public func isSigned(by key: P384.PublicKey) -> Bool {
    signatureAlgorithm == .ecdsaWithSHA384
      && key.isValid(derSignature: signature, for: der.span.extracting(signedRange))
  }

  /// Whether the moment, in seconds since 1970, lies in the validity, both ends included.
  public func isValid(at seconds: Int64) -> Bool {
    notBefore <= seconds && seconds <= notAfter
  }

  private static func versionRange(_ body: inout DERReader) throws(X509Error) -> Range<Int> {
    // Version 1 is written by leaving the field out.
    guard body.nextIs(.context(0)) else { throw .unsupportedVersion }
    return try body.next(.context(0))
  }

  private static func serial(_ body: inout DERReader) throws(X509Error) -> [UInt8] {
    guard let content = try? body.unsignedInteger() else { throw .invalidSerial }
    let digits = Array(content.drop { $0 == 0 })
    guard (1...maximumSerialByteCount).contains(digits.count) else { throw .invalidSerial }
    return digits
  }

  /// Reads an AlgorithmIdentifier; parameters of any kind are passed over, ECDSA's must be absent.
  private static func algorithm(_ reader: inout DERReader) throws(X509Error) -> OID {
    var body = DERReader(reader.bytes, try reader.next(.sequence))
    let type = try body.objectIdentifier()
    if !body.isAtEnd {
      guard type != .ecdsaWithSHA384 else { throw .malformed }
      _ = try body.nextOfAnyTag()
    }
    try body.finish()
    return type
  }

  private static func publicKey(_ reader: inout DERReader) throws(X509Error) -> SubjectPublicKey {
    let start = reader.position
    var body = DERReader(reader.bytes, try reader.next(.sequence))
    var algorithm = DERReader(reader.bytes, try body.next(.sequence))
    let type = try algorithm.objectIdentifier()
    var isP384 = false
    if type == .ecPublicKey, algorithm.nextIs(.objectIdentifier) {
      isP384 = try algorithm.objectIdentifier() == .secp384r1
    } else if !algorithm.isAtEnd {
      _ = try algorithm.nextOfAnyTag()
    }
    try algorithm.finish()
    _ = try body.wholeBytesBitString()
    try body.finish()
    guard isP384 else { return .other(type) }
    let info = Array(reader.bytes[start..<reader.position])
    guard let key = try? P384.PublicKey(subjectPublicKeyInfo: info) else {
      throw .invalidPublicKey
    }
    return .p384(key)
  }

  private static func extensions(_ body: inout DERReader) throws(X509Error) -> [X509Extension] {
    if body.isAtEnd { return [] }
    var wrapper = DERReader(body.bytes, try body.next(.context(3)))
    var list = DERReader(body.bytes, try wrapper.next(.sequence))
    try wrapper.finish()
    guard !list.isAtEnd else { throw .invalidExtension }
    var extensions: [X509Extension] = []
    while !list.isAtEnd {
      guard extensions.count < maximumExtensionCount else { throw .tooLarge }
      var item = DERReader(body.bytes, try list.next(.sequence))
      let type = try item.objectIdentifier()
      // DEFAULT FALSE must be left out in DER.
      if item.nextIs(.boolean) {
        guard try item.boolean() else { throw .invalidExtension }
        try add(type, isCritical: true, &item)
      } else {
        try add(type, isCritical: false, &item)
      }
    }
    return extensions

    func add(_ type: OID, isCritical: Bool, _ item: inout DERReader) throws(X509Error) {
      guard !extensions.contains(where: { $0.type == type }) else { throw .duplicateExtension }
      let value = Array(item.bytes[try item.next(.octetString)])
      try item.finish()
      extensions.append(X509Extension(type: type, isCritical: isCritical, value: value))
    }
  }
}
