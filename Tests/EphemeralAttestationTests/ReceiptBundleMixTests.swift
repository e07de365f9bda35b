import EphemeralAttestation
import Testing

/// Parts of two honest sessions under one policy, put together to one bundle.
@Suite("Mixed receipt bundles")
struct ReceiptBundleMixTests {
  /// A part of a bundle.
  enum Part: CaseIterable {
    case receipt, document, hello, body, wipe
  }

  private let session: BundleFixture
  private let other: BundleFixture

  /// Two sessions of one enclave: root, measurements, model and numbers are the same.
  init() throws {
    session = try BundleFixture()
    other = try BundleFixture(enclave: session.mock, session: 1)
  }

  private func bundle(_ first: BundleFixture, with taken: Set<Part>, of second: BundleFixture)
    throws
    -> [UInt8]
  {
    func source(_ part: Part) -> BundleFixture { taken.contains(part) ? second : first }
    return try ReceiptBundle(
      receipt: source(.receipt).receipt(), document: source(.document).document,
      clientHello: source(.hello).hello, evidenceBody: source(.body).body,
      wipeReport: source(.wipe).wipe()
    ).encoded()
  }

  @Test("Of all mixtures of two sessions only the two sessions themselves are accepted")
  func sessions() throws {
    for chosen in 0..<(1 << Part.allCases.count) {
      let taken = Set(
        Part.allCases.enumerated().filter { chosen >> $0.offset & 1 == 1 }.map(\.element))
      let report = try session.judge(
        bundle(session, with: taken, of: other), expecting: .init())
      let isWhole = taken.isEmpty || taken.count == Part.allCases.count
      #expect((report.verdict == .accepted) == isWhole, "\(taken)")
    }
  }

  @Test("A part of the other session is refused by the rule that is there for it")
  func reasons() throws {
    let cases: [(Part, [String])] = [
      (.receipt, ["receiptSignature"]),
      (.document, ["nonce", "userDataMismatch", "receiptNonce", "documentHash"]),
      (.hello, ["nonce", "userDataMismatch"]),
      (.body, ["userDataMismatch", "receiptSignature", "wipeReport"]),
      (.wipe, ["wipeReport"]),
    ]
    for (part, failing) in cases {
      let report = try session.judge(
        bundle(session, with: [part], of: other), expecting: .init())
      #expect(report.failed == failing, "\(part)")
    }
  }

  @Test("Another image's session under the same root is refused by its measurements alone")
  func otherImage() throws {
    let stranger = try BundleFixture(
      enclave: MockEvidence(root: session.mock.root, image: [3, 2, 1]), session: 1)
    let bundle = try stranger.bundle(wipe: stranger.wipe())
    #expect(try stranger.judge(bundle).verdict == .accepted)
    #expect(try session.judge(bundle).failed == ["measurements"])
    // Nor does its receipt become the pinned enclave's by lying about the measurements.
    let claimed = try session.claims().measurements
    let forged = try stranger.receipt { $0.measurements = claimed }
    let report = try session.judge(stranger.bundle(receipt: forged, wipe: nil))
    #expect(report.failed == ["measurements", "receiptMeasurements"])
  }
}
