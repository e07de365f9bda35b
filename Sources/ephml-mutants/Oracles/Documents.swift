import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import EphemeralMock

/// Attestation documents that are wrong in one thing each, with the check that must say so.
struct WrongDocument: Sendable {
  let name: String
  let check: AttestationCheck
  /// Changes a sound chain.
  let bend: @Sendable (inout CustomChain) throws -> Void
  /// The policy under which the document is judged, by the chain's own root.
  var policy: @Sendable ([UInt8]) throws -> MeasurementPolicy = {
    try CustomChain.policy(root: $0)
  }
  /// Seconds between the chain's time and the judgement.
  var lateSeconds: UInt64 = 0

  static let now = UInt64(CustomChain.now)

  /// The same expectation with one value another.
  private static func off(
    _ chain: inout CustomChain, nonce: Bool = false, userData: Bool = false, key: Bool = false
  ) {
    guard let right = chain.expectation else { return }
    func other(_ bytes: [UInt8], _ isOff: Bool) -> [UInt8] { isOff ? bytes.map { ~$0 } : bytes }
    chain.expectation = AttestationExpectation(
      nonce: other(right.nonce, nonce), userData: other(right.userData, userData),
      publicKey: other(right.publicKey, key))
  }

  static let all: [WrongDocument] = [
    WrongDocument(name: "signed by another key", check: .signature) { $0.isForged = true },
    WrongDocument(name: "a certificate signed by a stranger", check: .chain) {
      $0.wronglySigned = 2
    },
    WrongDocument(name: "a leaf signed by a stranger", check: .chain) { $0.wronglySigned = 4 },
    WrongDocument(name: "an authority that is none", check: .basicConstraints) {
      $0.bend = { index, builder in
        if index == 2 { builder.basicConstraints = .leaf }
      }
    },
    WrongDocument(name: "a path too long", check: .pathLength) {
      $0.bend = { index, builder in
        if index == 1 { builder.basicConstraints = .authority(pathLength: 0) }
      }
    },
    WrongDocument(name: "an authority that may not sign", check: .keyUsage) {
      $0.bend = { index, builder in
        if index == 2 { builder.keyUsage = .digitalSignature }
      }
    },
    WrongDocument(name: "a root that is not pinned", check: .untrustedRoot, bend: { _ in }) { _ in
      try CustomChain.policy(root: SHA256.hash([1]))
    },
    WrongDocument(name: "debug mode", check: .debugMode) { $0.isDebug = true },
    WrongDocument(name: "another image", check: .measurements, bend: { _ in }) {
      try CustomChain.policy(root: $0, pcr0: 9)
    },
    WrongDocument(name: "another instance", check: .pcr4) { $0.measuredInstance = "i-another" },
    WrongDocument(name: "another module's leaf", check: .commonNames) {
      $0.names[4] = "i-0123456789abcdef0-enc0000000000000000.test.aws"
    },
    WrongDocument(name: "another challenge", check: .nonce) { off(&$0, nonce: true) },
    WrongDocument(name: "another transcript", check: .userDataMismatch) {
      off(&$0, userData: true)
    },
    WrongDocument(name: "another key", check: .publicKey) { off(&$0, key: true) },
    WrongDocument(
      name: "expired certificates", check: .certificateValidity, bend: { _ in },
      lateSeconds: 4000),
    WrongDocument(
      name: "an expired policy", check: .policyExpiry, bend: { _ in },
      policy: { try CustomChain.policy(root: $0, expires: now - 1) }),
    WrongDocument(name: "half a mock", check: .mockEvidence) {
      $0.bend = { index, builder in
        if index == 3 { builder.extensions += MockMark.markings }
      }
    },
  ]

  /// The document for what a session expects, and the policy to judge it under.
  func make(
    _ expectation: AttestationExpectation
  ) throws -> (document: [UInt8], policy: MeasurementPolicy) {
    var chain = CustomChain()
    chain.expectation = expectation
    try bend(&chain)
    let (document, root) = try chain.make()
    return (document, try policy(root))
  }
}
