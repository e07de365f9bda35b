import EphemeralAttestation
import EphemeralCrypto
import TestSupport
import Testing

/// Many changes of real documents, of the certificates in them, and of receipt bundles.
///
/// `EPHML_MUTATIONS=100000 swift test --filter MutationCampaignTests` makes as many of each.
@Suite("Mutation campaigns", .serialized)
struct MutationCampaignTests {
  /// A real document under the policy that suits it best, and what is wrong with it unchanged.
  struct RealDocument: Sendable {
    let name: String
    let bytes: [UInt8]
    let policy: MeasurementPolicy
    /// What fails unchanged: nothing, unless the document is itself a bad one.
    let failing: [AttestationCheck]

    func judge(_ changed: [UInt8]) -> AttestationReport {
      AttestationVerifier.judge(
        document: changed, expectation: nil, policy: policy, at: .document
      ).report
    }

    /// Refused for a reason that the unchanged document does not give.
    func refuses(_ changed: [UInt8]) -> Bool {
      let report = judge(changed)
      return report.verdict == .refused && report.failed.contains { !failing.contains($0) }
    }
  }

  /// The real documents, the accepted ones first.
  static func documents() throws -> [RealDocument] {
    let names = [
      "dstack-production-indefinite-map", "oyster-aws", "evervault-debug-mode",
      "oyster-wrong-root",
    ]
    let files = try names.map { try Vectors.bytes("nitro/\($0).bin") }
    func pin(_ bytes: [UInt8]) throws -> MeasurementPolicy.Pin {
      let registers = try AttestationDocument(unverified: bytes).measurements
      return try MeasurementPolicy.Pin(
        pcr0: try #require(registers[0]), pcr1: try #require(registers[1]),
        pcr2: try #require(registers[2]))
    }
    let pins = try [pin(files[0]), pin(files[1])]
    let foreign = try AttestationDocument(unverified: files[3]).authorities[0]
    let foreignPolicy = try MeasurementPolicy(measurements: pins, roots: [SHA256.hash(foreign)])
    return try [
      RealDocument(
        name: names[0], bytes: files[0], policy: MeasurementPolicy(measurements: [pins[0]]),
        failing: []),
      RealDocument(
        name: names[1], bytes: files[1], policy: MeasurementPolicy(measurements: [pins[1]]),
        failing: []),
      // In debug mode nothing can be pinned.
      RealDocument(name: names[2], bytes: files[2], policy: .unpinned, failing: [.debugMode]),
      RealDocument(
        name: names[3], bytes: files[3], policy: foreignPolicy,
        failing: [.debugMode, .measurements, .pcr4, .commonNames]),
    ]
  }

  private func check(_ campaign: MutationCampaign, few: Int) async {
    let before = MutationCampaign.peakKibibytes
    let result = await campaign.run(few: few)
    #expect(result.survivors == [])
    #expect(result.total == MutationCampaign.requested ?? few)
    if result.total >= campaign.subjects.count * MutationKind.allCases.count {
      #expect(Set(result.counts.keys) == Set(MutationKind.allCases))
    }
    // Other suites run in this process meanwhile, unless a number was asked for.
    if MutationCampaign.requested != nil {
      #expect(MutationCampaign.peakKibibytes - before < 64 << 10)
    }
  }

  @Test(
    "Real documents: the right verdict first, then no change of them passes",
    .enabled(if: Vectors.shouldRun))
  func realDocuments() async throws {
    let documents = try Self.documents()
    for document in documents {
      let report = document.judge(document.bytes)
      #expect(report.failed == document.failing, "\(document.name)")
      #expect((report.verdict == .accepted) == document.failing.isEmpty)
      for twin in DocumentTwins(of: document.bytes).all {
        #expect(document.judge(twin).verdict == report.verdict)
        #expect(document.judge(twin).failed == document.failing)
      }
    }
    let subjects = documents.map { document in
      MutationSubject(
        document.name, document.bytes, landmarks: Landmark.cbor(document.bytes),
        donors: documents.map(\.bytes).filter { $0 != document.bytes },
        twins: Set(DocumentTwins(of: document.bytes).forms)
      ) { document.refuses($0) }
    }
    await check(MutationCampaign("documents", subjects), few: 1000)
  }

  @Test(
    "Certificates of real documents: refused by the rules for certificates alone",
    .enabled(if: Vectors.shouldRun))
  func certificates() async throws {
    let documents = try Self.documents().prefix(2)
    var subjects: [MutationSubject] = []
    for document in documents {
      let host = try CertificateHost(document.bytes)
      for (position, certificate) in host.certificates.enumerated() {
        // Put back where it was, nothing is wrong with it.
        #expect(document.judge(host.document(with: certificate, at: position)).verdict == .accepted)
        let donors = try documents.map { try CertificateHost($0.bytes).certificates }
        subjects.append(
          MutationSubject(
            "\(document.name) certificate \(position)", certificate,
            landmarks: Landmark.der(certificate),
            donors: donors.joined().filter { $0 != certificate }
          ) { changed in
            let report = document.judge(host.document(with: changed, at: position))
            return report.verdict == .refused
              && report.failed.contains { CertificateHost.rules.contains($0) }
          })
      }
    }
    #expect(subjects.count == 10)
    await check(MutationCampaign("certificates", subjects), few: 1000)
  }

  @Test("Receipt bundles: no change passes")
  func bundles() async throws {
    let fixture = try BundleFixture()
    let policy = try fixture.mock.policy()
    let bundles = [
      try fixture.bundle(wipe: fixture.wipe()), try fixture.bundle(wipe: nil),
    ]
    let other = try BundleFixture()
    let subjects = try bundles.enumerated().map { index, bundle in
      #expect(ReceiptBundleVerifier.judge(bundle, policy: policy).verdict == .accepted)
      return MutationSubject(
        index == 0 ? "bundle" : "bundle without wipe report", bundle,
        landmarks: Landmark.cbor(bundle),
        donors: [bundles[1 - index], try other.bundle(wipe: other.wipe())],
        // Whoever leaves a wipe report out or puts it back says nothing false.
        twins: Set(bundles)
      ) { ReceiptBundleVerifier.judge($0, policy: policy).verdict == .refused }
    }
    await check(MutationCampaign("bundles", subjects), few: 400)
  }

  @Test("Equal seeds give equal changes; what is never refused is found")
  func driver() async throws {
    let bytes = (0..<200).map { UInt8($0) }
    let subject = MutationSubject("lenient", bytes, landmarks: [Landmark(0, .field)]) {
      $0.count != bytes.count
    }
    let campaign = MutationCampaign("bytes before a lenient judge", [subject])
    let one = await campaign.run(few: 300, workers: 1)
    let two = await campaign.run(few: 300, workers: 3)
    #expect(one.counts == two.counts && one.idle == two.idle)
    #expect(one.unrefused == two.unrefused)
    #expect(!one.survivors.isEmpty)
    let survivor = try #require(one.survivors.first)
    #expect(campaign.change(survivor.index).count == bytes.count)
  }
}

/// A real document that other certificates can be put into.
struct CertificateHost: Sendable {
  /// The rules that look at certificates and not at what the document signs.
  static let rules: Set<AttestationCheck> = [
    .document, .certificates, .untrustedRoot, .chain, .pathLength, .basicConstraints, .keyUsage,
    .curve, .criticalExtensions, .certificateValidity,
  ]

  let envelope: COSESign1
  /// From the root to the leaf.
  let certificates: [[UInt8]]

  init(_ document: [UInt8]) throws {
    envelope = try COSESign1(
      decoding: document, maximum: AttestationDocumentBounds.documentBytes, signatureBytes: 96,
      tagRequired: false)
    let parsed = try AttestationDocument(unverified: document)
    certificates = parsed.authorities + [parsed.certificate]
  }

  /// The document with another certificate in that place; its signature stays as it was.
  func document(with certificate: [UInt8], at position: Int) -> [UInt8] {
    let old = Self.string(certificates[position])
    var payload = envelope.payload
    if let at = payload.indices.first(where: { payload[$0...].starts(with: old) }) {
      payload.replaceSubrange(at..<at + old.count, with: Self.string(certificate))
    }
    return COSESign1(
      protectedHeader: envelope.protectedHeader, payload: payload, signature: envelope.signature
    ).encoded(tagged: false)
  }

  /// A CBOR byte string.
  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    let count = bytes.count
    let head: [UInt8] =
      count < 24
      ? [0x40 | UInt8(count)]
      : count < 256
        ? [0x58, UInt8(count)] : [0x59, UInt8(count >> 8 & 255), UInt8(count & 255)]
    return head + bytes
  }
}
