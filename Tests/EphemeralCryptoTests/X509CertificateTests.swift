import COpenSSL
import TestSupport
import Testing

@testable import EphemeralCrypto

@Suite("X.509 certificates")
struct X509CertificateTests {
  @Test("The parser reads what the builder wrote")
  func roundTrip() throws {
    let mark = try #require(OID(arcs: [1, 3, 6, 1, 4, 1, 99_999, 1]))
    var changes = TestChain.Changes()
    changes.leaf = {
      $0.extensions = [X509Extension(type: mark, isCritical: true, value: [5, 0])]
    }
    let chain = try TestChain(changes)
    #expect(chain.leaf.serial == [3])
    #expect(chain.intermediate.serial == [0x80, 2])
    #expect(chain.leaf.subject.commonName == "leaf.test")
    #expect(chain.leaf.issuer.commonName == "intermediate")
    #expect(chain.leaf.issuer == chain.intermediate.subject)
    #expect(
      chain.leaf.subject.attributes.map(\.text)
        == ["US", "Washington", "Seattle", "Test", "Unit", "leaf.test"])
    #expect(chain.leaf.notBefore == TestChain.start && chain.leaf.notAfter == TestChain.end)
    #expect(chain.leaf.basicConstraints == .leaf)
    #expect(chain.leaf.keyUsage == [.digitalSignature, .nonRepudiation])
    #expect(chain.intermediate.basicConstraints == .authority(pathLength: 0))
    #expect(chain.root.keyUsage == [.certificateSign, .revocationListSign])
    #expect(chain.leaf.criticalExtensionTypes == [.basicConstraints, mark])
    #expect(chain.leaf.extensions.last?.value == [5, 0])
    #expect(chain.leaf.signatureAlgorithm == .ecdsaWithSHA384)
    #expect(mark.description == "1.3.6.1.4.1.99999.1")
    #expect(chain.leaf.fingerprint == SHA256.hash(chain.leaf.der))
  }

  @Test("libcrypto reads the builder's certificates and agrees on the signatures")
  func interoperability() throws {
    let chain = try TestChain()
    let read = { (certificate: X509Certificate) throws -> OpaquePointer in
      let parsed = unsafe certificate.der.withUnsafeBufferPointer { buffer in
        var start = buffer.baseAddress
        return unsafe d2i_X509(nil, &start, buffer.count)
      }
      return unsafe try #require(parsed)
    }
    let root = unsafe try read(chain.root)
    let intermediate = unsafe try read(chain.intermediate)
    let leaf = unsafe try read(chain.leaf)
    defer {
      unsafe X509_free(root)
      unsafe X509_free(intermediate)
      unsafe X509_free(leaf)
    }
    for unsafe(child, parent) in unsafe [(root, root), (intermediate, root), (leaf, intermediate)] {
      let verdict = unsafe X509_verify(child, X509_get0_pubkey(parent))
      #expect(verdict == 1)
      let issued = unsafe X509_check_issued(parent, child)
      #expect(issued == X509_V_OK)
    }
    let authorities = unsafe [root, intermediate, leaf].map { unsafe X509_check_ca($0) }
    #expect(authorities == [1, 1, 0])
  }

  @Test("Certificates with other keys parse, and their keys have no use here")
  func foreign() throws {
    let ed25519 = try X509Certificate(der: ForeignCertificates.ed25519)
    let p256 = try X509Certificate(der: ForeignCertificates.p256)
    #expect(ed25519.publicKey == .other(try #require(OID(arcs: [1, 3, 101, 112]))))
    #expect(p256.publicKey == .other(.ecPublicKey))
    #expect(p256.subject.commonName == "test" && p256.basicConstraints?.isAuthority == true)
    let key = try P384.PrivateKey.generate().publicKey
    #expect(!ed25519.isSigned(by: key) && !p256.isSigned(by: key))
  }

  @Test("Every truncation and every trailing byte is refused")
  func truncation() throws {
    let der = try TestChain().leaf.der
    for count in der.indices {
      #expect(throws: X509Error.malformed) { try X509Certificate(der: Array(der.prefix(count))) }
    }
    #expect(throws: X509Error.malformed) { try X509Certificate(der: der + [0]) }
    let large = [UInt8](repeating: 0x30, count: X509Certificate.maximumByteCount + 1)
    #expect(throws: X509Error.tooLarge) { try X509Certificate(der: large) }
  }

  @Test("No flipped bit keeps a certificate signed")
  func flips() throws {
    let chain = try TestChain()
    guard case .p384(let key) = chain.intermediate.publicKey else {
      Issue.record("the intermediate has a P-384 key")
      return
    }
    #expect(chain.leaf.isSigned(by: key))
    for index in chain.leaf.der.indices {
      var der = chain.leaf.der
      der[index] ^= 1 << UInt8(index % 8)
      if let certificate = try? X509Certificate(der: der) {
        #expect(!certificate.isSigned(by: key), "byte \(index)")
      }
    }
  }

  @Test("Seeded damage of every kind never traps, and what still parses is kept as it came")
  func damage() throws {
    let sources = [try TestChain().leaf.der, ForeignCertificates.ed25519, ForeignCertificates.p256]
    var state: UInt64 = 0x6570_686d_6c31
    func draw(below bound: Int) -> Int {
      // An xorshift generator (Marsaglia): the same cases in every run.
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    var parsed = 0
    for number in 0..<6000 {
      var der = sources[number % sources.count]
      for _ in 0...draw(below: 3) {
        let index = draw(below: der.count)
        switch draw(below: 4) {
        case 0: der[index] = UInt8(draw(below: 256))
        case 1: der.remove(at: index)
        case 2: der.insert(UInt8(draw(below: 256)), at: index)
        default: der[index] = [0, 0x7f, 0x80, 0x81, 0x83, 0xff][draw(below: 6)]
        }
      }
      guard let certificate = try? X509Certificate(der: der) else { continue }
      #expect(certificate.der == der, "case \(number)")
      parsed += 1
    }
    // Damage to a key or signature still parses; damage to the frame does not.
    #expect(parsed > 100 && parsed < 5900)
  }

  /// A certificate's parts, so that a test can replace one.
  static func assemble(
    version: [UInt8] = [0xa0, 3, 2, 1, 2], serial: [UInt8] = [2, 1, 1],
    inner: [UInt8] = algorithm, outer: [UInt8] = algorithm, name: [UInt8]? = nil,
    validity: [UInt8]? = nil, key: [UInt8]? = nil, extensions: [UInt8] = [],
    afterBody: [UInt8] = []
  ) throws -> [UInt8] {
    let ownName = try X509Name(commonName: "a").der
    let info = try P384.PublicKey(point: P384Tests.point).subjectPublicKeyInfo
    let times = DERWriter.sequence([try X509Time.write(0), try X509Time.write(1)])
    let body = DERWriter.sequence([
      version, serial, inner, name ?? ownName, validity ?? times, name ?? ownName, key ?? info,
      extensions,
    ])
    return DERWriter.sequence([body, outer, DERWriter.bitString([0x30, 0]), afterBody])
  }

  static let algorithm = DERWriter.sequence([DERWriter.objectIdentifier(.ecdsaWithSHA384)])

  static func list(_ items: [X509Extension]) -> [UInt8] {
    DERWriter.element(
      .context(3),
      DERWriter.sequence(
        items.map { item in
          DERWriter.sequence([
            DERWriter.objectIdentifier(item.type), item.isCritical ? DERWriter.booleanTrue : [],
            DERWriter.element(.octetString, item.value),
          ])
        }))
  }

  @Test("Each way to be malformed has its error")
  func malformed() throws {
    #expect(throws: Never.self) { try X509Certificate(der: try Self.assemble()) }
    func expect(
      _ error: X509Error, _ der: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(throws: error, sourceLocation: sourceLocation) { try X509Certificate(der: der) }
    }
    expect(.unsupportedVersion, try Self.assemble(version: []))
    expect(.unsupportedVersion, try Self.assemble(version: [0xa0, 3, 2, 1, 1]))
    expect(.invalidSerial, try Self.assemble(serial: [2, 1, 0]))
    expect(.invalidSerial, try Self.assemble(serial: [2, 1, 0x80]))
    expect(.invalidSerial, try Self.assemble(serial: [2, 2, 0, 1]))
    expect(.invalidSerial, try Self.assemble(serial: [2, 21] + Array(repeating: 1, count: 21)))
    expect(
      .algorithmMismatch,
      try Self.assemble(inner: DERWriter.sequence([DERWriter.objectIdentifier(.ecPublicKey)])))
    expect(.malformed, try Self.assemble(afterBody: [5, 0]))
    expect(.invalidName, try Self.assemble(name: [0x30, 0]))
    var info = try P384.PublicKey(point: P384Tests.point).subjectPublicKeyInfo
    info[119] ^= 1
    expect(.invalidPublicKey, try Self.assemble(key: info))
    expect(.invalidExtension, try Self.assemble(extensions: [0xa3, 2, 0x30, 0]))
    let constraints = X509Extension(type: .basicConstraints, isCritical: true, value: [0x30, 0])
    expect(
      .duplicateExtension, try Self.assemble(extensions: Self.list([constraints, constraints])))
  }

  @Test(
    "basicConstraints and keyUsage are read strictly",
    arguments: [
      (OID.basicConstraints, "3003010100"), (.basicConstraints, "3003010101"),
      (.basicConstraints, "3003020100"), (.basicConstraints, "30060101ff0201ff"),
      (.basicConstraints, "30070101ff02020080"), (.basicConstraints, "30000500"),
      (.basicConstraints, ""), (.keyUsage, "030100"), (.keyUsage, "03020000"),
      (.keyUsage, "03020680"), (.keyUsage, "03020881"), (.keyUsage, "030400808080"),
      (.keyUsage, "03020780aa"),
    ])
  func strictExtensions(type: OID, value: String) throws {
    let bytes = hex(value)
    let item = X509Extension(type: type, isCritical: true, value: bytes)
    #expect(throws: X509Error.invalidExtension) {
      try X509Certificate(der: try Self.assemble(extensions: Self.list([item])))
    }
  }

  @Test("keyUsage's ninth bit lies in a second byte")
  func ninthBit() throws {
    #expect(try KeyUsage(der: [3, 3, 7, 0, 0x80]).rawValue == 1 << 8)
    #expect(DERWriter.namedBits(1 << 8) == [3, 3, 7, 0, 0x80])
    #expect(DERWriter.namedBits(0b11) == [3, 2, 6, 0xc0])
  }

  @Test("A name with two common names, or with bytes that are not its text, is refused")
  func names() throws {
    #expect(throws: X509Error.invalidName) {
      try X509Name([(.commonName, "a"), (.commonName, "b")])
    }
    #expect(throws: X509Error.invalidName) { try X509Name([]) }
    #expect(throws: X509Error.invalidName) { try X509Name(country: "ü", commonName: "a") }
    #expect(throws: X509Error.invalidName) {
      try X509Name(commonName: String(repeating: "a", count: 513))
    }
    for (tag, bytes) in [
      (DERTag.utf8String, [0xff]), (.printableString, [0x2a]), (.ia5String, [0x80]),
    ] as [(DERTag, [UInt8])] {
      let pair = DERWriter.sequence([
        DERWriter.objectIdentifier(.commonName), DERWriter.element(tag, bytes),
      ])
      let name = DERWriter.sequence([DERWriter.element(.set, pair)])
      #expect(throws: X509Error.invalidName) {
        try X509Certificate(der: try Self.assemble(name: name))
      }
    }
  }

  @Test(
    "Moments are written and read alike, in both forms",
    arguments: [
      (Int64(0), "170d3730303130313030303030305a"), (-1, "170d3639313233313233353935395a"),
      (951_782_400, "170d3030303232393030303030305a"),
      (2_524_607_999, "170d3439313233313233353935395a"),
      (2_524_608_000, "180f32303530303130313030303030305a"),
      (253_402_300_799, "180f39393939313233313233353935395a"),
      (-631_152_000, "170d3530303130313030303030305a"),
      (-631_152_001, "180f31393439313233313233353935395a"),
      (-62_135_596_800, "180f30303031303130313030303030305a"),
    ])
  func moments(seconds: Int64, encoding: String) throws {
    let bytes = hex(encoding)
    #expect(try X509Time.write(seconds) == bytes)
    var reader = DERReader(bytes)
    #expect(try X509Time.read(&reader) == seconds)
  }

  @Test(
    "Moments that do not exist, or in the wrong form, are refused",
    arguments: [
      "170d3730303030313030303030305a", "170d3730313330313030303030305a",
      "170d3031303232393030303030305a", "170d3730303130313234303030305a",
      "170d3730303130313030363030305a", "170d3730303130313030303036305a",
      "170d37303031303130303030303030", "170b373030313031303030305a",
      "180f31393730303130313030303030305a", "180f30303030303130313030303030305a",
      "170d3730303130313030303030615a", "130d3730303130313030303030305a",
    ])
  func badMoments(encoding: String) {
    var reader = DERReader(hex(encoding))
    #expect(throws: X509Error.invalidTime) { try X509Time.read(&reader) }
  }

  @Test("Moments outside the years 1 to 9999 are refused, not trapped on")
  func momentBounds() {
    for seconds in [Int64.min, -62_135_596_801, 253_402_300_800, Int64.max] {
      #expect(throws: X509Error.invalidTime) { try X509Time.write(seconds) }
    }
  }

  @Test("Lengths are minimal, definite and inside; tags have one byte")
  func lengths() throws {
    let full = [UInt8](repeating: 7, count: 128)
    let good: [[UInt8]] = [[4, 0], [4, 2, 7, 7], [4, 0x81, 0x80] + full]
    for bytes in good {
      var reader = DERReader(bytes)
      #expect(throws: Never.self) { try reader.next(.octetString) }
      #expect(reader.isAtEnd)
    }
    let bad: [[UInt8]] = [
      [], [4], [4, 1], [4, 0x81, 1, 7], [4, 0x82, 0, 0x80] + full, [4, 0x80, 0, 0], [4, 0xff],
      [4, 0x81], [4, 0x84, 0, 0, 0, 1, 7], [4, 0x83, 0xff, 0xff, 0xff], [0x1f, 1, 7],
    ]
    for bytes in bad {
      var reader = DERReader(bytes)
      #expect(throws: X509Error.malformed) { try reader.nextOfAnyTag() }
    }
  }

  @Test("Object identifiers: minimal, complete and bounded")
  func objectIdentifiers() throws {
    #expect(OID(content: []) == nil)
    #expect(OID(content: [0x80, 1]) == nil)
    #expect(OID(content: [0x2a, 0x86]) == nil)
    // 127 bits fit an arc; 134 do not.
    #expect(OID(content: Array(repeating: 0x81, count: 18) + [1]) != nil)
    #expect(OID(content: Array(repeating: 0x81, count: 19) + [1]) == nil)
    #expect(OID(content: Array(repeating: 1, count: 65)) == nil)
    #expect(OID(arcs: [3, 1]) == nil && OID(arcs: [1, 40]) == nil && OID(arcs: [1]) == nil)
    #expect(OID(arcs: [2, 999, 3])?.content == [0x88, 0x37, 3])
    #expect(OID(content: [0x88, 0x37, 3])?.description == "2.999.3")
    #expect(OID(arcs: [2, UInt64.max]) == nil)
  }

  @Test("The builder refuses what the parser would")
  func builderBounds() throws {
    let key = try P384.PrivateKey.generate()
    let name = try X509Name(commonName: "a")
    let good = X509Builder(
      serial: [1], issuer: name, subject: name, notBefore: 0, notAfter: 1,
      publicKey: key.publicKey, basicConstraints: .leaf, keyUsage: nil)
    func expect(_ error: X509Error, _ change: (inout X509Builder) -> Void) {
      var builder = good
      change(&builder)
      var found: X509Builder.Failure?
      do throws(X509Builder.Failure) {
        _ = try builder.signed(by: key)
      } catch { found = error }
      #expect(found == .invalid(error))
    }
    expect(.invalidSerial) { $0.serial = [0] }
    expect(.invalidSerial) { $0.serial = Array(repeating: 1, count: 21) }
    expect(.invalidTime) { $0.notBefore = 2 }
    expect(.invalidTime) { $0.notAfter = Int64.max }
    expect(.invalidExtension) { $0.basicConstraints = .authority(pathLength: 128) }
    expect(.duplicateExtension) {
      $0.extensions = [X509Extension(type: .basicConstraints, isCritical: false, value: [])]
    }
  }
}
