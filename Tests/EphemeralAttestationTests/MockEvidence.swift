import EphemeralAttestation
import EphemeralMock

/// A mock device at a fixed time, and what its documents are judged by.
struct MockEvidence {
  /// 2026-11-23 04:00:00 UTC, in seconds since 1970.
  static let now: UInt64 = 1_795_406_400

  let root: MockRoot
  let device: MockSecurityModule
  let expectation = AttestationExpectation(
    nonce: [UInt8](repeating: 0x11, count: 32), userData: [UInt8](repeating: 0x22, count: 48),
    publicKey: [UInt8](repeating: 0x33, count: 32))

  init(
    root: MockRoot? = nil, image: [UInt8] = [1, 2, 3],
    _ change: (inout MockOptions) -> Void = { _ in }
  ) throws {
    var options = MockOptions()
    options.clock = { Self.now * 1000 + 678 }
    change(&options)
    self.root = try root ?? MockRoot(generatedAt: Self.now)
    device = try MockSecurityModule(
      root: self.root, image: MockImage(bytes: image), options: options)
  }

  func policy() throws -> MeasurementPolicy { try device.policy() }

  func document() throws -> [UInt8] {
    try NSMClient(device).attest(
      userData: expectation.userData, nonce: expectation.nonce, publicKey: expectation.publicKey)
  }

  /// Judges `document` (by default a fresh one) under `policy` (by default the device's own).
  func judge(
    _ document: [UInt8]? = nil, policy: MeasurementPolicy? = nil,
    expectation: AttestationExpectation? = nil, at time: JudgementTime = .time(now)
  ) throws -> AttestationJudgement {
    AttestationVerifier.judge(
      document: try document ?? self.document(), expectation: expectation ?? self.expectation,
      policy: try policy ?? self.policy(), at: time)
  }
}
