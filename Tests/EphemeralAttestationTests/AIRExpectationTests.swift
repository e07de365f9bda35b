import EphemeralAttestation
import EphemeralCrypto
import Testing

@Suite("What is expected of a receipt by itself")
struct AIRExpectationTests {
  private typealias Age = AIRReceipt.Expectation.Age

  private let fixture: BundleFixture
  private let receipt: [UInt8]
  private let claims: AIRClaims

  init() throws {
    fixture = try BundleFixture()
    claims = try fixture.claims()
    receipt = try fixture.receipt()
  }

  private func judge(_ expectation: AIRReceipt.Expectation) -> ReceiptReport {
    AIRReceipt.judge(receipt, publicKey: fixture.receiptKey, expecting: expectation)
  }

  @Test("All expectations met: every check passed, and none is skipped")
  func met() throws {
    let report = judge(
      .init(
        nonce: claims.nonce, modelHash: claims.modelHash, platform: .nitro,
        age: Age(now: claims.issuedAt + 10, maximumSeconds: 10)))
    #expect(report.error == nil)
    #expect(report.claims == claims)
    #expect(report.findings.map(\.check) == ReceiptCheck.allCases)
    #expect(report.findings.allSatisfy { $0.outcome == .passed })
    let bare = judge(.init(nonce: nil))
    #expect(bare.error == nil)
    #expect(bare.findings.filter { $0.outcome == .skipped }.count == 4)
  }

  @Test("Each that is not met fails by AIR's name alone")
  func unmet() throws {
    let other = [UInt8](repeating: 1, count: 32)
    let cases: [(AIRReceipt.Expectation, ReceiptCheck, ReceiptError)] = [
      (.init(nonce: other), .nonce, .nonceMismatch),
      (.init(nonce: nil, modelHash: other), .modelHash, .modelHashMismatch),
      (.init(nonce: nil, platform: .tdx), .platform, .platformMismatch),
      (
        .init(nonce: nil, age: Age(now: claims.issuedAt + 11, maximumSeconds: 10)), .age,
        .timestampStale
      ),
      (
        .init(nonce: nil, age: Age(now: claims.issuedAt - 61, maximumSeconds: 10)), .age,
        .timestampFuture
      ),
      (.init(nonce: nil, age: Age(now: 0, maximumSeconds: .max)), .age, .timestampFuture),
    ]
    for (expectation, check, error) in cases {
      let report = judge(expectation)
      #expect(report.error == error)
      #expect(report.findings.filter { $0.outcome == .failed }.map(\.check) == [check])
      #expect(error.layer == 4)
      #expect(throws: error) {
        try AIRReceipt.verify(receipt, publicKey: fixture.receiptKey, expecting: expectation)
      }
    }
    // Clocks may differ by a minute.
    #expect(
      judge(.init(nonce: nil, age: Age(now: claims.issuedAt - 60, maximumSeconds: 1))).error == nil)
    let silent = try fixture.receipt { $0.nonce = nil }
    #expect(throws: ReceiptError.nonceMissing) {
      try AIRReceipt.verify(
        silent, publicKey: fixture.receiptKey, expecting: .init(nonce: claims.nonce))
    }
  }

  @Test("A failed layer leaves the later ones out")
  func layers() throws {
    let garbage = AIRReceipt.judge([1], publicKey: fixture.receiptKey, expecting: .init(nonce: nil))
    #expect(garbage.findings.map(\.outcome).prefix(2) == [.failed, .skipped])
    #expect(garbage.error == .malformed)
    let stranger = AIRReceipt.judge(
      receipt, publicKey: [UInt8](repeating: 5, count: 32), expecting: .init(nonce: nil))
    #expect(stranger.error == .signature)
    #expect(stranger.findings.map(\.outcome).prefix(3) == [.passed, .failed, .skipped])
    #expect(stranger.claims == nil)
  }
}
