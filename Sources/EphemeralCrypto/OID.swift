/// An object identifier in its DER content bytes.
public struct OID: Hashable, Sendable, CustomStringConvertible {
  /// Most content bytes.
  public static let maximumByteCount = 64

  /// The DER content, without tag and length.
  public let content: [UInt8]

  /// An identifier from DER content; nil unless each arc is minimal, complete and fits 128 bits,
  /// as the arcs of UUIDs below 2.25 do (X.667).
  public init?(content: [UInt8]) {
    guard !content.isEmpty, content.count <= Self.maximumByteCount,
      Self.arcs(content) != nil
    else { return nil }
    self.content = content
  }

  /// An identifier from its arcs: at least two, the first at most 2, the second below 40 unless
  /// the first is 2; nil for others.
  public init?(arcs: [UInt64]) {
    guard arcs.count >= 2, arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40,
      arcs[1] <= UInt64.max - 80
    else { return nil }
    var content: [UInt8] = []
    for arc in [arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2) {
      var digits = [UInt8(arc & 0x7f)]
      var rest = arc >> 7
      while rest > 0 {
        digits.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
      }
      content += digits.reversed()
    }
    self.init(content: content)
  }

  /// The dotted form.
  public var description: String {
    guard let numbers = Self.arcs(content), let first = numbers.first else { return "" }
    let root = min(first / 40, 2)
    return ([root, first - root * 40] + numbers.dropFirst())
      .map(String.init).joined(separator: ".")
  }

  /// The base-128 numbers, the first of which joins two arcs.
  private static func arcs(_ content: [UInt8]) -> [UInt128]? {
    var arcs: [UInt128] = []
    var value: UInt128 = 0
    var isInside = false
    for byte in content {
      if !isInside, byte == 0x80 { return nil }
      guard value >> 121 == 0 else { return nil }
      value = value << 7 | UInt128(byte & 0x7f)
      isInside = byte & 0x80 != 0
      if !isInside {
        arcs.append(value)
        value = 0
      }
    }
    return isInside ? nil : arcs
  }

  private init(known content: [UInt8]) { self.content = content }

  /// id-ecPublicKey, 1.2.840.10045.2.1.
  static let ecPublicKey = OID(known: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01])
  /// secp384r1, 1.3.132.0.34.
  static let secp384r1 = OID(known: [0x2b, 0x81, 0x04, 0x00, 0x22])
  /// ecdsa-with-SHA384, 1.2.840.10045.4.3.3.
  public static let ecdsaWithSHA384 = OID(known: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03])
  /// subjectKeyIdentifier, 2.5.29.14.
  static let subjectKeyIdentifier = OID(known: [0x55, 0x1d, 0x0e])
  /// keyUsage, 2.5.29.15.
  public static let keyUsage = OID(known: [0x55, 0x1d, 0x0f])
  /// basicConstraints, 2.5.29.19.
  public static let basicConstraints = OID(known: [0x55, 0x1d, 0x13])
  /// authorityKeyIdentifier, 2.5.29.35.
  static let authorityKeyIdentifier = OID(known: [0x55, 0x1d, 0x23])
  /// commonName, 2.5.4.3.
  public static let commonName = OID(known: [0x55, 0x04, 0x03])
  /// countryName, 2.5.4.6.
  public static let country = OID(known: [0x55, 0x04, 0x06])
  /// localityName, 2.5.4.7.
  public static let locality = OID(known: [0x55, 0x04, 0x07])
  /// stateOrProvinceName, 2.5.4.8.
  public static let state = OID(known: [0x55, 0x04, 0x08])
  /// organizationName, 2.5.4.10.
  public static let organization = OID(known: [0x55, 0x04, 0x0a])
  /// organizationalUnitName, 2.5.4.11.
  public static let organizationalUnit = OID(known: [0x55, 0x04, 0x0b])
}
