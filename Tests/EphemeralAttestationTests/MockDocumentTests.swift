import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
import Testing

/// What is wrong with mock evidence as such in this build: nothing, or the mark that it carries.
#if Mock
  private let always: [AttestationCheck] = []
#else
  private let always: [AttestationCheck] = [.mockEvidence]
#endif

@Suite("Mock evidence")
struct MockDocumentTests {
  #if Mock
    @Test("Both map forms are accepted under the device's own policy", arguments: [true, false])
    func accepted(definite: Bool) throws {
      let mock = try MockEvidence { $0.mapForm = definite ? .definite : .indefinite }
      let document = try mock.document()
      let judgement = try mock.judge(document)
      #expect(judgement.report.failed == [])
      #expect(judgement.report.verdict == .accepted)
      #expect(judgement.report.findings.map(\.check) == AttestationCheck.allCases)
      #expect(judgement.report.findings.allSatisfy { $0.outcome == .passed })
      #expect(judgement.report.root == "mock root " + Hexadecimal.encode(mock.root.digest))
      let evidence = try #require(judgement.evidence)
      #expect(evidence.kemPublicKey == mock.expectation.publicKey)
      #expect(evidence.userData == mock.expectation.userData)
      #expect(evidence.nonce == mock.expectation.nonce)
      #expect(evidence.documentDigest == SHA384.hash(document))
      #expect(evidence.documentHash == SHA256.hash(document))
      #expect(evidence.moduleID == mock.device.moduleID)
      #expect(evidence.timestampMilliseconds == MockEvidence.now * 1000 + 678)
      #expect(evidence.securityMode == .evaluation)
      #expect(evidence.rootDigest == mock.root.digest)
      #expect(evidence.measurements[0] == (try mock.policy()).measurements[0].pcr0)
    }

    @Test("A receipt agrees with the evidence of its own session and with no other")
    func receiptAgreement() throws {
      let mock = try MockEvidence()
      let bytes = try mock.document()
      let evidence = try #require(try mock.judge(bytes).evidence)
      let document = try AttestationDocument(unverified: bytes)
      #expect(document.statedSecurityMode == .evaluation)
      let key = try Ed25519SigningKey.generate()
      let claims = AIRClaims(
        issuer: "ephml", issuedAt: MockEvidence.now, receiptID: [UInt8](repeating: 1, count: 16),
        nonce: mock.expectation.nonce, modelID: "m", modelVersion: "1",
        modelHash: [UInt8](repeating: 2, count: 32), requestHash: [UInt8](repeating: 3, count: 32),
        responseHash: [UInt8](repeating: 4, count: 32),
        attestationDocumentHash: SHA256.hash(bytes),
        measurements: try #require(AIRMeasurements(nitro: document.measurements)),
        policyVersion: "1", sequenceNumber: 0, executionMilliseconds: 1, memoryPeakMebibytes: 1,
        securityMode: document.statedSecurityMode.rawValue, modelHashScheme: .manifest)
      func agrees(_ change: (inout AIRClaims) -> Void) throws -> Bool {
        var changed = claims
        change(&changed)
        let receipt = try AIRReceipt.sign(changed) { try? key.sign($0.span) }
        return try AIRReceipt.verify(
          receipt, publicKey: key.publicKey, expecting: .init(nonce: nil)
        ).agrees(with: evidence)
      }
      #expect(try agrees { _ in })
      #expect(try !agrees { $0.nonce = [UInt8](repeating: 9, count: 32) })
      #expect(try !agrees { $0.nonce = nil })
      #expect(try !agrees { $0.attestationDocumentHash[0] ^= 1 })
      #expect(try !agrees { $0.measurements.pcr2[0] ^= 1 })
      #expect(try !agrees { $0.measurements.pcr4 = nil })
      #expect(try !agrees { $0.securityMode = "production" })
    }

    @Test("Without pins it is genuine, unpinned, and no proof")
    func unpinned() throws {
      let mock = try MockEvidence()
      let judgement = try mock.judge(policy: try mock.policy().withoutPins())
      #expect(judgement.report.verdict == .genuineUnpinned)
      #expect(judgement.evidence == nil)
      #expect(judgement.report.outcome(of: .measurements) == .skipped)
    }

    @Test("Without an expectation the verdict stands, but there is no proof")
    func unbound() throws {
      let mock = try MockEvidence()
      let judgement = AttestationVerifier.judge(
        document: try mock.document(), expectation: nil, policy: try mock.policy(), at: .document)
      #expect(judgement.report.verdict == .accepted)
      #expect(judgement.report.outcome(of: .nonce) == .skipped)
      #expect(judgement.evidence == nil)
    }
  #endif

  #if Production
    @Test("This build refuses mock evidence under a policy that names its root")
    func refusedInProduction() throws {
      let mock = try MockEvidence()
      let judgement = try mock.judge()
      #expect(judgement.report.failed == [.mockEvidence])
      #expect(judgement.report.verdict == .refused)
      #expect(judgement.evidence == nil)
    }
  #endif

  @Test("A policy without roots refuses the mock")
  func defaultRoots() throws {
    let mock = try MockEvidence()
    let pins = try MeasurementPolicy(measurements: try mock.policy().measurements)
    for policy in [pins, .unpinned] {
      let judgement = try mock.judge(policy: policy)
      #expect(judgement.report.failed == [.untrustedRoot, .mockEvidence])
      #expect(judgement.evidence == nil)
    }
  }

  @Test("A policy that names another mock root refuses the mock")
  func otherRoot() throws {
    let mock = try MockEvidence()
    let other = try MockEvidence()
    let judgement = try mock.judge(policy: try other.policy())
    #expect(judgement.report.failed == [.untrustedRoot, .mockEvidence])
  }

  @Test("A changed executable is refused")
  func changedImage() throws {
    let root = try MockRoot(generatedAt: MockEvidence.now)
    let mock = try MockEvidence(root: root, image: [1, 2, 3])
    let changed = try MockEvidence(root: root, image: [1, 2, 4])
    let judgement = try changed.judge(policy: try mock.policy())
    #expect(judgement.report.failed == always + [.measurements])
  }

  @Test("Debug mode is refused, even where another image is pinned")
  func debugMode() throws {
    let mock = try MockEvidence { $0.isDebug = true }
    let judgement = try mock.judge()
    #expect(judgement.report.failed == always + [.debugMode, .measurements])
    #expect(judgement.report.measurements[4] != [UInt8](repeating: 0, count: 48))
  }

  @Test("A leaf that has ended is refused now and at the document's own time")
  func expiredLeaf() throws {
    let mock = try MockEvidence { $0.hasExpiredLeaf = true }
    #expect(try mock.judge().report.failed == [.certificateValidity] + always)
    #expect(try mock.judge(at: .document).report.failed == [.certificateValidity] + always)
  }

  @Test("Three hours later the leaf has ended; the device makes a new one in time")
  func renewal() throws {
    let mock = try MockEvidence()
    let document = try mock.document()
    let later = MockEvidence.now + 3 * 3600
    #expect(try mock.judge(document, at: .time(later - 3)).report.failed == always)
    #expect(
      try mock.judge(document, at: .time(later - 2)).report.failed
        == [.certificateValidity] + always)
    #expect(try mock.judge(document, at: .document).report.failed == always)
  }

  @Test("An expectation that differs names the check that failed")
  func mismatches() throws {
    let mock = try MockEvidence()
    let good = mock.expectation
    let other = [UInt8](repeating: 0xff, count: 32)
    let cases: [(AttestationExpectation, AttestationCheck)] = [
      (.init(nonce: other, userData: good.userData, publicKey: good.publicKey), .nonce),
      (.init(nonce: good.nonce, userData: other, publicKey: good.publicKey), .userDataMismatch),
      (.init(nonce: good.nonce, userData: good.userData, publicKey: other), .publicKey),
    ]
    for (expectation, check) in cases {
      let judgement = try mock.judge(expectation: expectation)
      #expect(judgement.report.failed == always + [check])
      #expect(judgement.evidence == nil)
    }
  }

  @Test("A document that says nothing does not meet an empty expectation")
  func emptyExpectation() throws {
    let mock = try MockEvidence()
    let document = try NSMClient(mock.device).attest(userData: nil, nonce: nil, publicKey: [])
    let judgement = try mock.judge(
      document, expectation: .init(nonce: [], userData: [], publicKey: []))
    #expect(judgement.report.failed == always + [.nonce, .userDataMismatch, .publicKey])
  }

  @Test("Another enclave's document does not fit this session's evidence")
  func relayedDocument() throws {
    let root = try MockRoot(generatedAt: MockEvidence.now)
    let mine = try MockEvidence(root: root)
    let theirs = try MockEvidence(root: root)
    let document = try NSMClient(theirs.device).attest(
      userData: [UInt8](repeating: 0x44, count: 48), nonce: mine.expectation.nonce,
      publicKey: [UInt8](repeating: 0x55, count: 32))
    let judgement = try mine.judge(document)
    #expect(judgement.report.failed == always + [.userDataMismatch, .publicKey])
  }

  @Test("Parts of two documents do not make a third")
  func splices() throws {
    let root = try MockRoot(generatedAt: MockEvidence.now)
    let first = try COSESign1(
      decoding: try MockEvidence(root: root).document(), maximum: 12_288, signatureBytes: 96,
      tagRequired: false)
    let mock = try MockEvidence(root: root)
    let second = try COSESign1(
      decoding: try mock.document(), maximum: 12_288, signatureBytes: 96, tagRequired: false)
    let spliced = COSESign1(
      protectedHeader: second.protectedHeader, payload: second.payload,
      signature: first.signature)
    #expect(
      try mock.judge(spliced.encoded(tagged: false)).report.failed == [.signature] + always)
    #expect(try mock.judge(second.encoded(tagged: true)).report.failed == always)
  }

  @Test("Exactly 96 bytes of signature, of which a high s is legal")
  func highS() throws {
    let mock = try MockEvidence()
    let document = try COSESign1(
      decoding: try mock.document(), maximum: 12_288, signatureBytes: 96, tagRequired: false)
    let mirrored = COSESign1(
      protectedHeader: document.protectedHeader, payload: document.payload,
      signature: Array(document.signature[..<48])
        + DocumentTwins.negated(Array(document.signature[48...])))
    #expect(mirrored.signature != document.signature)
    #expect(try mock.judge(mirrored.encoded(tagged: false)).report.failed == always)
    for length in [0, 95, 97] {
      let wrong = COSESign1(
        protectedHeader: document.protectedHeader, payload: document.payload,
        signature: [UInt8](repeating: 1, count: length))
      #expect(try mock.judge(wrong.encoded(tagged: false)).report.failed == [.envelope])
    }
  }
}
