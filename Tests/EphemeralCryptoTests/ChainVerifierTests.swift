import EphemeralCrypto
import TestSupport
import Testing

@Suite("Certificate chains")
struct ChainVerifierTests {
  static let mark = OID(arcs: [1, 3, 6, 1, 4, 1, 99_999, 1])

  static func findings(
    _ chain: [X509Certificate], at seconds: Int64 = TestChain.now, allowing: Set<OID> = []
  ) -> [ChainFinding] {
    ChainVerifier(allowingCritical: allowing).findings(chain, at: seconds)
  }

  /// The rules and positions broken, as text: one line to compare.
  static func broken(_ changes: TestChain.Changes, at seconds: Int64 = TestChain.now) throws
    -> [String]
  {
    findings(try TestChain(changes).all, at: seconds).map { "\($0.rule.rawValue) \($0.position)" }
  }

  @Test("A sound chain breaks no rule, with one intermediate and with none")
  func sound() throws {
    let chain = try TestChain()
    #expect(Self.findings(chain.all).isEmpty)
    #expect(
      Self.findings([chain.root, chain.intermediate]).map(\.rule) == [.authority, .keyUsage])
  }

  @Test("Chains that are too short or too long")
  func length() throws {
    let chain = try TestChain()
    let long = Array(repeating: chain.root, count: ChainVerifier.maximumLength) + [chain.leaf]
    for wrong in [[], [chain.leaf], long] {
      #expect(Self.findings(wrong) == [ChainFinding(rule: .length, position: 0)])
    }
  }

  @Test("Each broken rule is named, with its certificate and nothing else")
  func rules() throws {
    let stranger = try X509Name(commonName: "stranger")
    let mark = try #require(Self.mark)
    let unknown = X509Extension(type: mark, isCritical: true, value: [5, 0])
    var changes = TestChain.Changes()
    changes.leaf = { $0.issuer = stranger }
    #expect(try Self.broken(changes) == ["issuer 2"])
    changes.leaf = { $0.basicConstraints = .authority(pathLength: nil) }
    #expect(try Self.broken(changes) == ["authority 2"])
    changes.leaf = { $0.basicConstraints = nil }
    #expect(try Self.broken(changes) == [])
    changes.leaf = { $0.keyUsage = .nonRepudiation }
    #expect(try Self.broken(changes) == ["keyUsage 2"])
    changes.leaf = { $0.keyUsage = nil }
    #expect(try Self.broken(changes) == ["keyUsage 2"])
    changes.leaf = { $0.notAfter = TestChain.now - 1 }
    #expect(try Self.broken(changes) == ["validity 2"])
    changes.leaf = { $0.notAfter = TestChain.now }
    #expect(try Self.broken(changes) == [])
    changes.leaf = { $0.notBefore = TestChain.now + 1 }
    #expect(try Self.broken(changes) == ["validity 2"])
    changes.leaf = { $0.extensions = [unknown] }
    #expect(try Self.broken(changes) == ["criticalExtension 2"])
    let marked = try TestChain(changes).all
    #expect(Self.findings(marked, allowing: [mark]).isEmpty)
    changes = TestChain.Changes()
    changes.intermediate = { $0.basicConstraints = .leaf }
    #expect(try Self.broken(changes) == ["authority 1"])
    changes.intermediate = { $0.basicConstraints = nil }
    #expect(try Self.broken(changes) == ["authority 1"])
    changes.intermediate = { $0.keyUsage = .digitalSignature }
    #expect(try Self.broken(changes) == ["keyUsage 1"])
    changes = TestChain.Changes()
    changes.root = { $0.basicConstraints = .authority(pathLength: 0) }
    #expect(try Self.broken(changes) == ["pathLength 0"])
    changes.root = { $0.basicConstraints = .authority(pathLength: nil) }
    #expect(try Self.broken(changes) == [])
    changes.root = { $0.notAfter = TestChain.now - 1 }
    #expect(try Self.broken(changes) == ["validity 0"])
  }

  @Test("Signatures by another key are found, the anchor's own too")
  func signatures() throws {
    let chain = try TestChain()
    let other = try TestChain()
    #expect(
      Self.findings([chain.root, other.intermediate, other.leaf])
        == [ChainFinding(rule: .signature, position: 1)])
    #expect(
      Self.findings([chain.root, chain.intermediate, other.leaf])
        == [ChainFinding(rule: .signature, position: 2)])
    var der = chain.root.der
    der[der.count - 1] ^= 1
    let forged = try X509Certificate(der: der)
    #expect(
      Self.findings([forged, chain.intermediate, chain.leaf])
        == [ChainFinding(rule: .signature, position: 0)])
  }

  @Test("Keys of other kinds are found")
  func algorithms() throws {
    let chain = try TestChain()
    for foreign in [ForeignCertificates.ed25519, ForeignCertificates.p256] {
      let anchor = try X509Certificate(der: foreign)
      let findings = Self.findings([anchor, chain.leaf])
      #expect(findings.contains(ChainFinding(rule: .algorithm, position: 0)))
      #expect(findings.contains(ChainFinding(rule: .signature, position: 0)))
      #expect(findings.contains(ChainFinding(rule: .signature, position: 1)))
    }
  }

  /// The certificates inside an attestation document: DER that begins with two long sequences.
  static func certificates(in document: [UInt8]) -> [X509Certificate] {
    var found: [X509Certificate] = []
    var index = 0
    while index + 6 < document.count {
      let length = Int(document[index + 2]) << 8 | Int(document[index + 3])
      let end = index + 4 + length
      if document[index] == 0x30, document[index + 1] == 0x82, end <= document.count,
        let certificate = try? X509Certificate(der: Array(document[index..<end]))
      {
        found.append(certificate)
        index = end
      } else {
        index += 1
      }
    }
    return found
  }

  @Test(
    "Real chains are sound at their time and not after", .enabled(if: Vectors.shouldRun),
    arguments: [
      "nitro/dstack-production-indefinite-map.bin", "nitro/oyster-aws.bin",
      "nitro/evervault-debug-mode.bin",
    ])
  func nitro(name: String) throws {
    let found = Self.certificates(in: try Vectors.bytes(name))
    #expect(found.count == 5)
    let leaf = try #require(found.first)
    // The document holds the leaf, then the bundle from the root down.
    let chain = Array(found.dropFirst()) + [leaf]
    #expect(
      chain.first?.fingerprint
        == hex("641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"))
    #expect(Self.findings(chain, at: leaf.notBefore + 60).isEmpty)
    #expect(Self.findings(chain, at: leaf.notAfter + 1).contains { $0.rule == .validity })
  }
}
