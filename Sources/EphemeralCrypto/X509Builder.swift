/// Makes P-384 certificates: the mock module's authorities and leaves, and those of tests.
public struct X509Builder: Sendable {
  /// The serial number, big-endian, 1 to 20 bytes, not zero.
  public var serial: [UInt8]
  /// Who signs.
  public var issuer: X509Name
  /// Whom it is about.
  public var subject: X509Name
  /// First valid second, since 1970.
  public var notBefore: Int64
  /// Last valid second, since 1970.
  public var notAfter: Int64
  /// The key it binds.
  public var publicKey: P384.PublicKey
  /// basicConstraints, always critical; left out when nil.
  public var basicConstraints: BasicConstraints?
  /// keyUsage; left out when nil.
  public var keyUsage: KeyUsage?
  /// Whether keyUsage is critical; AWS's leaves carry it as not critical.
  public var keyUsageIsCritical = true
  /// Whether subject and authority key identifiers are added (RFC 5280 §4.2.1.1, §4.2.1.2).
  public var addsKeyIdentifiers = true
  /// Further extensions, at the end.
  public var extensions: [X509Extension] = []

  /// A certificate to be; adjust the other properties before signing.
  public init(
    serial: [UInt8], issuer: X509Name, subject: X509Name, notBefore: Int64, notAfter: Int64,
    publicKey: P384.PublicKey, basicConstraints: BasicConstraints?, keyUsage: KeyUsage?
  ) {
    self.serial = serial
    self.issuer = issuer
    self.subject = subject
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.publicKey = publicKey
    self.basicConstraints = basicConstraints
    self.keyUsage = keyUsage
  }

  /// Why a certificate could not be made.
  public enum Failure: Error, Equatable, Sendable {
    /// A property is not one that a certificate can carry.
    case invalid(X509Error)
    /// Signing failed.
    case signing(CryptoError)
  }

  /// The certificate's DER, signed with ECDSA and SHA-384.
  ///
  /// Errors: `Failure.invalid` for a property that the parser would refuse, `Failure.signing`.
  public func signed(by key: borrowing P384.PrivateKey) throws(Failure) -> [UInt8] {
    let algorithm = DERWriter.sequence([DERWriter.objectIdentifier(.ecdsaWithSHA384)])
    let body: [UInt8]
    do throws(X509Error) {
      body = try signedPart(algorithm: algorithm, issuerKey: key.publicKey)
    } catch {
      throw .invalid(error)
    }
    let signature: [UInt8]
    do throws(CryptoError) {
      signature = try key.signDER(body.span)
    } catch {
      throw .signing(error)
    }
    return DERWriter.sequence([body, algorithm, DERWriter.bitString(signature)])
  }

  private func signedPart(
    algorithm: [UInt8], issuerKey: P384.PublicKey
  ) throws(X509Error) -> [UInt8] {
    let digits = serial.drop { $0 == 0 }
    guard (1...X509Certificate.maximumSerialByteCount).contains(digits.count) else {
      throw .invalidSerial
    }
    guard notBefore <= notAfter else { throw .invalidTime }
    if let length = basicConstraints?.pathLength, !(0...127).contains(length) {
      throw .invalidExtension
    }
    var parts = [
      DERWriter.element(.context(0), DERWriter.unsignedInteger([2].span)),
      DERWriter.unsignedInteger(serial.span),
      algorithm,
      issuer.der,
      DERWriter.sequence([try X509Time.write(notBefore), try X509Time.write(notAfter)]),
      subject.der,
      publicKey.subjectPublicKeyInfo,
    ]
    let all = allExtensions(issuerKey: issuerKey)
    guard Set(all.map(\.type)).count == all.count else { throw .duplicateExtension }
    if !all.isEmpty {
      let list = DERWriter.sequence(all.map(Self.encode))
      parts.append(DERWriter.element(.context(3), list))
    }
    return DERWriter.sequence(parts)
  }

  private func allExtensions(issuerKey: P384.PublicKey) -> [X509Extension] {
    var all: [X509Extension] = []
    if let basicConstraints {
      all.append(
        X509Extension(type: .basicConstraints, isCritical: true, value: basicConstraints.der))
    }
    if let keyUsage {
      all.append(
        X509Extension(
          type: .keyUsage, isCritical: keyUsageIsCritical,
          value: DERWriter.namedBits(keyUsage.rawValue)))
    }
    if addsKeyIdentifiers {
      all.append(
        X509Extension(
          type: .subjectKeyIdentifier, isCritical: false,
          value: DERWriter.element(.octetString, Self.identifier(of: publicKey))))
      all.append(
        X509Extension(
          type: .authorityKeyIdentifier, isCritical: false,
          value: DERWriter.sequence([
            DERWriter.element(.context(0, constructed: false), Self.identifier(of: issuerKey))
          ])))
    }
    return all + extensions
  }

  private static func encode(_ item: X509Extension) -> [UInt8] {
    DERWriter.sequence([
      DERWriter.objectIdentifier(item.type), item.isCritical ? DERWriter.booleanTrue : [],
      DERWriter.element(.octetString, item.value),
    ])
  }

  /// The leftmost 160 bits of SHA-256 over the key's bits (RFC 7093 §2).
  private static func identifier(of key: P384.PublicKey) -> [UInt8] {
    Array(SHA256.hash(key.point).prefix(20))
  }
}
