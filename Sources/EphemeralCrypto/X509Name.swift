/// A distinguished name: an ordered list of attributes (RFC 5280 §4.1.2.4).
public struct X509Name: Equatable, Sendable {
  /// One attribute with its text.
  public struct Attribute: Equatable, Sendable {
    /// The attribute's type, such as `OID.commonName`.
    public let type: OID
    /// Its text; nil when the certificate holds it in a type that this module does not read.
    public let text: String?
  }

  /// Most attributes of one name.
  public static let maximumAttributeCount = 32
  /// Most bytes of one attribute's text.
  public static let maximumTextByteCount = 512

  /// The whole DER element; two names are the same when these bytes are.
  public let der: [UInt8]

  /// The attributes in their order.
  public let attributes: [Attribute]

  /// The common name, of which a name has at most one.
  public var commonName: String? {
    attributes.first { $0.type == .commonName }?.text
  }

  /// A name from attributes; errors: invalidName for none, too many, too long, two common names.
  public init(_ attributes: [(type: OID, text: String)]) throws(X509Error) {
    guard !attributes.isEmpty, attributes.count <= Self.maximumAttributeCount,
      attributes.count(where: { $0.type == .commonName }) <= 1
    else { throw .invalidName }
    var parts: [[UInt8]] = []
    for (type, text) in attributes {
      let bytes = Array(text.utf8)
      guard (1...Self.maximumTextByteCount).contains(bytes.count) else { throw .invalidName }
      // A country is a PrintableString (RFC 5280 appendix A.1).
      let tag: DERTag = type == .country ? .printableString : .utf8String
      if tag == .printableString {
        guard bytes.allSatisfy(Self.isPrintable) else { throw .invalidName }
      }
      parts.append(
        DERWriter.element(
          .set,
          DERWriter.sequence([DERWriter.objectIdentifier(type), DERWriter.element(tag, bytes)])))
    }
    der = DERWriter.sequence(parts)
    self.attributes = attributes.map { Attribute(type: $0.type, text: $0.text) }
  }

  /// C, O, OU and CN in AWS's order, each left out when nil.
  public init(
    country: String? = nil, state: String? = nil, locality: String? = nil,
    organization: String? = nil, organizationalUnit: String? = nil, commonName: String
  ) throws(X509Error) {
    let all: [(OID, String?)] = [
      (.country, country), (.state, state), (.locality, locality),
      (.organization, organization), (.organizationalUnit, organizationalUnit),
      (.commonName, commonName),
    ]
    var present: [(type: OID, text: String)] = []
    for (type, text) in all {
      if let text { present.append((type, text)) }
    }
    try self.init(present)
  }

  /// Reads the next element as a name.
  init(_ reader: inout DERReader) throws(X509Error) {
    let start = reader.position
    var sets = DERReader(reader.bytes, try reader.next(.sequence))
    var attributes: [Attribute] = []
    while !sets.isAtEnd {
      var set = DERReader(reader.bytes, try sets.next(.set))
      guard !set.isAtEnd else { throw .malformed }
      while !set.isAtEnd {
        var pair = DERReader(reader.bytes, try set.next(.sequence))
        let type = try pair.objectIdentifier()
        let value = try pair.nextOfAnyTag()
        try pair.finish()
        guard attributes.count < Self.maximumAttributeCount else { throw .invalidName }
        attributes.append(
          Attribute(type: type, text: try Self.text(value.tag, reader.bytes[value.content])))
      }
    }
    guard !attributes.isEmpty, attributes.count(where: { $0.type == .commonName }) <= 1 else {
      throw .invalidName
    }
    der = Array(reader.bytes[start..<reader.position])
    self.attributes = attributes
  }

  private static func text(_ tag: DERTag, _ bytes: ArraySlice<UInt8>) throws(X509Error) -> String? {
    guard bytes.count <= maximumTextByteCount else { throw .invalidName }
    switch tag {
    case .utf8String: break
    case .printableString: guard bytes.allSatisfy(isPrintable) else { throw .invalidName }
    case .ia5String: guard bytes.allSatisfy({ $0 < 0x80 }) else { throw .invalidName }
    default: return nil
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidName }
    return text
  }

  /// X.680's PrintableString: letters, digits, space and '()+,-./:=?
  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x20, 0x27...0x29, 0x2b...0x2f, 0x3a, 0x3d, 0x3f:
      true
    default: false
    }
  }
}
