import EphemeralSession
import EphemeralWire
import PropertyTesting

/// Two whole sessions at once, client, host and enclave each, and an attacker on every wire between
/// them.
///
/// Real machines over the real cryptography under the fixture's entropy, so that every run of a
/// recipe is the same. The attacker remembers every frame that was ever sent.
final class InterleavedWorld {
  /// What travels on a wire.
  enum Item {
    case frame(IncomingFrame<[UInt8]>)
    case end
  }

  /// The four wires of a pair, by direction.
  enum Leg: Int, CaseIterable {
    case clientToHost, hostToEnclave, enclaveToHost, hostToClient

    /// What the receiver accepts at all.
    var allowed: FrameTypeSet {
      switch self {
      case .clientToHost: .hostFromClient
      case .hostToEnclave: .enclaveFromHost
      case .enclaveToHost: .hostFromEnclave
      case .hostToClient: .clientFromHost
      }
    }
  }

  private static let maximumSteps = 10_000
  private static let maximumDeadlines = 64

  let clients: [ClientRole]
  let hosts: [HostRole]
  let enclaves: [EnclaveRole]
  private(set) var queues: [[Item]]
  /// Every frame that was ever sent.
  private(set) var known: [IncomingFrame<[UInt8]>] = []
  private var isEnded: [Bool]
  private var isBroken: [Bool]
  private var time = SessionFixture.start
  private var steps = 0

  init() throws {
    clients = try (0..<SessionFixture.pairs).map { try ClientRole($0) }
    enclaves = try (0..<SessionFixture.pairs).map { try EnclaveRole($0) }
    hosts = (0..<SessionFixture.pairs).map { _ in HostRole() }
    let count = SessionFixture.pairs * Leg.allCases.count
    queues = Array(repeating: [], count: count)
    isEnded = Array(repeating: false, count: count)
    isBroken = Array(repeating: false, count: count)
    for client in clients { client.handle(.start, at: time) }
    collect()
  }

  /// The wires on which something travels.
  var busyWires: [Int] { queues.indices.filter { !queues[$0].isEmpty } }

  static func leg(of wire: Int) -> Leg { Leg.allCases[wire % Leg.allCases.count] }

  /// Takes what comes next off a wire.
  func takeNext(of wire: Int) -> Item? { queues[wire].isEmpty ? nil : queues[wire].removeFirst() }

  /// Exchanges the next two on a wire.
  func swapNext(of wire: Int) { if queues[wire].count > 1 { queues[wire].swapAt(0, 1) } }

  /// What comes next on a wire, where it is a frame.
  func nextFrame(of wire: Int) -> IncomingFrame<[UInt8]>? {
    guard case .frame(let frame) = queues[wire].first else { return nil }
    return frame
  }

  /// Gives something to the receiver at the end of a wire.
  func deliver(_ item: Item, over wire: Int) {
    guard !isBroken[wire] else { return }
    let leg = Self.leg(of: wire)
    let pair = wire / Leg.allCases.count
    switch item {
    case .end:
      switch leg {
      case .clientToHost: hosts[pair].handle(.closed(.client), at: time)
      case .hostToEnclave: enclaves[pair].handle(.peerClosed, at: time)
      case .enclaveToHost: hosts[pair].handle(.closed(.enclave), at: time)
      case .hostToClient: clients[pair].handle(.peerClosed, at: time)
      }
    case .frame(let frame):
      if let error = fault(of: frame, on: leg) {
        // A stream that lost its framing is read no further.
        isBroken[wire] = true
        switch leg {
        case .clientToHost: hosts[pair].handle(.broken(error.abortCode, .client), at: time)
        case .hostToEnclave: enclaves[pair].handle(.broken(error.abortCode), at: time)
        case .enclaveToHost: hosts[pair].handle(.broken(error.abortCode, .enclave), at: time)
        case .hostToClient: clients[pair].handle(.broken(error.abortCode), at: time)
        }
      } else {
        switch leg {
        case .clientToHost: hosts[pair].handle(.frame(frame, from: .client), at: time)
        case .hostToEnclave: enclaves[pair].handle(.frame(frame), at: time)
        case .enclaveToHost: hosts[pair].handle(.frame(frame, from: .enclave), at: time)
        case .hostToClient: clients[pair].handle(.frame(frame), at: time)
        }
      }
    }
    collect()
  }

  /// What a frame decoder would say before the payload.
  private func fault(of frame: IncomingFrame<[UInt8]>, on leg: Leg) -> WireError? {
    if !leg.allowed.contains(frame.type) { return .frameTypeNotAllowed }
    return frame.payload.count > frame.type.maximumPayloadBytes ? .frameTooLong : nil
  }

  /// Something that happens to a role without a frame.
  func happen(_ kind: Int, to pair: Int) {
    switch kind {
    case 0: clients[pair].handle(.cancel, at: time)
    case 1: hosts[pair].handle(.cancel, at: time)
    case 2: enclaves[pair].handle(.cancel, at: time)
    case 3: clients[pair].handle(.deadline, at: time)
    case 4: enclaves[pair].handle(.deadline, at: time)
    case 5: clients[pair].handle(.peerClosed, at: time)
    case 6: enclaves[pair].handle(.peerClosed, at: time)
    default: advance()
    }
    collect()
  }

  /// Lets the next deadline come.
  private func advance() {
    let roles =
      clients.compactMap(\.deadline) + hosts.compactMap(\.deadline)
      + enclaves.compactMap(\.deadline)
    guard let next = roles.min() else { return }
    time.nanoseconds = max(time.nanoseconds, next)
    for client in clients { client.handle(.deadline, at: time) }
    for host in hosts { host.handle(.deadline, at: time) }
    for enclave in enclaves { enclave.handle(.deadline, at: time) }
  }

  /// Delivers all that travels, honestly, and lets time pass until every role has ended.
  func settle() throws(Violation) {
    try deliverAll()
    var deadlines = 0
    while !isOver {
      deadlines += 1
      try require(deadlines < Self.maximumDeadlines, "a role has no end")
      advance()
      collect()
      try deliverAll()
    }
  }

  private func deliverAll() throws(Violation) {
    while let wire = busyWires.first, let item = takeNext(of: wire) {
      steps += 1
      try require(steps < Self.maximumSteps, "the roles never fall silent")
      deliver(item, over: wire)
    }
  }

  var isOver: Bool {
    clients.allSatisfy { $0.outcome != nil } && hosts.allSatisfy { $0.outcome != nil }
      && enclaves.allSatisfy { $0.outcome != nil }
  }

  /// Puts what roles sent onto their wires.
  private func collect() {
    for pair in 0..<SessionFixture.pairs {
      let base = pair * Leg.allCases.count
      put(takeAll(&clients[pair].outbox), ends: clients[pair].isClosed, on: base)
      put(takeAll(&hosts[pair].toEnclave), ends: hosts[pair].isClosedToEnclave, on: base + 1)
      put(takeAll(&enclaves[pair].outbox), ends: enclaves[pair].isClosed, on: base + 2)
      put(takeAll(&hosts[pair].toClient), ends: hosts[pair].isClosedToClient, on: base + 3)
    }
  }

  private func put(_ frames: [IncomingFrame<[UInt8]>], ends: Bool, on wire: Int) {
    for frame in frames {
      queues[wire].append(.frame(frame))
      known.append(frame)
    }
    if ends && !isEnded[wire] {
      isEnded[wire] = true
      queues[wire].append(.end)
    }
  }

  /// Checks what must hold of two whole sessions, whatever was done to them.
  func judge() throws(Violation) {
    var ledger = ClaimLedger()
    for enclave in enclaves {
      try ledger.addEnclave(enclave.claims)
      try require(enclave.wipes == 1, "an enclave wiped \(enclave.wipes) times")
      try require(
        enclave.openedChunks == Array(0..<UInt64(enclave.openedChunks.count)),
        "chunks out of order")
    }
    for (index, client) in clients.enumerated() {
      try ledger.addClient(index, client.claims)
      try require(client.wipes == 1, "a client wiped \(client.wipes) times")
      let genuine = SessionFixture.canary("response", client: index)
      try require(
        client.responses.allSatisfy { contains($0, genuine) }, "a client holds a wrong result")
    }
    for frame in known {
      for canary in SessionFixture.canaries {
        try require(
          !contains(frame.payload, canary), "a secret travels in a frame of \(frame.type)")
      }
    }
  }
}
