import EphemeralAttestation
import EphemeralCrypto
import EphemeralLockstep
import EphemeralModel
import EphemeralRuntime
import EphemeralSession
import EphemeralWire
import SimulationSupport

/// Lists of what a provider and its parsers must accept, and of what they must refuse.
enum RefusalOracle {
  static var crypto: LibcryptoCryptography { LibcryptoCryptography() }

  static let run: @Sendable () throws -> Void = {
    try keySchedule()
    try records()
    try pieces()
    try contents()
    try statements()
    try messages()
    try audit()
    try store()
    try documents()
  }

  // MARK: Keys

  /// Whatever goes into the transcript or the key schedule changes what comes out.
  private static func keySchedule() throws {
    let (hello, body, document): ([UInt8], [UInt8], [UInt8]) = ([1, 2], [3, 4], [5, 6])
    let first = crypto.transcriptEvidence(hello: hello, body: body)
    for (other, text) in [([1, 3], body), (hello, [3, 5])] {
      try expect(
        crypto.transcriptEvidence(hello: other, body: text) != first, "T0 does not bind all")
    }
    let offer = crypto.transcriptOffer(first, document: document)
    try expect(crypto.transcriptOffer(first, document: [5, 7]) != offer, "T1 binds no document")
    let pair = try crypto.makeKeyPair(seed: Samples.seed(1))
    let (exchange, exporter) = try crypto.offerKeys(
      to: pair.publicKey, seed: Samples.seed(2), transcript: offer)
    let keys = crypto.transcriptKeys(offer, exchange: exchange)
    for part in 0..<2 {
      var other = exchange
      if part == 0 { other.encapsulation[0] ^= 1 } else { other.ciphertext[0] ^= 1 }
      try expect(crypto.transcriptKeys(offer, exchange: other) != keys, "T2 does not bind all")
    }
    var seen: [[UInt8]] = []
    for transcript in [keys, first] {
      for direction in RecordDirection.allCases {
        let key = try crypto.exportRecordKey(
          exporter, direction: direction, transcript: transcript)
        guard let parts = key.recordKeyBytes else { throw Finding("no record key") }
        for value in [parts.key, parts.iv] {
          try expect(!seen.contains(value), "two record keys or IVs are the same")
          seen.append(value)
        }
      }
    }
    try exchanges(pair, offer)
    try labels(exporter, keys)
  }

  /// The enclave's half accepts T1 under info T1 and nothing else.
  private static func exchanges(
    _ pair: (key: SecretMaterial, publicKey: [UInt8]), _ offer: [UInt8]
  ) throws {
    let other = [UInt8](offer.reversed())
    for (info, finished, isRight) in [
      (offer, offer, true), (offer, other, false), (other, offer, false), ([], offer, false),
    ] {
      var context = try HPKE.setupSender(
        recipientPublicKey: pair.publicKey.span, info: info.span,
        ephemeralInputKey: SecretBytes(copying: [UInt8](repeating: 3, count: 32).span))
      let sealed = try context.seal(finished.span, authenticating: Span())
      let exchange = KeyExchangeFields(
        encapsulation: context.encapsulation, ciphertext: sealed)
      let accepted = try? crypto.acceptKeys(exchange, key: pair.key, transcript: offer)
      try expect("a key exchange is accepted", accepted != nil, isRight)
    }
    let zero = [UInt8](repeating: 0, count: 32)
    let offered = try? crypto.offerKeys(to: zero, seed: Samples.seed(1), transcript: offer)
    try expect(offered == nil, "a point of small order is a key")
  }

  /// Record keys are HPKE's exports under the labels of Spec/Protocol.md §5.3.
  private static func labels(_ exporter: SecretMaterial, _ keys: [UInt8]) throws {
    let pair = try crypto.makeKeyPair(seed: Samples.seed(1))
    let info = [UInt8](repeating: 9, count: 48)
    var context = try HPKE.setupSender(
      recipientPublicKey: pair.publicKey.span, info: info.span,
      ephemeralInputKey: SecretBytes(copying: [UInt8](repeating: 2, count: 32).span))
    _ = try context.seal(info.span, authenticating: Span())
    let offered = try crypto.offerKeys(
      to: pair.publicKey, seed: Samples.seed(2), transcript: info)
    for (way, direction) in [("c2e", RecordDirection.clientToEnclave), ("e2c", .enclaveToClient)] {
      let parts = try crypto.exportRecordKey(
        offered.exporter, direction: direction, transcript: keys
      ).recordKeyBytes
      for (name, count, found) in [("key", 32, parts?.key), ("iv", 12, parts?.iv)] {
        let label = Array("ephml/1 \(way) \(name) ".utf8) + keys
        let wanted = try context.export(context: label.span, count: count)
        let bytes = wanted.withSpan { span in span.indices.map { span[$0] } }
        try expect(found == bytes, "\(way) \(name) is another")
      }
    }
  }

  // MARK: Wire messages

  private static func messages() throws {
    let hello = crypto.encodeHello(nonce: Samples.nonce)
    var other = hello
    other[1] = 2
    try expect("another version", crypto.decodeHello(other), .unsupported)
    other = hello
    other[2] = 2
    try expect("another suite", crypto.decodeHello(other), .unsupported)
    try expect("bytes behind", crypto.decodeHello(hello + [0]), .malformed)
    try expect("cut short", crypto.decodeHello(hello.dropLast()), .malformed)
    try expect("right", crypto.decodeHello(hello), .hello(nonce: Samples.nonce))
    for code in AbortCode.allCases {
      try expect("an Abort", crypto.decodeAbort(crypto.encode(code)), code)
    }
    for bad in [[0x81, 0], [0x81, 0x18, 27], [0x80], [0x81, 0x18, 1], [0x81, 1, 0]] as [[UInt8]] {
      try expect("a bad Abort", crypto.decodeAbort(bad), nil)
    }
  }

  // MARK: Audit

  /// Three records are a chain with all their events; a changed one is not.
  private static func audit() throws {
    let lines = Lines()
    let log = AuditLog(role: .enclave) { lines.all.append($0) }
    for event in [LoggedEvent.started, .inferred, .wiped] {
      log.append(event, unixSeconds: World.seconds)
    }
    let summary = AuditVerifier.verify(lines.text)
    try expect("the chain's fault", summary.fault, nil)
    try expect("records of inferences", summary.counts[.inferred] ?? 0, 1)
    try expect("records", summary.recordCount, 3)
    lines.all.remove(at: 1)
    try expect(AuditVerifier.verify(lines.text).fault != nil, "a lost record goes unnoticed")
  }

  private final class Lines {
    var all: [[UInt8]] = []
    var text: [UInt8] { Array(all.map { $0 + [0x0a] }.joined()) }
  }

  /// The store takes bytes under their own hash alone.
  private static func store() throws {
    let folder = try TemporaryFolder()
    let store = try WeightStore(directory: folder.path)
    let model = try TinyModel(scale: 1, shift: 1, chunkBytes: 16 << 10)
    for (place, isRight) in [(nil, true), (0, false), (model.blob.count - 1, false)]
      as [(Int?, Bool)]
    {
      var blob = model.blob
      if let place { blob[place] ^= 1 }
      let name = isRight ? model.name : BlobID(SHA256.hash([UInt8(truncatingIfNeeded: blob.count)]))
      let upload = try store.beginUpload(
        of: name, byteCount: blob.count, nowSeconds: World.seconds)
      try upload?.append(blob, at: 0)
      var isStored = true
      do { try upload?.finish() } catch { isStored = false }
      try expect("a blob is stored under its hash", isStored, isRight)
    }
  }

  // MARK: Documents

  private static let expectation = AttestationExpectation(
    nonce: Samples.nonce, userData: [UInt8](repeating: 7, count: 48),
    publicKey: [UInt8](repeating: 8, count: 32))

  /// A sound document is accepted; each wrong one is refused, by its own check.
  private static func documents() throws {
    let sound = WrongDocument(name: "sound", check: .envelope) { _ in }
    for wrong in [sound] + WrongDocument.all {
      let (document, policy) = try wrong.make(expectation)
      let report = AttestationVerifier.judge(
        document: document, expectation: expectation, policy: policy,
        at: .time(WrongDocument.now + wrong.lateSeconds)
      ).report
      if wrong.name == "sound" {
        try expect("a sound document", report.verdict, .accepted)
      } else {
        try expect(wrong.name, report.verdict, .refused)
        try expect(report.failed.contains(wrong.check), "\(wrong.name): not by \(wrong.check)")
      }
    }
    // Nothing pinned never suffices.
    let (document, policy) = try sound.make(expectation)
    let unpinned = AttestationVerifier.judge(
      document: document, expectation: expectation, policy: policy.withoutPins(),
      at: .time(WrongDocument.now)
    ).report.verdict
    try expect("an unpinned document", unpinned, .genuineUnpinned)
    try mocks()
  }

  /// A mock is accepted by those only who name its root.
  private static func mocks() throws {
    guard let world = World.shared else { throw Finding("there is no mock device") }
    let document = try NSMClient(world.device).attest(
      userData: expectation.userData, nonce: expectation.nonce,
      publicKey: expectation.publicKey)
    let unnamed = try MeasurementPolicy(measurements: world.policy.measurements, roots: nil)
    for (policy, verdict) in [(world.policy, AttestationVerdict.accepted), (unnamed, .refused)] {
      let report = AttestationVerifier.judge(
        document: document, expectation: expectation, policy: policy, at: .time(World.seconds)
      ).report
      try expect("a mock document", report.verdict, verdict)
      if verdict == .refused {
        try expect(report.failed.contains(.mockEvidence), "an unnamed mock is taken")
      }
    }
  }
}
