import EphemeralAttestation
import EphemeralCrypto
import EphemeralModel
import EphemeralRuntime
import EphemeralSession

#if Mock
  import EphemeralMock
#endif

/// `ephml-bench handshake`: from connecting to confirmed keys, and what that must cost.
struct HandshakeBench: BenchCommand {
  static let specification = CommandSpecification(
    "handshake", summary: "Time a handshake beside the cryptography that it cannot do without.",
    discussion: """
      Client and enclave, the real drivers and machines, talk over loopback in this process on one \
      loop, the enclave with a mock attestation device: the time from connecting to confirmed keys. \
      In turn with each, every signature check and key operation that a handshake must do is timed \
      by itself: four certificates and the document on P-384, the document's signature (which a \
      real device makes), two HPKE key pairs and two set-ups with their exports, an Ed25519 key, \
      the transcript's hashes, the first record. The ratio says what the protocol adds.
      """,
    options: [BenchOptions.rounds(41, "Timed handshakes"), BenchOptions.json],
    examples: [CommandExample("ephml-bench handshake", "Prints both and the ratio.")])

  private static let limit = 1.3

  private let rounds: Int

  init(_ command: ParsedCommand) throws { rounds = try BenchOptions.roundCount(command, 41) }

  func run(_ report: Report) throws {
    #if Mock
      let stage = try HandshakeStage()
      let parts = try HandshakeParts(stage.document())
      var whole: [Double] = []
      var times = [[Double]](repeating: [], count: parts.steps.count)
      for round in -2..<rounds {
        let time = try stage.shake()
        let each = try parts.steps.map { step in try step.milliseconds() }
        guard round >= 0 else { continue }
        whole.append(time)
        for (index, time) in each.enumerated() { times[index].append(time) }
      }
      let medians = times.map(Statistics.median)
      let sum = medians.reduce(0, +)
      let time = Statistics.median(whole)
      var measurement = Measurement(
        bench: "handshake", name: "connect to confirmed keys",
        quantities: [
          .init("handshake_ms", "", time, "ms"),
          .init("handshake_min_ms", "at best", whole.min() ?? 0, "ms"),
          .init("must_ms", "must cost", sum, "ms"), .init("ratio", "ratio", time / sum),
        ])
      for (step, median) in zip(parts.steps, medians) {
        measurement.quantities.append(.init(step.key, step.words, median, "ms"))
      }
      measurement.targets = [.atMost(Self.limit, "handshake / what it must do", time / sum)]
      report.add(measurement)
    #else
      throw BenchFailure("handshake needs a build with the mock device")
    #endif
  }
}

#if Mock
  /// An enclave and a client on one loop.
  private final class HandshakeStage {
    private let loop: EventLoop
    private let server: EnclaveServer
    private let driver: ClientDriver
    private let device: MockSecurityModule
    private let policy: MeasurementPolicy
    private let decomposed: DecomposedModel
    private var hasKeys = false

    init() throws {
      device = try MockSecurityModule(
        root: MockRoot(generatedAt: MockClock.seconds()), image: .runningExecutable())
      policy = try device.policy()
      loop = try EventLoop(computeThreads: 1, blockingThreads: 2)
      server = EnclaveServer(
        reactor: loop, device: device, memory: MemoryBudget(totalBytes: 1 << 30),
        audit: AuditLog(role: .enclave) { _ in }, options: EnclaveServer.Options())
      let address = try server.start(at: Address("tcp://127.0.0.1:0"))
      driver = ClientDriver(reactor: loop, host: address)
      let source = try ModelSource(
        making: "perceptron", MadeModels.perceptron(width: 8, seed: 1))
      decomposed = try DecomposedModel(model: source.path)
      driver.progress = { [unowned self] step in
        if step == .phase("topologyDeliver") { hasKeys = true }
      }
    }

    /// Milliseconds from connecting to confirmed keys; the session is given up after that.
    func shake() throws -> Double {
      let key = try decomposed.key()
      hasKeys = false
      let clock = ContinuousClock()
      let began = clock.now
      let run = try driver.begin(key, policy: policy)
      loop.run { !hasKeys && run.outcome == nil }
      let ended = clock.now
      guard hasKeys else { throw run.error }
      run.cancel()
      loop.run { !server.isIdle }
      return Stopwatch.milliseconds(ended - began)
    }

    /// A document of the device, as a session gets it.
    func document() throws -> [UInt8] {
      try NSMClient(device).attest(
        userData: [UInt8](repeating: 1, count: 48), nonce: [UInt8](repeating: 2, count: 32),
        publicKey: [UInt8](repeating: 3, count: 32))
    }
  }

  /// The operations that a handshake must do, each on real data.
  private struct HandshakeParts {
    /// One kind of operation, as often as a handshake does it.
    struct Step {
      let key: String
      let words: String
      let run: () throws -> Void

      func milliseconds() throws -> Double { try Stopwatch.milliseconds(run) }
    }

    let steps: [Step]

    init(_ document: [UInt8]) throws {
      steps = try Self.signatures(document) + Self.keys() + Self.others(document)
    }

    /// The four certificates from the root down, the document, and the device's own signature.
    private static func signatures(_ document: [UInt8]) throws -> [Step] {
      let parsed = try AttestationDocument(unverified: document)
      let chain = try (parsed.authorities + [parsed.certificate]).map {
        try X509Certificate(der: $0)
      }
      let keys = try chain.map { certificate in
        guard case .p384(let key) = certificate.publicKey else {
          throw BenchFailure("a certificate without a P-384 key")
        }
        return key
      }
      let envelope = try COSESign1(
        decoding: document, maximum: document.count, signatureBytes: P384.signatureByteCount,
        tagRequired: false)
      let message = COSESign1.toBeSigned(
        protectedHeader: envelope.protectedHeader, payload: envelope.payload)
      let signer = try P384.PrivateKey.generate()
      return [
        Step(key: "certificates_ms", words: "four certificates") {
          for (index, certificate) in chain.enumerated()
          where !certificate.isSigned(by: keys[max(index - 1, 0)]) {
            throw BenchFailure("a certificate does not verify")
          }
        },
        Step(key: "document_ms", words: "the document's check") {
          guard
            keys[keys.count - 1].isValid(
              signature: envelope.signature.span, for: message.span)
          else { throw BenchFailure("the document does not verify") }
        },
        Step(key: "device_ms", words: "the device's signature") {
          _ = try signer.sign(message.span)
        },
      ]
    }

    /// Key pairs, HPKE's set-ups with the one sealed message, the exports of both sides.
    private static func keys() throws -> [Step] {
      let info = [UInt8](repeating: 5, count: SHA384.byteCount)
      let context = [UInt8](repeating: 6, count: 16 + SHA384.byteCount)
      func seed() throws -> SecretBytes { try SecretBytes(randomCount: 32) }
      return [
        Step(key: "hpke_ms", words: "HPKE of both sides") {
          let recipient = try HPKE.deriveKeyPair(inputKey: seed())
          var sender = try HPKE.setupSender(
            recipientPublicKey: recipient.publicKey.span, info: info.span,
            ephemeralInputKey: seed())
          let sealed = try sender.seal(info.span, authenticating: Span())
          var receiver = try HPKE.setupRecipient(
            encapsulation: sender.encapsulation.span, privateKey: recipient, info: info.span)
          _ = try receiver.open(sealed.span, authenticating: Span()).count
          for count in [32, 12, 32, 12] {
            _ = try sender.export(context: context.span, count: count).count
            _ = try receiver.export(context: context.span, count: count).count
          }
        },
        Step(key: "receipt_key_ms", words: "the receipt key") {
          _ = try Ed25519SigningKey(seed: seed()).publicKey
        },
      ]
    }

    /// The transcript of both sides, and the confirming record.
    private static func others(_ document: [UInt8]) throws -> [Step] {
      let small = [UInt8](repeating: 8, count: 256)
      let key = try SecretBytes(randomCount: AES256GCM.keyByteCount)
      return [
        Step(key: "hashes_ms", words: "the transcript's hashes") {
          for _ in 0..<2 {
            _ = SHA384.hash(document)
            for _ in 0..<3 { _ = SHA384.hash(small) }
          }
        },
        Step(key: "record_ms", words: "the first record") {
          var sealer = try AES256GCM.Sealer(key: key)
          var opener = try AES256GCM.Opener(key: key)
          let sealed = try sealer.seal(
            small.span.extracting(0..<80), nonce: .init(number: 0), authenticating: Span())
          _ = try opener.open(
            sealed.span, nonce: .init(number: 0), authenticating: Span()
          ).count
        },
      ]
    }
  }
#endif
