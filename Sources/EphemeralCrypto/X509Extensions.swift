/// One extension of a certificate.
public struct X509Extension: Equatable, Sendable {
  /// Its type.
  public let type: OID
  /// Whether a reader that does not know it must refuse the certificate.
  public let isCritical: Bool
  /// The DER inside its octet string.
  public let value: [UInt8]

  /// An extension to put into a certificate.
  public init(type: OID, isCritical: Bool, value: [UInt8]) {
    self.type = type
    self.isCritical = isCritical
    self.value = value
  }
}

/// Whether a certificate may issue others, and how long a path it may begin (RFC 5280 §4.2.1.9).
public struct BasicConstraints: Equatable, Sendable {
  /// Whether the subject is a certificate authority.
  public let isAuthority: Bool
  /// How many authorities may follow before the leaf; nil for any number.
  public let pathLength: Int?

  /// No authority.
  public static let leaf = BasicConstraints(isAuthority: false, pathLength: nil)

  /// An authority, with at most `pathLength` further ones below.
  public static func authority(pathLength: Int?) -> BasicConstraints {
    BasicConstraints(isAuthority: true, pathLength: pathLength)
  }

  private init(isAuthority: Bool, pathLength: Int?) {
    self.isAuthority = isAuthority
    self.pathLength = pathLength
  }

  /// Reads the extension's value; cA FALSE must be left out and a path length needs cA.
  init(der: [UInt8]) throws(X509Error) {
    do throws(X509Error) {
      var outer = DERReader(der)
      var body = DERReader(der, try outer.next(.sequence))
      try outer.finish()
      var isAuthority = false
      if body.nextIs(.boolean) {
        isAuthority = try body.boolean()
        guard isAuthority else { throw .invalidExtension }
      }
      var pathLength: Int?
      if body.nextIs(.integer) {
        let digits = try body.unsignedInteger()
        guard isAuthority, digits.count == 1 else { throw .invalidExtension }
        pathLength = Int(digits[0])
      }
      try body.finish()
      self.init(isAuthority: isAuthority, pathLength: pathLength)
    } catch {
      throw .invalidExtension
    }
  }

  /// The extension's value; a path length is at most 127.
  var der: [UInt8] {
    var parts: [[UInt8]] = []
    if isAuthority { parts.append(DERWriter.booleanTrue) }
    if let pathLength { parts.append(DERWriter.unsignedInteger([UInt8(pathLength)].span)) }
    return DERWriter.sequence(parts)
  }
}

/// What a certificate's key may be used for (RFC 5280 §4.2.1.3); bit n is the standard's bit n.
public struct KeyUsage: OptionSet, Sendable {
  /// The bits, bit 0 being digitalSignature.
  public let rawValue: UInt16

  /// A set from its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Signatures other than on certificates and revocation lists.
  public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
  /// nonRepudiation, also called contentCommitment.
  public static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
  /// Signatures on certificates.
  public static let certificateSign = KeyUsage(rawValue: 1 << 5)
  /// Signatures on revocation lists.
  public static let revocationListSign = KeyUsage(rawValue: 1 << 6)

  /// Reads the extension's value: a named bit list of 1 to 9 bits, the last one set.
  init(der: [UInt8]) throws(X509Error) {
    do throws(X509Error) {
      var reader = DERReader(der)
      let content = der[try reader.next(.bitString)]
      try reader.finish()
      guard let unused = content.first, unused < 8, (2...3).contains(content.count),
        let last = content.last, last.trailingZeroBitCount == Int(unused)
      else { throw .invalidExtension }
      var value: UInt16 = 0
      for (index, byte) in content.dropFirst().enumerated() {
        for bit in 0..<8 where byte << UInt8(bit) & 0x80 != 0 {
          value |= 1 << UInt16(index * 8 + bit)
        }
      }
      self.init(rawValue: value)
    } catch {
      throw .invalidExtension
    }
  }
}
