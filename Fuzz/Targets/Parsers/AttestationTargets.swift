import EphemeralAttestation
import EphemeralCrypto
import PropertyTesting

/// Envelopes encode to the bytes they came from; statements verify only where the key signed them.
let coseTarget = FuzzTarget(
  "cose", "COSE_Sign1 envelopes, receipts and wipe reports", maximumBytes: 6144,
  dictionary: [[0xd2, 0x84], [0x43, 0xa1, 0x01, 0x26]],
  seeds: {
    let honest = try SessionRecording.honest()
    return [
      FuzzSeed("document", SessionFixture.shared.documents[0][0]),
      FuzzSeed("receipt", honest.receipt), FuzzSeed("wipe-report", honest.wipeReport),
    ]
  }
) { (bytes, notes) throws(Violation) in
  let isTagged = bytes.first == 0xd2
  for (signatureBytes, tagRequired) in [(96, false), (64, true), (64, false)] {
    let envelope = accepted {
      try COSESign1(
        decoding: bytes, maximum: 6144, signatureBytes: signatureBytes, tagRequired: tagRequired)
    }
    guard let envelope else { continue }
    try require(isTagged || !tagRequired, "a tag that is required is missing")
    try require(envelope.encoded(tagged: isTagged) == bytes, "an envelope has a second encoding")
    notes.use(envelope.payload.count)
  }
  guard let honest = accepted({ try SessionRecording.honest() }) else {
    throw Violation(message: "the honest session does not complete")
  }
  let receipt = accepted {
    try AIRReceipt.verify(
      bytes, publicKey: honest.receiptPublicKey, expecting: AIRReceipt.Expectation(nonce: nil))
  }
  try require(receipt == nil || bytes == honest.receipt, "a receipt that nobody signed verifies")
  let report = accepted { try WipeReport.verify(bytes, publicKey: honest.receiptPublicKey) }
  try require(
    report == nil || bytes == honest.wipeReport, "a wipe report that nobody signed verifies")
}

/// Only the genuine document is accepted, whatever else can be read.
let attestationDocumentTarget = FuzzTarget(
  "attestation-document", "documents, read and judged", maximumBytes: 6144,
  dictionary: ["module_id", "digest", "SHA384", "timestamp", "pcrs", "cabundle", "nonce"].map(
    ascii) + [[0xbf], [0xff], [0xf6], [0xa9]],
  seeds: {
    [
      FuzzSeed("genuine", SessionFixture.shared.documents[0][0]),
      FuzzSeed("other", SessionFixture.shared.documents[1][0]),
    ]
  }
) { (bytes, notes) throws(Violation) in
  let fixture = SessionFixture.shared
  let document = accepted { try AttestationDocument(unverified: bytes) }
  let genuine = fixture.documents[0][0]
  let judgement = AttestationVerifier.judge(
    document: bytes, expectation: fixture.expectation(client: 0, enclave: 0),
    policy: fixture.policy, at: .time(SessionFixture.unixSeconds))
  try require(
    (judgement.evidence != nil) == (judgement.report.verdict == .accepted),
    "proof and verdict disagree")
  try require(
    judgement.report.findings.map(\.check) == AttestationCheck.allCases,
    "not every check has its finding")
  if document == nil {
    try require(judgement.report.verdict == .refused, "an unreadable document is not refused")
  }
  if judgement.evidence != nil {
    // The signature has two forms; what it signs has one.
    try require(
      document == accepted { try AttestationDocument(unverified: genuine) },
      "a document that nobody signed is accepted")
  }
  notes.use(judgement.report.failed.count)
}

/// Certificates parse to the bytes they came from, and no chain is sound that the root did not make.
let certificateChainTarget = FuzzTarget(
  "certificate-chain", "certificates and chains of them", maximumBytes: 4096,
  dictionary: [[0x30, 0x82], [0x06, 0x03, 0x55, 0x1d, 0x13], [0x06, 0x03, 0x55, 0x1d, 0x0f]],
  seeds: {
    let chain = try SessionFixture.shared.chain()
    return [
      FuzzSeed("chain", joined(chain)), FuzzSeed("leaf", joined(Array(chain.suffix(1)))),
    ]
  }
) { (bytes, notes) throws(Violation) in
  var certificates: [X509Certificate] = []
  var rest = bytes[...]
  while rest.count >= 2, certificates.count < ChainVerifier.maximumLength + 1 {
    let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
    let der = Array(rest.dropFirst(2).prefix(length))
    rest = rest.dropFirst(2 + length)
    guard let certificate = accepted({ try X509Certificate(der: der) }) else { continue }
    try require(certificate.der == der, "a certificate is not its bytes")
    certificates.append(certificate)
  }
  let verifier = ChainVerifier(allowingCritical: Set([MockMark.type].compactMap { $0 }))
  let findings = verifier.findings(certificates, at: Int64(SessionFixture.unixSeconds))
  notes.use(findings.count)
  guard findings.isEmpty, let root = certificates.first, let leaf = certificates.last,
    let chain = accepted({ try SessionFixture.shared.chain() }),
    let genuine = accepted({ try chain.map { try X509Certificate(der: $0) } })
  else { return }
  if root.fingerprint == genuine.first?.fingerprint {
    try require(
      leaf.publicKey == genuine.last?.publicKey, "a chain is sound that the root did not make")
  }
}

private func joined(_ chain: [[UInt8]]) -> [UInt8] {
  chain.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
}

/// What the module and its callers say to each other reads as what it writes.
let nsmTarget = FuzzTarget(
  "nsm", "requests and answers of the security module", maximumBytes: 4096,
  dictionary: [
    "Attestation", "DescribeNSM", "GetRandom", "DescribePCR", "ExtendPCR", "LockPCR", "LockPCRs",
    "user_data", "nonce", "public_key", "index", "range", "Error", "document",
  ].map(ascii),
  seeds: {
    let requests: [NSMRequest] = [
      .describeNSM, .getRandom, .describePCR(index: 3),
      .attestation(userData: [1, 2], nonce: [3], publicKey: nil),
    ]
    let answers: [NSMResponse] = [
      .getRandom([1, 2, 3]), .lockPCR, .error(.invalidIndex),
      .describePCR(locked: true, value: [UInt8](repeating: 1, count: 48)),
    ]
    return requests.enumerated().map { FuzzSeed("request-\($0.offset)", $0.element.encoded()) }
      + answers.enumerated().map { FuzzSeed("answer-\($0.offset)", $0.element.encoded()) }
  }
) { (bytes, notes) throws(Violation) in
  if let request = accepted({ try NSMRequest(decoding: bytes) }) {
    let again = accepted { try NSMRequest(decoding: request.encoded()) }
    try require(again == request, "a request does not survive being written")
    notes.use(1)
  }
  if let answer = accepted({ try NSMResponse(decoding: bytes) }) {
    let again = accepted { try NSMResponse(decoding: answer.encoded()) }
    try require(again == answer, "an answer does not survive being written")
    notes.use(2)
  }
}
