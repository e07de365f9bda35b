import EphemeralCrypto
import EphemeralSession
import EphemeralWire

/// A client's machine with the smallest of drivers: asks once, takes the result, closes.
final class ClientRole {
  typealias Crypto = LibcryptoCryptography

  private var machine: ClientSession<Crypto>
  private let client: Int
  private var remainingRequests: Int
  /// Frames that it sent and nobody has taken yet.
  var outbox: [IncomingFrame<[UInt8]>] = []
  /// Whether it has closed its connection.
  private(set) var isClosed = false
  private(set) var wipes = 0
  private(set) var claims: [SessionClaim<Crypto>] = []
  private(set) var rows: [ClientRow] = []
  private(set) var responses: [[UInt8]] = []
  private(set) var receipts: [[UInt8]] = []

  init(_ client: Int, requests: Int = 1) throws {
    self.client = client
    machine = try SessionFixture.shared.makeClient(client)
    remainingRequests = requests
  }

  var state: ClientState { machine.state }
  var outcome: SessionOutcome? { machine.outcome }
  var deadline: UInt64? { machine.deadline }
  var wipeReport: [UInt8]? { machine.wipeReport }

  /// Takes an event and all that follows from it on this side.
  func handle(_ event: ClientEvent<Crypto>, at time: SessionTime) {
    let actions = machine.handle(event, at: time)
    if let last = machine.last {
      rows.append(last.row)
      claims += last.claims
    }
    for action in actions {
      switch action {
      case .send(let frame):
        outbox.append(IncomingFrame(type: frame.type, payload: frame.payload))
      case .assembled: goOn(at: time)
      case .deliverResult:
        let response = machine.withResponse {
          $0.withSpan { span in span.indices.map { span[$0] } }
        }
        responses.append((response ?? nil) ?? [])
        if let receipt = machine.receipt { receipts.append(receipt) }
        handle(.resultTaken, at: time)
        goOn(at: time)
      case .audit: break
      case .wipe:
        wipes += 1
        handle(.wiped, at: time)
      case .close: isClosed = true
      }
    }
  }

  private func goOn(at time: SessionTime) {
    guard remainingRequests > 0, let sequence = machine.nextSequence,
      let request = accepted({
        try SessionFixture.secret(Bodies.request(client: client, sequence: sequence))
      })
    else { return handle(.close, at: time) }
    remainingRequests -= 1
    handle(.infer(request: request), at: time)
  }
}

/// An enclave's machine with the smallest of drivers: knows the topologies and chunks of the
/// fixture again and answers with what it was told to.
final class EnclaveRole {
  typealias Crypto = LibcryptoCryptography

  private var machine: EnclaveSession<Crypto>
  private var served: Int?
  var outbox: [IncomingFrame<[UInt8]>] = []
  private(set) var isClosed = false
  private(set) var wipes = 0
  private(set) var claims: [SessionClaim<Crypto>] = []
  private(set) var rows: [EnclaveRow] = []
  private(set) var openedChunks: [UInt64] = []

  init(_ enclave: Int) throws { machine = try SessionFixture.shared.makeEnclave(enclave) }

  var state: EnclaveState { machine.state }
  var outcome: SessionOutcome? { machine.outcome }
  var deadline: UInt64? { machine.deadline }

  /// Takes an event and all that follows from it on this side.
  func handle(_ event: EnclaveEvent<Crypto>, at time: SessionTime) {
    let actions = machine.handle(event, at: time)
    if let last = machine.last {
      rows.append(last.row)
      claims += last.claims
    }
    for action in actions { run(action, at: time) }
  }

  private func run(_ action: EnclaveAction<Crypto>, at time: SessionTime) {
    switch action {
    case .send(let frame):
      outbox.append(IncomingFrame(type: frame.type, payload: frame.payload))
    case .requestEvidence(let userData, _, _):
      if let document = SessionFixture.shared.document(userData: userData) {
        handle(.evidenceReady(document: document), at: time)
      } else {
        handle(.failed(.attestationUnavailable), at: time)
      }
    case .admitTopology: admit(at: time)
    case .openChunk(let index):
      if machine.takeChunk(index: index) == SessionFixture.chunk(index) {
        openedChunks.append(index)
        handle(.chunkOpened(index: index), at: time)
      } else {
        handle(.failed(.weightsInvalid), at: time)
      }
    case .finishAssembly:
      handle(
        .assembled(
          AssembledFields(
            modelHash: SessionFixture.modelHash(client: served ?? 0), weightBytes: 65_536,
            nanoseconds: 1_000)), at: time)
    case .infer: infer(at: time)
    case .dropPlaintext, .audit: break
    case .wipe:
      wipes += 1
      let head = [UInt8](repeating: 0x66, count: 32)
      handle(
        .wiped(WipeTally(regions: 3, bytes: 4096, exposureNanoseconds: 6, auditHead: head)),
        at: time)
    case .close: isClosed = true
    }
  }

  private func admit(at time: SessionTime) {
    let delivered = machine.withTopology { $0.withSpan { span in span.indices.map { span[$0] } } }
    let client = (0..<SessionFixture.pairs).first {
      SessionFixture.topology(client: $0) == delivered
    }
    guard let client else { return handle(.failed(.topologyInvalid), at: time) }
    served = client
    handle(
      .topologyAdmitted(
        TopologyAdmission(
          blobID: SessionFixture.blobID(client: client), chunkCount: SessionFixture.chunkCount,
          source: .host, lifetime: .session, maximumInferences: 2, maximumSeconds: 3600,
          model: ModelIdentity(name: ascii("model"), version: ascii("1")))), at: time)
  }

  private func infer(at time: SessionTime) {
    let request = machine.withRequest { $0.withSpan { span in span.indices.map { span[$0] } } }
    guard let request = request ?? nil,
      let response = accepted({
        try SessionFixture.secret(Bodies.response(to: request, client: served ?? 0))
      })
    else { return handle(.failed(.inputInvalid), at: time) }
    handle(
      .inferred(
        response: response,
        statistics: InferenceStatistics(milliseconds: 3, peakMegabytes: 7, exposureNanoseconds: 5)),
      at: time)
  }
}

/// A host's machine with the smallest of drivers: has no blob, stores what comes, serves the
/// fixture's chunks.
final class HostRole {
  typealias Crypto = LibcryptoCryptography

  private var machine: HostSession<Crypto>
  var toClient: [IncomingFrame<[UInt8]>] = []
  var toEnclave: [IncomingFrame<[UInt8]>] = []
  /// Whether it has closed the connection to the client.
  private(set) var isClosedToClient = false
  /// Whether it sends the enclave nothing more.
  private(set) var isClosedToEnclave = false
  private(set) var rows: [HostRow] = []
  /// What came in, and is forwarded at most once and unchanged.
  private(set) var forwarded: [IncomingFrame<[UInt8]>] = []
  private(set) var storedBytes = 0

  init() { machine = SessionFixture.shared.makeHost() }

  var state: HostState { machine.state }
  var outcome: SessionOutcome? { machine.outcome }
  var deadline: UInt64? { machine.deadline }

  /// Takes an event and all that follows from it on this side.
  func handle(_ event: HostEvent<[UInt8]>, at time: SessionTime) {
    let actions = machine.handle(event, at: time)
    if let last = machine.last { rows.append(last.row) }
    for action in actions {
      switch action {
      case .send(let frame, let side):
        send(IncomingFrame(type: frame.type, payload: frame.payload), side)
      case .forward(let frame, let side):
        forwarded.append(frame)
        send(frame, side)
      case .beginStore: handle(.storeReady(offset: 0), at: time)
      case .storeData(_, let bytes): storedBytes += bytes.count
      case .finishStore: handle(.stored, at: time)
      case .lookUpBlob: handle(.blobFound(.absent), at: time)
      case .readWeights(let range):
        for index in 0..<min(range.count, SessionBounds.chunksPerRequest) {
          handle(.weightsRead(SessionFixture.chunk(range.first &+ index)), at: time)
        }
      case .finishWritingToEnclave: isClosedToEnclave = true
      case .close:
        isClosedToClient = true
        isClosedToEnclave = true
      case .connectEnclave, .abandonStore, .logEnclave, .audit: break
      }
    }
  }

  private func send(_ frame: IncomingFrame<[UInt8]>, _ side: HostSide) {
    switch side {
    case .client: toClient.append(frame)
    case .enclave: toEnclave.append(frame)
    }
  }
}

/// Requests and responses of the fixture.
enum Bodies {
  static func request(client: Int, sequence: UInt64) throws(WireError) -> [UInt8] {
    let random = SHA256.hash(ascii("random of client \(client) in \(sequence)"))
    return try body(
      sequence: sequence, random: random,
      data: SessionFixture.canary("request", client: client))
  }

  static func response(to request: [UInt8], client: Int) throws(WireError) -> [UInt8] {
    let head = try InferBody(decoding: request.span)
    return try body(
      sequence: head.sequence, random: Array(request[head.random]),
      data: SessionFixture.canary("response", client: client))
  }

  private static func body(
    sequence: UInt64, random: [UInt8], data: [UInt8]
  ) throws(WireError) -> [UInt8] {
    let headers = [TensorHeader(name: "x", elementType: .uint8, shape: [data.count])]
    let count = try InferBody.byteCount(sequence: sequence, tensors: headers)
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let layout = try InferBody.encode(
      sequence: sequence, random: random.span, tensors: headers, into: &span)
    for (index, byte) in data.enumerated() {
      span[layout.tensors[0].data.lowerBound + index] = byte
    }
    return bytes
  }
}
