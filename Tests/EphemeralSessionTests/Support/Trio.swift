import EphemeralAttestation
import EphemeralCrypto
import EphemeralMock
import EphemeralSession
import EphemeralWire

/// Client, host and enclave fed to one another in memory, with the real provider and the mock
/// security module; the engine and the store are a few lines each.
///
/// Frames pass as bytes through the real decoder. A hook may change what passes between client and
/// host; everything else is honest.
final class Trio {
  typealias Crypto = LibcryptoCryptography

  /// Where a frame is on its way.
  enum Leg: Equatable { case toHost, toClient }

  static let device: MockSecurityModule? = {
    guard let root = try? MockRoot(generatedAt: MockClock.seconds()) else { return nil }
    return try? MockSecurityModule(root: root, image: MockImage(bytes: Array("image".utf8)))
  }()

  var client: ClientSession<Crypto>
  var host: HostSession<Crypto>
  var enclave: EnclaveSession<Crypto>
  var time: SessionTime

  let topology: [UInt8]
  let chunks: UInt64
  let lifetime: TopologyAdmission<[UInt8]>.Lifetime
  let answerBytes: Int
  /// What the client asks before it closes.
  var requests: [[UInt8]]

  var hook: (Leg, Int, Frame) -> [Frame] = { _, _, frame in [frame] }
  private(set) var sent: [Leg: Int] = [:]
  /// Every payload that passed the host, in order.
  private(set) var seen: [(Leg, Frame)] = []
  private(set) var weightRequests: [WeightRange<[UInt8]>] = []
  private(set) var openedChunks: [UInt64] = []
  private(set) var responses: [[UInt8]] = []
  private(set) var receipts: [[UInt8]] = []
  private(set) var clientRows: [ClientRow] = []
  private(set) var hostRows: [HostRow] = []
  private(set) var enclaveRows: [EnclaveRow] = []
  private(set) var clientWipes = 0
  private(set) var enclaveWipes = 0
  private(set) var actionBytes: [UInt8] = []

  private enum Work {
    case client(ClientEvent<Crypto>)
    case host(HostEvent<[UInt8]>)
    case enclave(EnclaveEvent<Crypto>)
  }
  private var queue: [Work] = []

  init(
    topology: [UInt8] = Array("a topology that nobody else may see".utf8), chunks: UInt64 = 5,
    lifetime: TopologyAdmission<[UInt8]>.Lifetime = .session, requests: [[UInt8]],
    answerBytes: Int = 8, purpose: ClientConfiguration<Crypto>.Purpose = .infer
  ) throws {
    self.topology = topology
    self.chunks = chunks
    self.lifetime = lifetime
    self.requests = requests
    self.answerBytes = answerBytes
    time = SessionTime(nanoseconds: 1, unixSeconds: MockClock.seconds())
    let policy = try Self.device?.policy()
    client = ClientSession(
      configuration: ClientConfiguration(
        crypto: Crypto(policy: policy), purpose: purpose, modelHash: Samples.modelHash),
      secrets: ClientSecrets(
        nonce: try Entropy.bytes(count: 32),
        seed: SecretMaterial(try SecretBytes(randomCount: 32)),
        topology: try Samples.secret(topology)),
      at: time)
    host = HostSession(
      configuration: HostConfiguration(codec: Crypto()), at: time)
    enclave = EnclaveSession(
      configuration: EnclaveConfiguration(
        crypto: Crypto(), weightWindow: 4),
      secrets: EnclaveSecrets(
        sessionID: try Entropy.bytes(count: 16),
        keySeed: SecretMaterial(try SecretBytes(randomCount: 32)),
        receiptSeed: SecretMaterial(try SecretBytes(randomCount: 32))),
      at: time)
  }

  /// Runs until nothing is left to do; then lets each deadline pass until all three have ended.
  func run() throws {
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

  var isOver: Bool {
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
        if let row = client.last?.row { clientRows.append(row) }
        for action in actions { try run(action) }
      case .host(let event):
        let actions = host.handle(event, at: time)
        if let row = host.last?.row { hostRows.append(row) }
        for action in actions { run(action) }
      case .enclave(let event):
        let actions = enclave.handle(event, at: time)
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
      queue.append(.client(.infer(request: try Samples.secret(requests.removeFirst()))))
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
        queue.append(.host(.weightsRead(Samples.chunk(index))))
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
      let incoming = IncomingFrame(type: frame.type, payload: frame.payload)
      queue.append(.host(.frame(incoming, from: .enclave)))
    case .requestEvidence(let userData, let nonce, let publicKey):
      guard let device = Self.device,
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
      queue.append(
        .enclave(.topologyAdmitted(Samples.admission(chunks: chunks, lifetime: lifetime))))
    case .openChunk(let index):
      guard enclave.takeChunk(index: index) == Samples.chunk(index) else {
        queue.append(.enclave(.failed(.weightsInvalid)))
        return
      }
      openedChunks.append(index)
      queue.append(.enclave(.chunkOpened(index: index)))
    case .finishAssembly: queue.append(.enclave(.assembled(Samples.assembled)))
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
      sequence: sequence, data: [UInt8](repeating: 0x5a, count: answerBytes))
    queue.append(
      .enclave(
        .inferred(response: try Samples.secret(response), statistics: Samples.statistics)))
  }
}
