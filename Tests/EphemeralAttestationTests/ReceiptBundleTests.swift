import EphemeralAttestation
import EphemeralCrypto
import EphemeralWire
import Testing

@Suite("Receipt bundles")
struct ReceiptBundleTests {
  private let fixture: BundleFixture

  init() throws { fixture = try BundleFixture() }

  private static let allNames: [String] =
    ["bundle", "clientHello", "evidence"] + AttestationCheck.allCases.map(\.rawValue)
    + ReceiptBundleCheck.allCases.map(\.rawValue).filter {
      !["bundle", "clientHello", "evidence"].contains($0)
    }

  @Test("An honest bundle is accepted, every check by name and none skipped")
  func honest() throws {
    let report = try fixture.judge(fixture.bundle(wipe: fixture.wipe()))
    #expect(report.failed == [])
    #expect(report.verdict == .accepted)
    #expect(report.findings.map(\.check.name) == Self.allNames)
    #expect(Set(Self.allNames).count == Self.allNames.count)
    #expect(report.findings.allSatisfy { $0.outcome == .passed })
    #expect(report.securityMode == .evaluation)
    #expect(try report.claims == fixture.claims())
    #expect(report.wipe?.regions == 4)
    #expect(report.sessionID == fixture.sessionID)
  }

  @Test("What is not given is skipped, and nothing else")
  func skips() throws {
    let report = try fixture.judge(fixture.bundle(wipe: nil), expecting: .init())
    #expect(report.verdict == .accepted)
    let skipped = report.findings.filter { $0.outcome == .skipped }.map(\.check.name)
    #expect(skipped == ["modelHash", "requestHash", "responseHash", "echo", "wipeReport"])
  }

  @Test("Without pins it is genuine at best; under AWS's root alone a mock is refused")
  func unpinned() throws {
    let bundle = try fixture.bundle(wipe: nil)
    let roots = try fixture.mock.policy().withoutPins()
    #expect(ReceiptBundleVerifier.judge(bundle, policy: roots).verdict == .genuineUnpinned)
    let bare = ReceiptBundleVerifier.judge(bundle, policy: nil)
    #expect(bare.failed == ["untrustedRoot", "mockEvidence"])
  }

  @Test("Archived long ago it still verifies, where a live judgement of its document fails")
  func expired() throws {
    let late = MockEvidence.now + 20 * 365 * 86_400
    let live = try fixture.mock.judge(fixture.document, at: .time(late))
    #expect(live.report.failed.contains(.certificateValidity))
    #expect(try fixture.judge(fixture.bundle(wipe: nil)).verdict == .accepted)
    // The policy must have been in force when the enclave attested, not today.
    let pins = try fixture.mock.policy()
    for (expires, verdict) in [
      (MockEvidence.now, AttestationVerdict.accepted), (MockEvidence.now - 1, .refused),
    ] {
      let policy = try MeasurementPolicy(
        measurements: pins.measurements, roots: pins.roots, expires: expires)
      let report = ReceiptBundleVerifier.judge(try fixture.bundle(wipe: nil), policy: policy)
      #expect(report.verdict == verdict)
    }
  }

  @Test("Each false claim fails by its name alone")
  func claims() throws {
    typealias Change = (inout AIRClaims) -> Void
    let limit = MockEvidence.now + BundleFixture.sessionSeconds + 60
    let cases: [(String, Change)] = [
      ("receiptNonce", { $0.nonce = [UInt8](repeating: 1, count: 32) }),
      ("receiptNonce", { $0.nonce = nil }),
      ("documentHash", { $0.attestationDocumentHash[0] ^= 1 }),
      ("receiptMeasurements", { $0.measurements.pcr2[47] ^= 1 }),
      ("receiptMeasurements", { $0.measurements.pcr4 = nil }),
      ("receiptIdentifier", { $0.receiptID[0] ^= 1 }),
      ("issuedAt", { $0.issuedAt = limit + 1 }),
      ("issuedAt", { $0.issuedAt = .max }),
      ("issuedAt", { $0.issuedAt = MockEvidence.now - 61 }),
      ("securityMode", { $0.securityMode = "production" }),
      ("modelHash", { $0.modelHash[0] ^= 1 }),
      ("modelHash", { $0.modelHashScheme = .single }),
      ("requestHash", { $0.requestHash[0] ^= 1 }),
      ("responseHash", { $0.responseHash[0] ^= 1 }),
    ]
    for (name, change) in cases {
      let report = try fixture.judge(
        fixture.bundle(receipt: fixture.receipt(change), wipe: fixture.wipe()))
      #expect(report.failed == [name])
      #expect(report.verdict == .refused)
    }
    for issued in [limit, MockEvidence.now - 60] {
      let receipt = try fixture.receipt { $0.issuedAt = issued }
      #expect(try fixture.judge(fixture.bundle(receipt: receipt, wipe: nil)).verdict == .accepted)
    }
  }

  @Test("A receipt that another key signed, or of another form, fails by AIR's name")
  func receipts() throws {
    let bundle = try fixture.bundle(receipt: fixture.wipe(), wipe: nil)
    let other = try fixture.judge(bundle)
    #expect(other.failed == ["receiptEnvelope"])
    let finding = try #require(other.findings.first { $0.check.name == "receiptEnvelope" })
    #expect(finding.detail.hasPrefix("BAD_CONTENT_TYPE: "))
    #expect(other.outcome(of: "receiptSignature") == .skipped)
    #expect(other.outcome(of: "receiptNonce") == .skipped)
    var forged = try fixture.receipt()
    forged[forged.count - 1] ^= 1
    let report = try fixture.judge(fixture.bundle(receipt: forged, wipe: nil))
    #expect(report.failed == ["receiptSignature"])
    #expect(report.outcome(of: "receiptEnvelope") == .passed)
  }

  @Test("ClientHello and Evidence are bound to the document")
  func binding() throws {
    let otherHello = ClientHello(nonce: [UInt8](repeating: 4, count: 32)).encoded()
    let hello = try fixture.judge(fixture.bundle(hello: otherHello, wipe: nil))
    #expect(hello.failed == ["nonce", "userDataMismatch"])
    var limits = fixture.body
    limits[limits.count - 1] ^= 1
    let body = try fixture.judge(fixture.bundle(body: limits, wipe: nil))
    #expect(body.failed == ["userDataMismatch"])
    let noHello = try fixture.judge(fixture.bundle(hello: [0x80], wipe: nil))
    #expect(noHello.failed == ["clientHello"])
    #expect(noHello.outcome(of: "userDataMismatch") == .skipped)
    let noBody = try fixture.judge(fixture.bundle(body: [0x80], wipe: fixture.wipe()))
    #expect(noBody.failed == ["evidence"])
    #expect(noBody.outcome(of: "receiptSignature") == .skipped)
    // A second document for the same challenge, as good as the first: the receipt names one.
    let second = try NSMClient(fixture.mock.device).attest(
      userData: EvidenceTranscript.digest(clientHello: fixture.hello, body: fixture.body),
      nonce: fixture.mock.expectation.nonce, publicKey: fixture.mock.expectation.publicKey)
    let twin = try fixture.judge(fixture.bundle(document: second, wipe: nil))
    #expect(twin.failed == ["documentHash"])
  }

  @Test("The document's legal twins are not the document of a receipt")
  func twins() throws {
    for twin in DocumentTwins(of: fixture.document).all {
      let judged = AttestationVerifier.judge(
        document: twin, expectation: nil, policy: try fixture.mock.policy(), at: .document)
      #expect(judged.report.verdict == .accepted)
      #expect(
        try fixture.judge(fixture.bundle(document: twin, wipe: nil)).failed == ["documentHash"])
    }
  }

  @Test("Preimages must be a request and its response, of this receipt")
  func preimages() throws {
    let cases: [(request: [UInt8], response: [UInt8], failing: [String])] = [
      (try BundleFixture.message([3]), fixture.response, ["requestHash"]),
      (fixture.request, try BundleFixture.message([3]), ["responseHash"]),
      (
        fixture.request, try BundleFixture.message([2], random: 0x78), ["responseHash", "echo"]
      ),
      (
        try BundleFixture.message([1], sequence: 4), try BundleFixture.message([2], sequence: 4),
        ["requestHash", "responseHash", "echo"]
      ),
      ([], [], ["requestHash", "responseHash", "echo"]),
    ]
    for (request, response, failing) in cases {
      let report = try fixture.judge(
        fixture.bundle(wipe: nil),
        expecting: .init(
          request: ReceiptPreimage(of: request.span), response: ReceiptPreimage(of: response.span)))
      #expect(report.failed == failing)
    }
    // An enclave that signs over a response without the request's random bytes.
    let strange = try BundleFixture.message([2], random: 0x78)
    let receipt = try fixture.receipt { $0.responseHash = SHA256.hash(strange) }
    var expectation = fixture.expectation()
    expectation.response = ReceiptPreimage(of: strange.span)
    let report = try fixture.judge(
      fixture.bundle(receipt: receipt, wipe: nil), expecting: expectation)
    #expect(report.failed == ["echo"])
  }

  @Test("A wipe report is the session's own, and not older than the receipt")
  func wipes() throws {
    #expect(try fixture.judge(fixture.bundle(wipe: fixture.wipe(last: 9))).verdict == .accepted)
    var forged = try fixture.wipe()
    forged[forged.count - 1] ^= 1
    let reports = [
      try fixture.wipe(last: 2), try fixture.wipe(last: nil),
      try fixture.wipe(sessionID: [UInt8](repeating: 0, count: 16)), forged,
      try fixture.receipt(),
    ]
    for report in reports {
      let judged = try fixture.judge(fixture.bundle(wipe: report))
      #expect(judged.failed == ["wipeReport"])
      #expect(judged.wipe == nil)
    }
  }

  @Test("A bundle of any other form is refused, and every check has its line")
  func forms() throws {
    let bundle = try fixture.bundle(wipe: fixture.wipe())
    var version = bundle
    version[1] = 2
    var indefinite = bundle
    indefinite[0] = 0x9f
    let forms = [
      [], [0xf6], version, indefinite + [0xff], bundle + [0], [0xd2] + bundle,
      bundle + [UInt8](repeating: 0, count: ReceiptBundle.maximumBytes),
      try fixture.receipt(), fixture.document,
    ]
    for form in forms {
      let report = try fixture.judge(form)
      #expect(report.failed == ["bundle"])
      #expect(report.verdict == .refused)
      #expect(report.findings.map(\.check.name) == Self.allNames)
      #expect(report.findings.dropFirst().allSatisfy { $0.outcome == .skipped })
    }
  }
}
