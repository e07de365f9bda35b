import EphemeralAttestation
import EphemeralWire
import PropertyTesting

/// A bundle has one encoding, and only the honest session's parts make one that is accepted.
let bundleTarget = FuzzTarget(
  "bundle", "receipt bundles, read and judged", maximumBytes: 8192,
  dictionary: [[0x86, 0x01], [0xd2, 0x84], [0xf6], [0x59], [0x58, 0x25, 0x83, 0x01, 0x01]],
  seeds: {
    let honest = try recorded.get()
    return [
      FuzzSeed("whole", honest.encoded()),
      FuzzSeed("no-wipe-report", try withoutWipeReport(honest).encoded()),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let honest = accepted({ try recorded.get() }) else {
    throw Violation(message: "the honest session makes no bundle")
  }
  let bundle = accepted { try ReceiptBundle(decoding: bytes) }
  if let bundle {
    try require(bundle.encoded() == bytes, "a bundle has a second encoding")
  }
  let report = ReceiptBundleVerifier.judge(
    bytes, policy: SessionFixture.shared.policy,
    expecting: ReceiptBundleVerifier.Expectation(modelHash: SessionFixture.modelHash(client: 0)))
  try require(
    report.findings.count == AttestationCheck.allCases.count + ReceiptBundleCheck.allCases.count,
    "not every check has its finding")
  notes.use(report.failed.count)
  guard let bundle else {
    return try require(report.failed == ["bundle"], "an unreadable bundle is not refused for it")
  }
  guard report.verdict != .refused else { return }
  // Whoever leaves the wipe report out says nothing false.
  try require(
    bundle == honest || bundle == accepted { try withoutWipeReport(honest) },
    "a bundle is accepted that no session made")
}

private let recorded = Result { try honestBundle() }

/// The bundle of the honest session's first receipt.
private func honestBundle() throws -> ReceiptBundle {
  let honest = try SessionRecording.honest()
  guard let hello = honest.toEnclave.first, hello.type == .clientHello,
    let frame = honest.toClient.first, frame.type == .evidence
  else { throw Violation(message: "the honest session does not begin as one") }
  let evidence = try Evidence(decoding: frame.payload)
  return try ReceiptBundle(
    receipt: honest.receipt, document: evidence.document, clientHello: hello.payload,
    evidenceBody: evidence.body, wipeReport: honest.wipeReport)
}

private func withoutWipeReport(_ bundle: ReceiptBundle) throws -> ReceiptBundle {
  try ReceiptBundle(
    receipt: bundle.receipt, document: bundle.document, clientHello: bundle.clientHello,
    evidenceBody: bundle.evidenceBody, wipeReport: nil)
}
