package import EphemeralAttestation
import EphemeralCrypto
package import EphemeralMock
package import EphemeralSession
package import EphemeralWire

/// Client, host and enclave fed to one another in memory, with the real provider and the mock
/// security module; the engine and the store are a few lines each.
///
/// Frames pass as bytes through the real decoder. A hook may change what passes between client and
/// host; everything else is honest.
package final class Trio {
  package typealias Crypto = LibcryptoCryptography

  /// Where a frame is on its way.
  package enum Leg: Equatable { case toHost, toClient }

  package static let device: MockSecurityModule? = {
    guard let root = try? MockRoot(generatedAt: MockClock.seconds()) else { return nil }
    return try? MockSecurityModule(root: root, image: MockImage(bytes: Array("image".utf8)))
  }()

  package var client: ClientSession<Crypto>
  package var host: HostSession<Crypto>
  package var enclave: EnclaveSession<Crypto>
  package var time: SessionTime

  package let topology: [UInt8]
  package let chunks: UInt64
  package let lifetime: TopologyAdmission<[UInt8]>.Lifetime
  package let answerBytes: Int
  /// What the client asks before it closes.
  package var requests: [[UInt8]]

  /// Everything about the world that is not honest, or not usual.
  package struct Options {
    /// The enclave's stated limits.
    package var limits = EnclaveLimits.standard
    /// Inferences that the topology allows.
    package var inferences: UInt64 = 10
    /// Seconds that the topology allows.
    package var seconds: UInt64 = 3600
    /// How far the enclave's clock is ahead of the client's.
    package var skewSeconds: UInt64 = 0
    /// The model hash that the enclave's driver reports.
    package var assembledHash = Samples.modelHash
    /// The random bytes that the engine echoes.
    package var echo: UInt8 = 0x77
    /// The model's padding.
    package var padding = MessagePadding.powerOfTwo
    /// The device.
    package var device: (any AttestationDevice)?
    /// Changes what the host's driver reads from its store.
    package var reads: (UInt64) -> ChunkFields<[UInt8]> = { Samples.chunk($0) }

    /// An honest world.
    package init() {}
  }

  package let options: Options
  /// The secrets that were handed to the machines.
  package private(set) var handed: [SecretMaterial] = []
  /// What reached the enclave from the host, by type.
  package private(set) var reached: [FrameType] = []
  /// What the enclave told its host, by message.
  package private(set) var spoken: [SessionMessage] = []
  /// Places of the enclave's wipe and its report in the order of its actions.
  package private(set) var enclaveEffects: [String] = []
  package private(set) var clientEffects: [String] = []

  package var hook: (Leg, Int, Frame) -> [Frame] = { _, _, frame in [frame] }
  package private(set) var sent: [Leg: Int] = [:]
  /// Every payload that passed the host, in order.
  package private(set) var seen: [(Leg, Frame)] = []
  package private(set) var weightRequests: [WeightRange<[UInt8]>] = []
  package private(set) var openedChunks: [UInt64] = []
  package private(set) var responses: [[UInt8]] = []
  package private(set) var receipts: [[UInt8]] = []
  package private(set) var clientRows: [ClientRow] = []
  package private(set) var hostRows: [HostRow] = []
  package private(set) var enclaveRows: [EnclaveRow] = []
  package private(set) var clientWipes = 0
  package private(set) var enclaveWipes = 0
  package private(set) var actionBytes: [UInt8] = []

  private enum Work {
    case client(ClientEvent<Crypto>)
    case host(HostEvent<[UInt8]>)
    case enclave(EnclaveEvent<Crypto>)
  }
  private var queue: [Work] = []

  package init(
    topology: [UInt8] = Array("a topology that nobody else may see".utf8), chunks: UInt64 = 5,
    lifetime: TopologyAdmission<[UInt8]>.Lifetime = .session, requests: [[UInt8]],
    answerBytes: Int = 8, purpose: ClientConfiguration<Crypto>.Purpose = .infer,
    options: Options = Options()
  ) throws {
    self.options = options
    self.topology = topology
    self.chunks = chunks
    self.lifetime = lifetime
    self.requests = requests
    self.answerBytes = answerBytes
    time = SessionTime(nanoseconds: 1, unixSeconds: MockClock.seconds())
    let policy = try Self.device?.policy()
    let seed = SecretMaterial(try SecretBytes(randomCount: 32))
    let secret = try Samples.secret(topology)
    let keySeed = SecretMaterial(try SecretBytes(randomCount: 32))
    let receiptSeed = SecretMaterial(try SecretBytes(randomCount: 32))
    handed = [seed, secret, keySeed, receiptSeed]
    client = ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(policy: policy), purpose: purpose, modelHash: Samples.modelHash),
      secrets: ClientSecrets(
        nonce: try Entropy.bytes(count: 32),
        seed: seed, topology: secret),
      at: time)
    host = HostSession(
      configuration: HostConfiguration(codec: Crypto()), at: time)
    enclave = EnclaveSession(
      configuration: EnclaveConfiguration(
        crypto: Crypto(), limits: options.limits, weightWindow: 4),
      secrets: EnclaveSecrets(
        sessionID: try Entropy.bytes(count: 16),
        keySeed: keySeed, receiptSeed: receiptSeed),
      at: time)
  }

  /// Runs until nothing is left to do; then lets each deadline pass until all three have ended.
  package func run() throws {
    queue = [.client(.start)]
    try drain()
    for _ in 0..<8 where !isOver {
      let next = [client.deadline, host.deadline, enclave.deadline].compactMap { $0 }.min()
      guard let next else { break }
      time.nanoseconds = next
      queue = [.client(.deadline), .host(.deadline), .enclave(.deadline)]
      try drain()
    }
  }

  /// Whether all three have ended.
  package var isOver: Bool {
    client.outcome != nil && host.outcome != nil && enclave.outcome != nil
  }

  private func drain() throws {
    var steps = 0
    while !queue.isEmpty {
      steps += 1
      if steps > 10_000 { throw TrioError.runaway }
      switch queue.removeFirst() {
      case .client(let event):
        let actions = client.handle(event, at: time)
        clientEffects += actions.map(\.effect)
        if let row = client.last?.row { clientRows.append(row) }
        for action in actions { try run(action) }
      case .host(let event):
        let actions = host.handle(event, at: time)
        if let row = host.last?.row { hostRows.append(row) }
        for action in actions { run(action) }
      case .enclave(let event):
        if case .frame(let frame) = event { reached.append(frame.type) }
        var local = time
        local.unixSeconds += options.skewSeconds
        let actions = enclave.handle(event, at: local)
        enclaveEffects += actions.map(\.effect)
        if let row = enclave.last?.row { enclaveRows.append(row) }
        for action in actions { try run(action) }
      }
    }
  }

  enum TrioError: Error { case runaway }

  /// Sends a frame over a leg that the hook watches, as bytes through a decoder.
  private func pass(_ leg: Leg, _ type: FrameType, _ payload: [UInt8]) {
    let index = sent[leg, default: 0]
    sent[leg] = index + 1
    let frame = Frame(type: type, payload: payload)
    seen.append((leg, frame))
    for changed in hook(leg, index, frame) {
      var decoder = FrameDecoder(allowed: leg == .toHost ? .hostFromClient : .clientFromHost)
      var position = 0
      let bytes = changed.encoded()
      do throws(WireError) {
        while let frame = try decoder.next(from: bytes.span, at: &position) {
          let incoming = IncomingFrame(type: frame.type, payload: frame.payload)
          queue.append(
            leg == .toHost ? .host(.frame(incoming, from: .client)) : .client(.frame(incoming)))
        }
      } catch {
        queue.append(
          leg == .toHost
            ? .host(.broken(error.abortCode, .client))
            : .client(.broken(error.abortCode)))
      }
    }
  }

  private func run(_ action: ClientAction<[UInt8]>) throws {
    switch action {
    case .send(let frame):
      actionBytes += frame.payload
      pass(.toHost, frame.type, frame.payload)
    case .assembled: try next()
    case .deliverResult:
      if let response = client.withResponse({
        $0.withSpan { span in span.indices.map { span[$0] } }
      }) {
        responses.append(response ?? [])
      }
      if let receipt = client.receipt { receipts.append(receipt) }
      _ = client.handle(.resultTaken, at: time)
      if let row = client.last?.row { clientRows.append(row) }
      try next()
    case .audit: break
    case .wipe:
      clientWipes += 1
      queue.append(.client(.wiped))
    case .close: queue.append(.host(.closed(.client)))
    }
  }

  private func next() throws {
    if requests.isEmpty {
      queue.append(.client(.close))
    } else {
      let request = try Samples.secret(requests.removeFirst())
      handed.append(request)
      queue.append(.client(.infer(request: request)))
    }
  }

  private func run(_ action: HostAction<[UInt8]>) {
    switch action {
    case .send(let frame, .client): pass(.toClient, frame.type, frame.payload)
    case .send(let frame, .enclave):
      queue.append(.enclave(.frame(IncomingFrame(type: frame.type, payload: frame.payload))))
    case .forward(let frame, .client): pass(.toClient, frame.type, frame.payload)
    case .forward(let frame, .enclave): queue.append(.enclave(.frame(frame)))
    case .readWeights(let range):
      weightRequests.append(range)
      for index in range.first..<(range.first + range.count) {
        queue.append(.host(.weightsRead(options.reads(index))))
      }
    case .finishWritingToEnclave: queue.append(.enclave(.peerClosed))
    case .close:
      queue.append(.client(.peerClosed))
      queue.append(.enclave(.peerClosed))
    case .connectEnclave, .beginStore, .storeData, .finishStore, .abandonStore, .lookUpBlob,
      .logEnclave, .audit:
      break
    }
  }

  private func run(_ action: EnclaveAction<Crypto>) throws {
    switch action {
    case .send(let frame):
      actionBytes += frame.payload
      spoken.append(frame.message)
      let incoming = IncomingFrame(type: frame.type, payload: frame.payload)
      queue.append(.host(.frame(incoming, from: .enclave)))
    case .requestEvidence(let userData, let nonce, let publicKey):
      guard let device = options.device ?? Self.device,
        let document = try? NSMClient(device).attest(
          userData: userData, nonce: nonce, publicKey: publicKey)
      else {
        queue.append(.enclave(.failed(.attestationUnavailable)))
        return
      }
      queue.append(.enclave(.evidenceReady(document: document)))
    case .admitTopology:
      let delivered = enclave.withTopology { $0.withSpan { span in span.indices.map { span[$0] } } }
      guard delivered == topology else {
        queue.append(.enclave(.failed(.topologyInvalid)))
        return
      }
      var admission = Samples.admission(
        chunks: chunks, lifetime: lifetime, inferences: options.inferences)
      admission.maximumSeconds = options.seconds
      admission.padding = options.padding
      queue.append(.enclave(.topologyAdmitted(admission)))
    case .openChunk(let index):
      guard enclave.takeChunk(index: index) == Samples.chunk(index) else {
        queue.append(.enclave(.failed(.weightsInvalid)))
        return
      }
      openedChunks.append(index)
      queue.append(.enclave(.chunkOpened(index: index)))
    case .finishAssembly:
      var fields = Samples.assembled
      fields.modelHash = options.assembledHash
      queue.append(.enclave(.assembled(fields)))
    case .infer(let sequence): try infer(sequence)
    case .dropPlaintext, .audit: break
    case .wipe:
      enclaveWipes += 1
      queue.append(.enclave(.wiped(Samples.tally)))
    case .close: queue.append(.host(.closed(.enclave)))
    }
  }

  /// The engine of the test: the answer is so many bytes of 0x5a.
  private func infer(_ sequence: UInt64) throws {
    let response = try Samples.tensors(
      sequence: sequence, random: options.echo, data: [UInt8](repeating: 0x5a, count: answerBytes))
    let secret = try Samples.secret(response)
    handed.append(secret)
    queue.append(.enclave(.inferred(response: secret, statistics: Samples.statistics)))
  }
}
